/** Rows of the session, visit, layout and set-aside tables ↔ the store's records. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Gap } from '../../protocol/ledger.ts';
import type { EndReason } from '../../protocol/lifecycle.ts';
import type { EndingRecord, LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';

/** A row as node:sqlite gives it. The tables are STRICT, so that a column's type is the schema's. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Columns of `session` that it is made with and keeps. */
export const IDENTITY_COLUMNS = [
  'app',
  'session',
  'visitor',
  'tab',
  'device',
  'browser',
  'os',
  'language',
  'referrer',
  'screen',
  'bot',
  'startedMs',
  'entryUrl',
] as const;

/** Columns of `session` that commits, ends and returns move. */
export const MOVING_COLUMNS = [
  'visit',
  'lastSeenMs',
  'url',
  'urlSinceMs',
  'urlNamedMs',
  'widthClass',
  'views',
  'clicks',
  'events',
  'highSeq',
  'gaps',
  'lost',
  'endedMs',
  'endReason',
  'movedThrough',
] as const;

/** What a row of `session` holds besides the record. */
export type RowState = {
  /** When its address was named, epoch ms; 0 if by hello alone. */ readonly urlNamedMs: number;
  /** The latest batch that it has been moved by; 0 for none. */ readonly movedThrough: number;
};

/** @param row a whole row of `session` */
export function sessionOf(row: Row): SessionRecord {
  return {
    app: text(row, 'app'),
    session: text(row, 'session'),
    visit: text(row, 'visit'),
    visitor: text(row, 'visitor'),
    tab: text(row, 'tab'),
    device: text(row, 'device') as SessionRecord['device'],
    browser: text(row, 'browser'),
    os: text(row, 'os'),
    language: text(row, 'language'),
    referrer: text(row, 'referrer'),
    screen: text(row, 'screen'),
    bot: row['bot'] === 1,
    startedMs: number(row, 'startedMs'),
    lastSeenMs: number(row, 'lastSeenMs'),
    entryUrl: text(row, 'entryUrl'),
    url: text(row, 'url'),
    urlSinceMs: number(row, 'urlSinceMs'),
    ...(row['widthClass'] !== null && { widthClass: text(row, 'widthClass') as NonNullable<SessionRecord['widthClass']> }),
    views: number(row, 'views'),
    clicks: number(row, 'clicks'),
    events: number(row, 'events'),
    ledger: { highSeq: number(row, 'highSeq'), gaps: JSON.parse(text(row, 'gaps')) as Gap[], lost: number(row, 'lost') },
    ...(row['endedMs'] !== null && { endedMs: number(row, 'endedMs') }),
    ...(row['endReason'] !== null && { endReason: text(row, 'endReason') as EndReason }),
  };
}

/** Values of IDENTITY_COLUMNS, as named parameters. */
export function identityColumns(record: SessionRecord): Record<(typeof IDENTITY_COLUMNS)[number], SQLInputValue> {
  return {
    app: record.app,
    session: record.session,
    visitor: record.visitor,
    tab: record.tab,
    device: record.device,
    browser: record.browser,
    os: record.os,
    language: record.language,
    referrer: record.referrer,
    screen: record.screen,
    bot: record.bot ? 1 : 0,
    startedMs: record.startedMs,
    entryUrl: record.entryUrl,
  };
}

/** Values of MOVING_COLUMNS, as named parameters. */
export function movingColumns(
  record: SessionRecord,
  { urlNamedMs, movedThrough }: RowState,
): Record<(typeof MOVING_COLUMNS)[number], SQLInputValue> {
  return {
    visit: record.visit,
    lastSeenMs: record.lastSeenMs,
    url: record.url,
    urlSinceMs: record.urlSinceMs,
    urlNamedMs,
    widthClass: record.widthClass ?? null,
    views: record.views,
    clicks: record.clicks,
    events: record.events,
    highSeq: record.ledger.highSeq,
    gaps: JSON.stringify(record.ledger.gaps),
    lost: record.ledger.lost,
    endedMs: record.endedMs ?? null,
    endReason: record.endReason ?? null,
    movedThrough,
  };
}

/** @param row a whole row of `visit` */
export function visitOf(row: Row): VisitRecord {
  return {
    app: text(row, 'app'),
    visit: text(row, 'visit'),
    visitor: text(row, 'visitor'),
    startedMs: number(row, 'startedMs'),
    lastSeenMs: number(row, 'lastSeenMs'),
    session: text(row, 'session'),
    newVisitor: row['newVisitor'] === 1,
  };
}

/** @param row of `ending` */
export function endingOf(row: Row): EndingRecord {
  return {
    endedMs: number(row, 'endedMs'),
    reason: text(row, 'reason') as EndReason,
    url: text(row, 'url'),
    urlSinceMs: number(row, 'urlSinceMs'),
    ...(row['widthClass'] !== null && { widthClass: text(row, 'widthClass') as NonNullable<EndingRecord['widthClass']> }),
  };
}

/** @param row a whole row of `layout` */
export function layoutOf(row: Row): LayoutRecord {
  return {
    app: text(row, 'app'),
    url: text(row, 'url'),
    widthClass: text(row, 'widthClass') as LayoutRecord['widthClass'],
    atMs: number(row, 'atMs'),
    pageWidth: number(row, 'pageWidth'),
    pageHeight: number(row, 'pageHeight'),
    viewportHeight: number(row, 'viewportHeight'),
    boxes: JSON.parse(text(row, 'boxes')) as LayoutRecord['boxes'],
  };
}

/** @param row a whole row of `set_aside` */
export function setAsideOf(row: Row): SetAside {
  return {
    app: text(row, 'app'),
    session: text(row, 'session'),
    firstSeq: number(row, 'firstSeq'),
    count: number(row, 'count'),
    reason: text(row, 'reason'),
    sha256: text(row, 'sha256'),
    atMs: number(row, 'atMs'),
  };
}

const text = (row: Row, column: string) => String(row[column]);
const number = (row: Row, column: string) => Number(row[column]);
