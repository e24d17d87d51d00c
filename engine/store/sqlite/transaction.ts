import { admit, EMPTY_LEDGER } from '../../protocol/ledger.ts';
import type { HeatGrid } from '../../rollup/heat.ts';
import { LEFT } from '../../rollup/page-time.ts';
import { ROLLUPS, type RollupChange } from '../../rollup/rollups.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { unpackBatch } from '../packed-batch.ts';
import type { LayoutRecord, SessionRecord, VisitRecord } from '../records.ts';
import type { CommitOutcome, PreparedBatch, RefusedFrame, SessionAdvance, SessionEnd } from '../store.ts';
import { identityColumns, movingColumns, type Row, sessionOf, visitOf } from './rows.ts';
import { CELLS_AT_ONCE, type Statements } from './statements.ts';

/** A session's row as this transaction sees it; written back once, at the end. */
type Held = { readonly id: number; record: SessionRecord; urlNamedMs: number; moved: boolean };

/**
 * The writes of one group, between BEGIN and COMMIT. Each sees what those before it did. Sums, sessions and layouts are
 * gathered here and written once by `flush`: a hundred batches that touch one page touch its rows once.
 */
export class Transaction {
  readonly #sql: Statements;
  readonly #sessions = new Map<string, Held | null>();
  readonly #totals = new RollupTotals();
  readonly #visits = new Map<string, { readonly app: string; readonly visit: string; readonly lastSeenMs: number }>();
  readonly #layouts = new Map<string, LayoutRecord>();

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  openSession(record: SessionRecord, changesIfNewVisit: readonly RollupChange[]): SessionRecord {
    this.#openVisit(record, changesIfNewVisit);
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
    const lastSeenMs = Math.max(held.record.lastSeenMs, end.endedMs);
    held.record = { ...held.record, lastSeenMs, endedMs: end.endedMs, endReason: end.reason, urlSinceMs: LEFT };
    held.moved = true;
    for (const change of end.changes) this.#totals.add(change);
  }

  findSession(app: string, session: string): SessionRecord | null {
    return this.#find(app, session)?.record ?? null;
  }

  latestVisit(app: string, visitor: string): VisitRecord | null {
    this.#writeVisits();
    const row = this.#sql.latestVisit.get(app, visitor);
    return row ? visitOf(row) : null;
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
    this.#writeRollups();
  }

  #openVisit(record: SessionRecord, changesIfNewVisit: readonly RollupChange[]): void {
    const { app, visit, visitor } = record;
    // A tab that comes back brings the start of its session, and begins a visit only now.
    const lastSeenMs = Math.max(record.startedMs, record.lastSeenMs);
    if (this.#sql.findVisit.get(app, visit)) {
      this.#touchVisit(app, visit, lastSeenMs);
      return;
    }
    const known = this.#sql.latestVisit.get(app, visitor) !== undefined;
    this.#sql.insertVisit.run({ app, visit, visitor, startedMs: lastSeenMs, lastSeenMs });
    for (const change of changesIfNewVisit) {
      // Two first hellos of one visitor may race: the first to be written is the one that counts.
      this.#totals.add(known && change.rollup === 'dimension' ? { ...change, add: { ...change.add, visitors: 0 } } : change);
    }
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
      this.#sql.insertChunk.run(id, chunk.firstSeq, chunk.count, chunk.startMs, chunk.endMs, chunk.receivedMs, chunk.bytes);
    }
    for (const aside of batch.setAside) this.#sql.insertSetAside.run({ ...aside });
    for (const change of batch.rollups) this.#totals.add(change);
    for (const grid of batch.heat) this.#totals.addGrid(grid);
    for (const layout of batch.layouts) {
      const id = idOf(layout.app, layout.url) + layout.widthClass;
      if (layout.atMs >= (this.#layouts.get(id)?.atMs ?? 0)) this.#layouts.set(id, layout);
    }
  }

  #writeVisits(): void {
    for (const { app, visit, lastSeenMs } of this.#visits.values()) this.#sql.touchVisit.run(lastSeenMs, app, visit);
    this.#visits.clear();
  }

  #writeRollups(): void {
    for (const { rollup, key, add } of this.#totals.changes()) {
      const columns: Readonly<Record<string, string | number>> = { ...key, ...add };
      const values = [...ROLLUPS[rollup].key, ...ROLLUPS[rollup].sums].map((column) => columns[column] ?? 0);
      this.#sql.upsertRollup[rollup].run(...values);
    }
    for (const grid of this.#totals.grids()) this.#writeGrid(grid);
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
  }
}

/** One string for two; the length keeps `a` + `bc` apart from `ab` + `c`. */
function idOf(app: string, id: string): string {
  return `${app.length}:${app}${id}`;
}
