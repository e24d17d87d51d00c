import { admit, EMPTY_LEDGER } from '../../protocol/ledger.ts';
import { newVisitChanges } from '../../rollup/dimensions.ts';
import type { HeatGrid } from '../../rollup/heat.ts';
import { packChanges, unpackChanges } from '../../rollup/packed-changes.ts';
import { endChanges, LEFT } from '../../rollup/page-time.ts';
import { dayOf, ROLLUPS } from '../../rollup/rollups.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { unpackBatch } from '../packed-batch.ts';
import type { LayoutRecord, SessionRecord, VisitRecord } from '../records.ts';
import type { CommitOutcome, DocumentWrite, PreparedBatch, RefusedFrame, SessionAdvance, SessionEnd, StoredDocument } from '../store.ts';
import { identityColumns, movingColumns, type Row, sessionOf, visitOf } from './rows.ts';
import { CELLS_AT_ONCE, type Statements } from './statements.ts';

const DAY_MS = 86_400_000;

/** A session's row as this transaction sees it; written back once, at the end. */
type Held = { readonly id: number; record: SessionRecord; urlNamedMs: number; moved: boolean };

/**
 * The writes of one group, between BEGIN and COMMIT. Each sees what those before it did. Sessions, visits and layouts are
 * gathered here and written once by `flush`.
 *
 * A commit only appends its rollup changes, packed; `fold` adds up what was appended since the last one, so that a cell of
 * heat that fifty batches touched is looked up once.
 */
export class Transaction {
  readonly #sql: Statements;
  readonly #sessions = new Map<string, Held | null>();
  readonly #totals = new RollupTotals();
  readonly #visits = new Map<string, { readonly app: string; readonly visit: string; readonly lastSeenMs: number }>();
  readonly #layouts = new Map<string, LayoutRecord>();
  /** First and last row of the chunks written here, by the day they arrived. */
  readonly #arrivals = new Map<number, { readonly firstId: number; lastId: number }>();

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  openSession(record: SessionRecord): SessionRecord {
    this.#openVisit(record);
    const held = this.#find(record.app, record.session);
    if (!held) {
      const columns = { ...identityColumns(record), ...movingColumns(record, 0) };
      const { lastInsertRowid } = this.#sql.insertSession.run(columns);
      this.#sessions.set(idOf(record.app, record.session), { id: Number(lastInsertRowid), record, urlNamedMs: 0, moved: false });
      return record;
    }
    const { endedMs: _endedMs, endReason: _endReason, ...kept } = held.record;
    held.record = { ...kept, visit: record.visit };
    held.moved = true;
    return held.record;
  }

  /** Checks every frame of the batch before it writes the first. */
  commit(given: PreparedBatch | Uint8Array): CommitOutcome {
    const batch = given instanceof Uint8Array ? unpackBatch(given) : given;
    const refused: RefusedFrame[] = [];
    const ledgers = batch.sessions.map((advance) => {
      const { app, session, frames } = advance;
      const held = this.#find(app, session);
      let ledger = held?.record.ledger ?? EMPTY_LEDGER;
      for (const frame of frames) {
        const taken = held ? admit(ledger, frame) : ({ ok: false, reason: 'session-unknown' } as const);
        if (taken.ok) ledger = taken.value;
        else refused.push({ app, session, firstSeq: frame.firstSeq, count: frame.count, reason: taken.reason });
      }
      return ledger;
    });
    if (refused.length > 0) return { committed: false, refused };
    batch.sessions.forEach((advance, i) => {
      this.#advance(advance, ledgers[i] ?? EMPTY_LEDGER);
    });
    this.#insert(batch);
    return { committed: true, ledgers };
  }

  endSession(end: SessionEnd): void {
    const held = this.#find(end.app, end.session);
    if (!held || held.record.endedMs !== undefined) return;
    const { url, urlSinceMs, widthClass } = held.record;
    const { endedMs, reason } = end;
    for (const change of endChanges(held.record, endedMs)) this.#totals.add(change);
    this.#sql.insertEnding.run({ sessionId: held.id, endedMs, reason, url, urlSinceMs, widthClass: widthClass ?? null });
    const lastSeenMs = Math.max(held.record.lastSeenMs, endedMs);
    held.record = { ...held.record, lastSeenMs, endedMs, endReason: reason, urlSinceMs: LEFT };
    held.moved = true;
  }

