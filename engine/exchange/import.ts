/**
 * Puts back what an export holds. A session comes with all that is of it, or not at all, and once. Rollups are counted from
 * the events; only those of days whose events had expired before the export are taken from it, once as well.
 */
import { DatalabError } from '../errors/errors.ts';
import { FRAME_MAX_EVENTS } from '../protocol/limits.ts';
import { Aggregator } from '../rollup/aggregate.ts';
import { layoutsOf } from '../rollup/layouts.ts';
import { packChanges } from '../rollup/packed-changes.ts';
import { dayOf } from '../rollup/rollups.ts';
import type { EndingRecord, LayoutRecord, SessionRecord, VisitRecord } from '../store/records.ts';
import type { Chunk, Store, StoredSession } from '../store/store.ts';
import { FORMATS } from './formats.ts';
import { frameOfRows } from './frame-rows.ts';
import { type ImportPlan, planImport } from './import-plan.ts';
import { importRollups, type RollupOutcome, type RollupStore } from './import-rollups.ts';
import { readManifest, tablePath } from './manifest.ts';
import { RowCursor } from './row-cursor.ts';
import { endingOfRow, sessionOfRow, visitOfRow } from './session-rows.ts';
import { ROLLUP_TABLES, type RowOf, type TableName } from './tables.ts';

export type ImportStore = RollupStore & Pick<Store, 'findSession' | 'restoreSession' | 'fold'>;

export type ImportOptions = {
  readonly folder: string;
  /** Key of the app to put it into; default the export's own. */ readonly app?: string;
  /** Whether there is such an app; default: whatever it is. */ readonly accepts?: (app: string) => boolean;
  /** @param share 0…1 @param what is being read */
  readonly progress: (share: number, what: string) => void;
};

export type ImportOutcome = RollupOutcome & {
  readonly app: string;
  readonly sessions: number;
  readonly events: number;
  /** Sessions that were there already: left as they are. */ readonly alreadyThere: number;
  /** Sessions that expired here, and are in the sums still: left out. */ readonly expired: number;
};

/**
 * Imports the export in a folder. Cut off, or refused somewhere in the middle, it goes on where it was when it is begun again.
 * @throws DatalabError `exchange-invalid` when the folder holds no whole export, or a row that does not fit; the message
 * names it. `app-unknown`
 */
