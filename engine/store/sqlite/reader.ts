import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { DatalabError } from '../../errors/errors.ts';
import type { SessionQuery } from '../../protocol/api.ts';
import type { WidthClass } from '../../protocol/events.ts';
import { ROLLUPS, type RollupName, type RollupRow } from '../../rollup/rollups.ts';
import type { LayoutRecord, SessionRecord, SetAside } from '../records.ts';
import type { RollupRange } from '../store.ts';
import { layoutOf, sessionOf, setAsideOf } from './rows.ts';

/** What the reader's thread can be asked. */
export type ReaderCalls = Pick<Reader, 'unendedSessions' | 'listSessions' | 'readChunks' | 'readRollup' | 'latestLayout' | 'listSetAside'>;

/** What a list may be sorted by: the only way that a name from a query becomes SQL. */
const SORTS: Readonly<Record<NonNullable<SessionQuery['sort']>, string>> = {
  startedMs: 'startedMs',
  lastSeenMs: 'lastSeenMs',
  events: 'events',
  clicks: 'clicks',
  views: 'views',
  durationMs: 'coalesce(endedMs, lastSeenMs) - startedMs',
};

const SEARCHED = ['url', 'entryUrl', 'visitor', 'session', 'browser', 'os'];

/** Answers questions from a connection of its own. Every value is a parameter. */
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
    return this.#db
      .prepare(`SELECT ${columns} FROM "${name}" WHERE ${conditions.join(' AND ')}`)
      .all(...values)
      .map((row) => ({ ...row }) as unknown as RollupRow<N>);
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