  findSession(app: string, session: string): SessionRecord | null {
    return this.#find(app, session)?.record ?? null;
  }

  latestVisit(app: string, visitor: string): VisitRecord | null {
    this.#writeVisits();
    const row = this.#sql.latestVisit.get(app, visitor);
    return row ? visitOf(row) : null;
  }

  /** Adds up what was committed before. */
  fold(): void {
    const totals = new RollupTotals();
    const rows = this.#sql.allChanges.all();
    if (rows.length === 0) return;
    for (const row of rows) {
      const { rollups, heat } = unpackChanges(row['bytes'] as Uint8Array);
      for (const change of rollups) totals.add(change);
      for (const grid of heat) totals.addGrid(grid);
    }
    this.#writeRollups(totals);
    this.#sql.deleteChanges.run();
  }

  readDocument(kind: string, id: string): StoredDocument | null {
    const row = this.#sql.readDocument.get(kind, id);
    return row ? { revision: Number(row['revision']), value: JSON.parse(String(row['value'])) } : null;
  }

  writeDocument({ kind, id, ifRevision, value }: DocumentWrite): boolean {
    if ((this.readDocument(kind, id)?.revision ?? 0) !== ifRevision) return false;
    this.#sql.writeDocument.run({ kind, id, revision: ifRevision + 1, value: JSON.stringify(value) });
    return true;
  }

  applyChanges(changes: Uint8Array, mark: DocumentWrite): boolean {
    if (!this.writeDocument(mark)) return false;
    if (changes.length > 0) this.#sql.insertChange.run(changes);
    return true;
  }

  /** That it runs at all is the answer: the write lock was got. */
  ready(): boolean {
    return true;
  }

  /** Writes what was gathered. */
  flush(): void {
    for (const held of this.#sessions.values()) {
      if (held?.moved) this.#sql.updateSession.run({ ...movingColumns(held.record, held.urlNamedMs), id: held.id });
    }
    this.#writeVisits();
    for (const layout of this.#layouts.values()) this.#sql.upsertLayout.run({ ...layout, boxes: JSON.stringify(layout.boxes) });
    for (const [dayNumber, arrival] of this.#arrivals) this.#sql.noteArrival.run({ day: dayOf(dayNumber * DAY_MS), ...arrival });
    const changes = packChanges({ rollups: this.#totals.changes(), heat: [] });
    if (changes.length > 0) this.#sql.insertChange.run(changes);
  }

  #openVisit(record: SessionRecord): void {
    const { app, visit, visitor, session } = record;
    // A tab that comes back brings the start of its session, and begins a visit only now.
    const lastSeenMs = Math.max(record.startedMs, record.lastSeenMs);
    if (this.#sql.findVisit.get(app, visit)) {
      this.#touchVisit(app, visit, lastSeenMs);
      return;
    }
    // Two first hellos of one visitor may race: the first to be written is the one that counts.
    const newVisitor = this.#sql.latestVisit.get(app, visitor) === undefined;
    this.#sql.insertVisit.run({ app, visit, visitor, startedMs: lastSeenMs, lastSeenMs, session, newVisitor: newVisitor ? 1 : 0 });
    for (const change of newVisitChanges(record, dayOf(lastSeenMs), newVisitor)) this.#totals.add(change);
  }

  #find(app: string, session: string): Held | null {
    const id = idOf(app, session);
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const row: Row | undefined = this.#sql.findSession.get(app, session);
    const held = row ? { id: Number(row['id']), record: sessionOf(row), urlNamedMs: Number(row['urlNamedMs']), moved: false } : null;
    this.#sessions.set(id, held);
    return held;
  }

  #advance(advance: SessionAdvance, ledger: SessionRecord['ledger']): void {
    const held = this.#find(advance.app, advance.session);
    if (!held || advance.frames.length === 0) return;
    const { record } = held;
    const place = advance.place && advance.place.atMs >= held.urlNamedMs ? advance.place : undefined;
    held.record = {
      ...record,
      ledger,
      views: record.views + advance.views,
      clicks: record.clicks + advance.clicks,
      events: record.events + advance.events,
      lastSeenMs: Math.max(record.lastSeenMs, advance.lastSeenMs),
      ...(place && { url: place.url, urlSinceMs: place.sinceMs }),
      ...(advance.widthClass && { widthClass: advance.widthClass }),
    };
    if (place) held.urlNamedMs = place.atMs;
    held.moved = true;
    this.#touchVisit(advance.app, advance.visit, advance.lastSeenMs);
  }

  #touchVisit(app: string, visit: string, atMs: number): void {
    const id = idOf(app, visit);
    this.#visits.set(id, { app, visit, lastSeenMs: Math.max(atMs, this.#visits.get(id)?.lastSeenMs ?? 0) });
  }