export async function importFolder(
  store: ImportStore,
  { folder, app: into, accepts = () => true, progress }: ImportOptions,
): Promise<ImportOutcome> {
  const manifest = await readManifest(folder);
  const { app: from, format, tables } = manifest;
  const app = into ?? from;
  if (!accepts(app)) throw new DatalabError('app-unknown', `There is no app ${app} to import into.`);
  const total = tables.sessions.rows + ROLLUP_TABLES.reduce((sum, table) => sum + tables[table].rows, 0);
  let done = 0;
  const step: Step = (rows, what) => {
    done += rows;
    progress(Math.min(done / total, 0.99), what);
  };
  const cursors: RowCursor<TableName>[] = [];
  const open = <T extends TableName>(table: T): RowCursor<T> => {
    const path = tablePath(folder, table, format);
    const cursor = new RowCursor(table, path, from, FORMATS[format].read(table, path));
    cursors.push(cursor as unknown as RowCursor<TableName>);
    return cursor;
  };
  try {
    const plan = await planImport(store, app, manifest);
    const sessions = await importSessions(store, plan, new SessionReader(app, open), step);
    const outcome = await importRollups(store, app, plan, open, step);
    await store.fold();
    progress(1, 'all is imported');
    return { app, ...sessions, ...outcome };
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** Restored at once, so that a store that commits several together can: as many sessions are in memory. */
const SESSIONS_AT_ONCE = 8;

async function importSessions(store: ImportStore, plan: ImportPlan, reader: SessionReader, step: Step) {
  const counts = { sessions: 0, events: 0, alreadyThere: 0, expired: 0 };
  // By visitor: which of a visitor's visits is the first is told by their order.
  const underWay = new Map<string, Promise<void>>();
  let failure: unknown;
  const restore = async ({ changes, layouts, ...stored }: Restored) => {
    const { app, session, visitor, startedMs } = stored.record;
    const day = dayOf(startedMs);
    try {
      if (plan.hasExpired(day) && !(await store.findSession(app, session))) counts.expired++;
      else if (await store.restoreSession(stored, changes, layouts)) {
        counts.sessions++;
        for (const { count } of stored.chunks) counts.events += count;
      } else counts.alreadyThere++;
      step(1, `sessions of ${day}`);
    } catch (error) {
      failure ??= error;
    }
    underWay.delete(visitor);
  };
  try {
    for (let next = await reader.next(); next && !failure; next = await reader.next()) {
      const { visitor } = next.record;
      await underWay.get(visitor);
      if (underWay.size >= SESSIONS_AT_ONCE) await Promise.race(underWay.values());
      underWay.set(visitor, restore(next));
    }
  } finally {
    await Promise.all(underWay.values());
  }
  if (failure) throw failure;
  return counts;
}

/** What is to be put back, with the rollup changes and the page layouts of its chunks. */
type Restored = StoredSession & { readonly changes: Uint8Array; readonly layouts: readonly LayoutRecord[] };
type Step = (rows: number, what: string) => void;
type OpenTable = <T extends TableName>(table: T) => RowCursor<T>;

/** Reads the four tables of sessions in step. */
class SessionReader {
  readonly #app: string;
  readonly #sessions: RowCursor<'sessions'>;
  readonly #visits: RowCursor<'visits'>;
  readonly #endings: RowCursor<'endings'>;
  readonly #events: RowCursor<'events'>;

  constructor(app: string, open: OpenTable) {
    this.#app = app;
    this.#sessions = open('sessions');
    this.#visits = open('visits');
    this.#endings = open('endings');
    this.#events = open('events');
  }

  /** The next session; null at the end. @throws DatalabError `exchange-invalid` */
  async next(): Promise<Restored | null> {
    const [row] = await this.#sessions.takeWhile(() => true, 1);
    if (!row) return this.#end();
    const record = sessionOfRow(this.#app, row);
    if (!record) throw this.#sessions.refuse('its gaps are no JSON of number pairs');
    const isIts = ({ session }: { readonly session: string }) => session === record.session;
    const visits = (await this.#visits.takeWhile(isIts)).map((visit): VisitRecord => visitOfRow(this.#app, visit));
    const endings = (await this.#endings.takeWhile(isIts)).map((ending): EndingRecord => endingOfRow(ending));
    return { record, visits, endings, ...(await this.#chunksOf(record)) };
  }

  async #chunksOf(record: SessionRecord): Promise<Pick<Restored, 'chunks' | 'changes' | 'layouts'>> {
    const { app, session } = record;
    const aggregator = new Aggregator();
    const chunks: Chunk[] = [];
    const layouts: LayoutRecord[] = [];
    for (;;) {
      const first = await this.#events.peek();
      if (first?.session !== session) return { chunks, changes: packChanges(aggregator.finish()), layouts };
      const isOfFrame = (row: RowOf<'events'>) => row.session === session && row.frame === first.frame;
      const made = frameOfRows(await this.#events.takeWhile(isOfFrame, FRAME_MAX_EVENTS));
      if ('wrong' in made) throw this.#events.refuse(`frame ${first.frame} of session ${session}: ${made.wrong}`);
      const { receivedMs } = first;
      const effect = aggregator.add(record, made.frame, receivedMs);
      const { startMs, endMs, events: count } = effect;
      chunks.push({ app, session, firstSeq: made.frame.firstSeq, count, startMs, endMs, receivedMs, bytes: made.bytes });
      layouts.push(...layoutsOf(app, made.frame, effect, receivedMs));
    }
  }

  /** Nothing may be left over. */
  async #end(): Promise<null> {
    for (const cursor of [this.#visits, this.#endings, this.#events]) {
      const left = await cursor.peek();
      if (left) throw cursor.refuse(`it is of session ${left.session}, which is not where it should be`, cursor.taken + 1);
    }
    return null;
  }
}
