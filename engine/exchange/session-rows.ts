/** A stored session ↔ its rows in the tables of sessions, but for the events (frame-rows.ts). */
import type { Gap } from '../protocol/ledger.ts';
import type { EndingRecord, SessionRecord, VisitRecord } from '../store/records.ts';
import type { RowOf } from './tables.ts';

export function sessionRow({ ledger, ...record }: SessionRecord): RowOf<'sessions'> {
  return { ...record, highSeq: ledger.highSeq, gaps: JSON.stringify(ledger.gaps), lost: ledger.lost };
}

export function endingRows({ app, session }: SessionRecord, endings: readonly EndingRecord[]): RowOf<'endings'>[] {
  return endings.map((ending) => ({ app, session, ...ending }));
}

/** @param app key of the app to put it into @returns null if its gaps are no JSON of number pairs */
export function sessionOfRow(app: string, { highSeq, gaps: gapsText, lost, ...facts }: RowOf<'sessions'>): SessionRecord | null {
  const gaps = gapsOf(gapsText);
  return gaps && { ...facts, app, ledger: { highSeq, gaps, lost } };
}

/** @param app key of the app to put it into */
export function visitOfRow(app: string, row: RowOf<'visits'>): VisitRecord {
  return { ...row, app };
}

export function endingOfRow({ app: _app, session: _session, ...ending }: RowOf<'endings'>): EndingRecord {
  return ending;
}

function gapsOf(text: string): Gap[] | null {
  try {
    const gaps: unknown = JSON.parse(text);
    const isGap = (gap: unknown) => Array.isArray(gap) && gap.length === 2 && gap.every(Number.isSafeInteger);
    return Array.isArray(gaps) && gaps.every(isGap) ? (gaps as Gap[]) : null;
  } catch {
    return null;
  }
}
