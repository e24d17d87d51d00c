import type { HeatGrid } from '../../rollup/heat.ts';
import { addPackedChanges } from '../../rollup/packed-changes.ts';
import { dayOf, ROLLUPS } from '../../rollup/rollups.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { unpackBatch } from '../packed-batch.ts';
import type { LayoutRecord } from '../records.ts';
import { runsOf, type StoredFrame } from '../runs.ts';
import type { PreparedBatch } from '../store.ts';
import type { HeldSessions } from './held-sessions.ts';
import { CELLS_AT_ONCE, type Statements } from './statements.ts';

const DAY_MS = 86_400_000;

/**
 * Spreads what was committed since the last fold over the tables that questions read: a session's frames become one run, a
 * cell of heat that fifty batches touched is looked up once, and every session's row is written once. Within a transaction:
 * all of it moves at one moment.
 */
export class Folder {
  readonly #sql: Statements;
  readonly #sessions: HeldSessions;
  /** First and last row of the chunks written here, by the day they arrived. */
  readonly #arrivals = new Map<number, { readonly firstId: number; lastId: number }>();

  constructor(sql: Statements, sessions: HeldSessions) {
    this.#sql = sql;
    this.#sessions = sessions;
  }

  fold(): void {
    const batches = this.#sql.allBatches.all();
    const changes = this.#sql.allChanges.all();
    if (batches.length + changes.length === 0) return;
    const totals = new RollupTotals();
    const framesOf = new Map<number, StoredFrame[]>();
    const layouts = new Map<string, LayoutRecord>();
    for (const { bytes } of batches) {
      const batch = unpackBatch(bytes as Uint8Array);
      addPackedChanges(totals, batch.changes);
      this.#gather(framesOf, batch);
      for (const aside of batch.setAside) this.#sql.insertSetAside.run({ ...aside });
      for (const layout of batch.layouts) {
        const page = JSON.stringify([layout.app, layout.url, layout.widthClass]);
        if (layout.atMs >= (layouts.get(page)?.atMs ?? 0)) layouts.set(page, layout);
      }
    }
    for (const { bytes } of changes) addPackedChanges(totals, bytes as Uint8Array);
    this.#sessions.writeBehind();
    for (const [sessionId, frames] of framesOf) this.writeRuns(sessionId, frames);
    this.noteArrivals();
    for (const layout of layouts.values()) this.#sql.upsertLayout.run({ ...layout, boxes: JSON.stringify(layout.boxes) });
    this.#writeRollups(totals);
    this.#sql.deleteBatches.run();
    this.#sql.deleteChanges.run();
  }

  /** Writes frames of one session; `noteArrivals` has to follow. */
  writeRuns(sessionId: number, frames: readonly StoredFrame[]): void {
    const firstDay = Math.floor(Math.min(...frames.map(({ receivedMs }) => receivedMs)) / DAY_MS);
    for (const run of runsOf(frames)) {
      const { lastInsertRowid } = this.#sql.insertRun.run({ sessionId, ...run });
      // What came before midnight and what came after it may lie in one run: each of its days has to find it.
      for (let day = firstDay; day <= Math.floor(run.receivedMs / DAY_MS); day++) this.#noteArrival(day, Number(lastInsertRowid));
    }
  }

  noteArrivals(): void {
    for (const [dayNumber, arrival] of this.#arrivals) this.#sql.noteArrival.run({ day: dayOf(dayNumber * DAY_MS), ...arrival });
    this.#arrivals.clear();
  }

  /** @param into frames by the session's row */
  #gather(into: Map<number, StoredFrame[]>, { sessions, chunks }: PreparedBatch): void {
    const ofSession = new Map(sessions.map(({ app, session }) => [session, { app, frames: [] as StoredFrame[] }]));
    for (const chunk of chunks) {
      const known = ofSession.get(chunk.session);
      if (known?.app === chunk.app) known.frames.push(chunk);
      else this.#give(into, chunk.app, chunk.session, [chunk]);
    }
    for (const [session, { app, frames }] of ofSession) this.#give(into, app, session, frames);
  }

  #give(into: Map<number, StoredFrame[]>, app: string, session: string, frames: StoredFrame[]): void {
    if (frames.length === 0) return;
    const held = this.#sessions.find(app, session);
    if (!held) throw new Error(`a committed batch names session ${session}, which is not there`);
    const before = into.get(held.id);
    if (before) before.push(...frames);
    else into.set(held.id, frames);
  }

  #noteArrival(dayNumber: number, id: number): void {
    const arrival = this.#arrivals.get(dayNumber);
    if (arrival) arrival.lastId = id;
    else this.#arrivals.set(dayNumber, { firstId: id, lastId: id });
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
    if (weights.every((weight) => weight >= 0)) return;
    cells.forEach((cell, i) => {
      if ((weights[i] ?? 0) < 0) this.#sql.deleteZeroCell.run(gridId, cell);
    });
    this.#sql.deleteEmptyGrid.run({ id: gridId });
  }
}
