import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { DatalabError } from '../../errors/errors.ts';
import type { SessionQuery } from '../../protocol/api.ts';
import type { WidthClass } from '../../protocol/events.ts';
import { type RollupChanges, unpackChanges } from '../../rollup/packed-changes.ts';
import { Recompute } from '../../rollup/recompute.ts';
import { dayOf, ROLLUPS, type RollupChange, type RollupName, type RollupRow } from '../../rollup/rollups.ts';
import type { LayoutRecord, SessionRecord, SetAside } from '../records.ts';
import type { DayComparison, RollupRange } from '../store.ts';
import { withUnfolded } from '../unfolded.ts';
import { layoutOf, type Row, sessionOf, setAsideOf } from './rows.ts';

/** What the reader's thread can be asked. */
export type ReaderCalls = Pick<
  Reader,
  'unendedSessions' | 'listSessions' | 'readChunks' | 'readRollup' | 'rollupDays' | 'compareDay' | 'latestLayout' | 'listSetAside'
>;

/** What a list may be sorted by: the only way that a name from a query becomes SQL. */
const SORTS: Readonly<Record<NonNullable<SessionQuery['sort']>, string>> = {
  startedMs: 'startedMs',
  lastSeenMs: 'lastSeenMs',
  events: 'events',
  clicks: 'clicks',
  views: 'views',
  durationMs: 'coalesce(endedMs, lastSeenMs) - startedMs',
};

const DAY_MS = 86_400_000;

const SEARCHED = ['url', 'entryUrl', 'visitor', 'session', 'browser', 'os'];

