import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { DatalabError } from '../../errors/errors.ts';
import type { SessionQuery } from '../../protocol/api.ts';
import type { WidthClass } from '../../protocol/events.ts';
import { unpackChanges } from '../../rollup/packed-changes.ts';
import { Recompute } from '../../rollup/recompute.ts';
import { dayOf, ROLLUPS, type RollupChange, type RollupName, type RollupRow } from '../../rollup/rollups.ts';
import { COVERAGE, type Coverage, Coverages } from '../coverage.ts';
import type { LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';
import { framesOf, type StoredFrame } from '../runs.ts';
import type { DayComparison, RollupRange, SessionWalk, StoredSession, VisitQuery } from '../store.ts';
import { endingOf, layoutOf, type Row, sessionOf, setAsideOf, visitOf } from './rows.ts';

/** What the reader's thread can be asked. */
export type ReaderCalls = Pick<
  Reader,
  | 'unendedSessions'
  | 'listVisits'
  | 'walkSessions'
  | 'readSession'
  | 'listSessions'
  | 'readChunks'
  | 'readRollup'
  | 'rollupDays'
  | 'compareDay'
  | 'latestLayout'
  | 'listSetAside'
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

/** Answers questions from a connection of its own, as of the latest fold. Every value is a parameter. */
export class Reader {
  readonly #db: DatabaseSync;

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

  listVisits(query: VisitQuery): { readonly rows: VisitRecord[]; readonly total: number } {
    const { conditions, values } = boundedBy(query);
    const where = conditions.join(' AND ');
    const direction = query.descending === false ? 'ASC' : 'DESC';
    const sort = query.sort === 'lastSeenMs' ? 'lastSeenMs' : 'startedMs';
    const rows = this.#db
      .prepare(`SELECT * FROM visit WHERE ${where} ORDER BY ${sort} ${direction}, visit ${direction} LIMIT ? OFFSET ?`)
      .all(...values, query.limit ?? 100, query.offset ?? 0);
    const total = this.#db.prepare(`SELECT count(*) AS total FROM visit WHERE ${where}`).get(...values);
    return { rows: rows.map(visitOf), total: Number(total?.['total']) };
  }

  walkSessions(walk: SessionWalk): SessionRecord[] {
    const { conditions, values } = boundedBy(walk);
    if (walk.after) {
      conditions.push('(startedMs, session) > (?, ?)');
      values.push(walk.after.startedMs, walk.after.session);
    }
    return this.#db
      .prepare(`SELECT * FROM session WHERE ${conditions.join(' AND ')} ORDER BY startedMs, session LIMIT ?`)
      .all(...values, walk.limit)
      .map(sessionOf);
  }

  readSession(app: string, session: string): StoredSession | null {
    return this.#asOfOneMoment(() => {
      const row: Row | undefined = this.#db.prepare('SELECT * FROM session WHERE app = ? AND session = ?').get(app, session);
      if (!row) return null;
      const record = sessionOf(row);
      const id = row['id'] ?? 0;
      const endings = this.#db.prepare('SELECT * FROM ending WHERE sessionId = ? ORDER BY endedMs, id').all(id).map(endingOf);
      const visits = this.#db
        .prepare('SELECT * FROM visit WHERE app = ? AND visitor = ? AND session = ? ORDER BY startedMs')
        .all(app, record.visitor, session)
        .map(visitOf);
      const chunks = this.#frames(id).map((frame) => ({ app, session, ...frame }));
      return { record, endings, visits, chunks };
    });
  }

  readChunks(app: string, session: string): Uint8Array[] {
    const row = this.#db.prepare('SELECT id FROM session WHERE app = ? AND session = ?').get(app, session);
    return row ? this.#frames(row['id'] ?? 0).map(({ bytes }) => bytes) : [];
  }

  /** Of one session, by first number. Runs may overlap: a late frame fills a gap of an earlier one. */
  #frames(sessionId: SQLInputValue): StoredFrame[] {
    const rows = this.#db.prepare('SELECT * FROM chunk WHERE sessionId = ? ORDER BY firstSeq').all(sessionId);
    return rows.flatMap(framesOf).sort((a, b) => a.firstSeq - b.firstSeq);
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
    const rows = this.#db.prepare(`SELECT ${columns} FROM "${name}" WHERE ${conditions.join(' AND ')}`).all(...values);
    return rows.map((row) => ({ ...row }) as unknown as RollupRow<N>);
  }

  /** Ascending, from the first that a rebuild can do. */
  rollupDays(): string[] {
    const { fromDay } = this.#coverages();
    const days = new Set<string>();
    for (const { day } of this.#db.prepare('SELECT DISTINCT day FROM dimension UNION SELECT DISTINCT day FROM page').all())
      days.add(String(day));
    for (const { day } of this.#db.prepare('SELECT day FROM chunk_arrival').all()) {
      for (const offset of [-1, 0, 1]) days.add(dayOf(Date.parse(String(day)) + offset * DAY_MS));
    }
    return [...days].filter((day) => day >= fromDay).sort();
  }

  compareDay(day: string): DayComparison {
    return this.#asOfOneMoment(() => {
      const coverages = this.#coverages();
      const recompute = new Recompute(day, (app) => coverages.covers(app, day));
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
      // Visits and ends are in their tables at once, and what they count waits for the fold; a batch waits with all that it has.
      for (const { bytes } of this.#db.prepare('SELECT bytes FROM change').all()) {
        recompute.takeKeptChanges(unpackChanges(bytes as Uint8Array));
      }
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
    const chunks = this.#db.prepare('SELECT * FROM chunk WHERE id BETWEEN ? AND ? AND endMs >= ? AND startMs < ?');
    for (const run of chunks.iterate(arrivals['firstId'] ?? 0, arrivals['lastId'] ?? 0, fromMs, toMs)) {
      const { sessionId } = run;
      let session = sessions.get(sessionId);
      if (!session) {
        const row: Row | undefined = findSession.get(sessionId ?? 0);
        if (!row) continue;
        session = sessionOf(row);
        sessions.set(sessionId, session);
      }
      for (const { bytes, receivedMs } of framesOf(run)) recompute.addChunk(session, bytes, receivedMs);
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

  #coverages(): Coverages {
    const rows = this.#db.prepare('SELECT id, value FROM document WHERE kind = ?').all(COVERAGE);
    return new Coverages(rows.map(({ id, value }) => [String(id), JSON.parse(String(value)) as Coverage]));
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

/** Conditions of an app, a visitor and a time of start, and their values. */
function boundedBy({ app, visitor, fromMs, toMs }: Pick<SessionWalk, 'app' | 'visitor' | 'fromMs' | 'toMs'>) {
  const conditions = ['app = ?'];
  const values: SQLInputValue[] = [app];
  const require = (condition: string, value: SQLInputValue | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  require('visitor = ?', visitor);
  require('startedMs >= ?', fromMs);
  require('startedMs <= ?', toMs);
  return { conditions, values };
}