  #insert(batch: PreparedBatch): void {
    for (const chunk of batch.chunks) {
      const { id } = this.#find(chunk.app, chunk.session) ?? { id: null };
      const { firstSeq, count, startMs, endMs, receivedMs, bytes } = chunk;
      const { lastInsertRowid } = this.#sql.insertChunk.run(id, firstSeq, count, startMs, endMs, receivedMs, bytes);
      this.#noteArrival(receivedMs, Number(lastInsertRowid));
    }
    if (batch.changes.length > 0) this.#sql.insertChange.run(batch.changes);
    for (const aside of batch.setAside) this.#sql.insertSetAside.run({ ...aside });
    for (const layout of batch.layouts) {
      const id = idOf(layout.app, layout.url) + layout.widthClass;
      if (layout.atMs >= (this.#layouts.get(id)?.atMs ?? 0)) this.#layouts.set(id, layout);
    }
  }

  #noteArrival(receivedMs: number, id: number): void {
    const dayNumber = Math.floor(receivedMs / DAY_MS);
    const arrival = this.#arrivals.get(dayNumber);
    if (arrival) arrival.lastId = id;
    else this.#arrivals.set(dayNumber, { firstId: id, lastId: id });
  }

  #writeVisits(): void {
    for (const { app, visit, lastSeenMs } of this.#visits.values()) this.#sql.touchVisit.run(lastSeenMs, app, visit);
    this.#visits.clear();
  }

  #writeRollups(totals: RollupTotals): void {
    for (const { rollup, key, add } of totals.changes()) {
      const columns: Readonly<Record<string, string | number>> = { ...key, ...add };
      const values = (names: readonly string[]) => names.map((column) => columns[column] ?? 0);
      this.#sql.upsertRollup[rollup].run(...values(ROLLUPS[rollup].key), ...values(ROLLUPS[rollup].sums));
      if (Object.values(add).some((sum) => sum < 0)) this.#sql.deleteZeroRow[rollup].run(...values(ROLLUPS[rollup].key));
    }
    for (const grid of totals.grids()) this.#writeGrid(grid);
  }

  #writeGrid({ key, cells, weights }: HeatGrid): void {
    this.#sql.insertGrid.run(key);
    const gridId = Number(this.#sql.findGrid.get(key)?.['id']);
    let values: number[] = [];
    cells.forEach((cell, i) => {
      values.push(gridId, cell, weights[i] ?? 0);
      if (values.length < 3 * CELLS_AT_ONCE) return;
      this.#sql.upsertCells.run(...values);
      values = [];
    });
    for (let i = 0; i < values.length; i += 3) this.#sql.upsertCell.run(...values.slice(i, i + 3));
    cells.forEach((cell, i) => {
      if ((weights[i] ?? 0) < 0) this.#sql.deleteZeroCell.run(gridId, cell);
    });
  }
}

/** One string for two; the length keeps `a` + `bc` apart from `ab` + `c`. */
function idOf(app: string, id: string): string {
  return `${app.length}:${app}${id}`;
}