/** Answers questions from a connection of its own. Every value is a parameter. */
export class Reader {
  readonly #db: DatabaseSync;
  #changes = new Map<unknown, RollupChanges>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  unendedSessions(): SessionRecord[] {
    return this.#db.prepare('SELECT * FROM session WHERE endedMs IS NULL').all().map(sessionOf);
  }

  /** `fromMs` and `toMs` bound the session's start. */
  listSessions(query: SessionQuery): { readonly rows: SessionRecord[]; readonly total: number } {
    const conditions = ['app = ?'];
    const values: SQLInputValue[] = [query.app];
    const require = (condition: string, ...more: SQLInputValue[]) => {
      conditions.push(condition);
      values.push(...more);
    };
    if (query.fromMs !== undefined) require('startedMs >= ?', query.fromMs);
    if (query.toMs !== undefined) require('startedMs <= ?', query.toMs);
    if (query.device) require('device = ?', query.device);
    if (query.live) require('endedMs IS NULL');
    if (!query.bots) require('bot = 0');
    if (query.text) {
      const pattern = `%${query.text.replace(/[\\%_]/g, '\\$&')}%`;
      require(`(${SEARCHED.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`, ...SEARCHED.map(() => pattern));
    }
    const where = conditions.join(' AND ');
    const direction = query.descending === false ? 'ASC' : 'DESC';
    const rows = this.#db
      .prepare(
        `SELECT * FROM session WHERE ${where} ORDER BY ${SORTS[query.sort ?? 'startedMs']} ${direction}, id ${direction} LIMIT ? OFFSET ?`,
      )
      .all(...values, query.limit ?? 100, query.offset ?? 0);
    const total = this.#db.prepare(`SELECT count(*) AS total FROM session WHERE ${where}`).get(...values);
    return { rows: rows.map(sessionOf), total: Number(total?.['total']) };
  }

  readChunks(app: string, session: string): Uint8Array[] {
    return this.#db
      .prepare('SELECT bytes FROM chunk WHERE sessionId = (SELECT id FROM session WHERE app = ? AND session = ?) ORDER BY firstSeq')
      .all(app, session)
      .map((row) => row['bytes'] as Uint8Array);
  }

  /** @throws DatalabError `query-invalid` for a column that is no key of the rollup */
  readRollup<N extends RollupName>(name: N, range: RollupRange): RollupRow<N>[] {
    const { key, sums } = ROLLUPS[name];
    const conditions = ['app = ?'];
    const values: SQLInputValue[] = [range.app];
    if (range.fromDay !== undefined) {
      conditions.push('day >= ?');
      values.push(range.fromDay);
    }
    if (range.toDay !== undefined) {
      conditions.push('day <= ?');
      values.push(range.toDay);
    }
    for (const [column, value] of Object.entries(range.where ?? {})) {
      if (!(key as readonly string[]).includes(column))
        throw new DatalabError('query-invalid', `${column} is no key of the rollup ${name}.`);
      conditions.push(`"${column}" = ?`);
      values.push(value);
    }
    const columns = [...key, ...sums].map((column) => `"${column}"`).join(', ');
    return this.#asOfOneMoment(() => {
      const rows = this.#db.prepare(`SELECT ${columns} FROM "${name}" WHERE ${conditions.join(' AND ')}`).all(...values);
      const kept = rows.map((row) => ({ ...row }) as unknown as RollupRow<N>);
      return withUnfolded(name, range, kept, this.#unfolded());
    });
  }

  /** Ascending, from the first that a rebuild can do. */
  rollupDays(): string[] {
    const coverage = this.#db
      .prepare("SELECT value ->> 'fromDay' AS fromDay FROM document WHERE kind = 'coverage' AND id = 'rollups'")
      .get();
    const fromDay = String(coverage?.['fromDay'] ?? '');
    const days = new Set<string>();
    for (const { day } of this.#db.prepare('SELECT DISTINCT day FROM dimension UNION SELECT DISTINCT day FROM page').all())
      days.add(String(day));
    for (const { day } of this.#db.prepare('SELECT day FROM chunk_arrival').all()) {
      for (const offset of [-1, 0, 1]) days.add(dayOf(Date.parse(String(day)) + offset * DAY_MS));
    }
    for (const { rollups } of this.#unfolded()) for (const { key } of rollups) days.add(key.day);
    return [...days].filter((day) => day >= fromDay).sort();
  }

  compareDay(day: string): DayComparison {
    return this.#asOfOneMoment(() => {
      const recompute = new Recompute(day);
      this.#giveChunks(recompute, day);
      const [fromMs, toMs] = [Date.parse(day), Date.parse(day) + DAY_MS];
      const visits = this.#db.prepare(
        `SELECT s.*, v.startedMs AS visitMs, v.newVisitor FROM visit AS v JOIN session AS s ON s.app = v.app AND s.session = v.session
         WHERE v.startedMs >= ? AND v.startedMs < ?`,
      );
      for (const row of visits.iterate(fromMs, toMs)) recompute.addVisit(sessionOf(row), Number(row['visitMs']), row['newVisitor'] === 1);
      const endings = this.#db.prepare(
        `SELECT s.app, e.endedMs, e.url, e.urlSinceMs, e.widthClass FROM ending AS e JOIN session AS s ON s.id = e.sessionId
         WHERE e.endedMs >= ? AND e.endedMs < ?`,
      );
      for (const { app, endedMs, url, urlSinceMs, widthClass } of endings.iterate(fromMs, toMs)) {
        const width = widthClass === null ? {} : { widthClass: String(widthClass) as WidthClass };
        recompute.addEnd({ app: String(app), url: String(url), urlSinceMs: Number(urlSinceMs), ...width }, Number(endedMs));
      }
      this.#takeKept(recompute, day);
      for (const changes of this.#unfolded()) recompute.takeKeptChanges(changes);
      return recompute.finish();
    });
  }

  /** Skew is bounded: what happened on a day arrived on it, the day before or the day after. */
  #giveChunks(recompute: Recompute, day: string): void {
    const fromMs = Date.parse(day);
    const toMs = fromMs + DAY_MS;
    const arrivals = this.#db
      .prepare('SELECT min(firstId) AS firstId, max(lastId) AS lastId FROM chunk_arrival WHERE day BETWEEN ? AND ?')
      .get(dayOf(fromMs - DAY_MS), dayOf(toMs));
    if (!arrivals || arrivals['firstId'] === null) return;
    const sessions = new Map<unknown, SessionRecord>();
    const findSession = this.#db.prepare('SELECT * FROM session WHERE id = ?');
    const chunks = this.#db.prepare(
      'SELECT sessionId, receivedMs, bytes FROM chunk WHERE id BETWEEN ? AND ? AND endMs >= ? AND startMs < ?',
    );
    for (const { sessionId, receivedMs, bytes } of chunks.iterate(arrivals['firstId'] ?? 0, arrivals['lastId'] ?? 0, fromMs, toMs)) {
      let session = sessions.get(sessionId);
      if (!session) {
        const row: Row | undefined = findSession.get(sessionId ?? 0);
        if (!row) continue;
        session = sessionOf(row);
        sessions.set(sessionId, session);
      }
      recompute.addChunk(session, bytes as Uint8Array, Number(receivedMs));
    }
  }

  #takeKept(recompute: Recompute, day: string): void {
    for (const rollup of Object.keys(ROLLUPS) as RollupName[]) {
      if (rollup === 'heat') continue;
      const { key, sums } = ROLLUPS[rollup];
      for (const row of this.#db.prepare(`SELECT * FROM "${rollup}" WHERE day = ?`).iterate(day)) {
        const part = (columns: readonly string[]) => Object.fromEntries(columns.map((column) => [column, row[column]]));
        recompute.takeKept({ rollup, key: part(key), add: part(sums) } as unknown as RollupChange);
      }
    }
    const cells = this.#db.prepare('SELECT cell, weight FROM heat_cell WHERE gridId = ? ORDER BY cell');
    for (const grid of this.#db.prepare('SELECT * FROM heat_grid WHERE day = ?').all(day)) {
      const rows = cells.all(grid['id'] ?? 0);
      const text = (column: string) => String(grid[column]);
      recompute.takeKeptHeat({
        key: { app: text('app'), day, url: text('url'), widthClass: text('widthClass'), layer: text('layer') },
        cells: Uint32Array.from(rows, (row) => Number(row['cell'])),
        weights: Float64Array.from(rows, (row) => Number(row['weight'])),
      });
    }
  }

  /** Changes that wait to be added up. They never change once written: unpacked once, and let go of when they are folded. */
  #unfolded(): RollupChanges[] {
    const ids = this.#db.prepare('SELECT id FROM change').all();
    const bytesOf = this.#db.prepare('SELECT bytes FROM change WHERE id = ?');
    const known = this.#changes;
    this.#changes = new Map();
    for (const { id } of ids) this.#changes.set(id, known.get(id) ?? unpackChanges(bytesOf.get(id ?? 0)?.['bytes'] as Uint8Array));
    return [...this.#changes.values()];
  }

  /** All that is read within is one snapshot: in WAL it waits for no writer. */
  #asOfOneMoment<T>(read: () => T): T {
    this.#db.exec('BEGIN');
    try {
      return read();
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  latestLayout(app: string, url: string, widthClass: WidthClass): LayoutRecord | null {
    const row = this.#db.prepare('SELECT * FROM layout WHERE app = ? AND url = ? AND widthClass = ?').get(app, url, widthClass);
    return row ? layoutOf(row) : null;
  }

  /** Latest first. */
  listSetAside(app: string, limit: number): SetAside[] {
    return this.#db.prepare('SELECT * FROM set_aside WHERE app = ? ORDER BY id DESC LIMIT ?').all(app, limit).map(setAsideOf);
  }
}
