/**
 * Writes what is stored of one app: session by session, each as of one moment, then the rollups day by day. Memory is bounded by
 * one session's stored frames, and by one day's rollups without heat.
 */
import { dayOf, type RollupName } from '../rollup/rollups.ts';
import { COVERAGE, type Coverage, coverageId, EVERY_APP } from '../store/coverage.ts';
import type { SessionWalk, Store } from '../store/store.ts';
import type { FormatName } from './formats.ts';
import { rowsOfChunk } from './frame-rows.ts';
import { FORMAT_VERSION, type Manifest, makeFolder, tablePath, writeManifest } from './manifest.ts';
import { endingRows, sessionRow } from './session-rows.ts';
import { fileSink, type Sink } from './sink.ts';
import { openTables, type TableFiles } from './table-files.ts';
import { ROLLUP_TABLES, SESSION_TABLES, type TableName } from './tables.ts';

const SESSIONS_PER_PAGE = 100;
const DAY_MS = 86_400_000;

type ExportStore = Pick<Store, 'walkSessions' | 'readSession' | 'listSessions' | 'rollupDays' | 'readRollup' | 'readDocument'>;

export type ExportOptions = {
  readonly app: string;
  readonly format: FormatName;
  readonly tables: readonly TableName[];
  /** UTC days, `YYYY-MM-DD`, inclusive: bound sessions by their start, rollups by their day. */ readonly from?: string;
  readonly to?: string;
  /** @param share 0…1 @param what is being written */
  readonly progress: (share: number, what: string) => void;
};

/**
 * Exports into a folder that is empty or not there yet. Cut off at any moment, it leaves a folder that an import refuses.
 * @param id names this export (UUID v7) @param version of datalab
 * @throws DatalabError `query-invalid` if the folder is not empty or cannot be written
 */
export async function exportFolder(
  store: ExportStore,
  folder: string,
  { id, version, ...options }: ExportOptions & { readonly id: string; readonly version: string },
): Promise<Manifest> {
  const { app, format, from, to } = options;
  await makeFolder(folder);
  const begun: Manifest = {
    formatVersion: FORMAT_VERSION,
    datalab: version,
    export: id,
    app,
    format,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    days: [],
    tables: {},
    finished: false,
  };
  await writeManifest(folder, begun);
  const files = await openTables(options.tables, format, (table) => fileSink(tablePath(folder, table, format)));
  const written = await writeAll(store, files, options);
  const manifest: Manifest = { ...begun, ...written, finished: true };
  await writeManifest(folder, manifest);
  options.progress(1, 'all is written');
  return manifest;
}

/** Writes one table to a sink: standard output, say. @returns its rows */
export async function exportTable(
  store: ExportStore,
  table: TableName,
  sink: Sink,
  options: Omit<ExportOptions, 'tables'>,
): Promise<number> {
  const files = await openTables([table], options.format, async () => sink);
  const { tables } = await writeAll(store, files, options);
  options.progress(1, 'all is written');
  return tables[table]?.rows ?? 0;
}

async function writeAll(store: ExportStore, files: TableFiles, options: Omit<ExportOptions, 'tables'>) {
  try {
    const progress = await progressOf(store, files, options);
    if (SESSION_TABLES.some(files.has)) await writeSessions(store, files, options, progress);
    // After the sessions: whatever was missing of one had expired before this day was written down.
    const bounds = await boundsOf(store, options.app);
    const days = ROLLUP_TABLES.some(files.has) ? await writeRollups(store, files, options, progress) : [];
    return { ...bounds, days, tables: await files.close() };
  } catch (error) {
    await files.abandon();
    throw error;
  }
}

type Wanted = Omit<ExportOptions, 'tables'>;
type Step = (what: string) => void;

/** Sessions and days count alike; what comes in meanwhile does not make more than all of it. */
async function progressOf(store: ExportStore, files: TableFiles, wanted: Wanted): Promise<Step> {
  const { app, from, to, progress } = wanted;
  const sessions = SESSION_TABLES.some(files.has)
    ? (await store.listSessions({ app, ...boundsMs(from, to), bots: true, limit: 1 })).total
    : 0;
  const days = ROLLUP_TABLES.some(files.has) ? (await daysWithin(store, wanted)).length : 0;
  let done = 0;
  return (what) => {
    done++;
    progress(Math.min(done / (sessions + days), 0.99), what);
  };
}

async function writeSessions(store: ExportStore, files: TableFiles, { app, from, to }: Wanted, step: Step): Promise<void> {
  let after: SessionWalk['after'];
  for (;;) {
    const page = await store.walkSessions({ app, ...boundsMs(from, to), ...(after && { after }), limit: SESSIONS_PER_PAGE });
    for (const { session, startedMs } of page) {
      await writeSession(store, files, app, session);
      step(`sessions of ${dayOf(startedMs)}`);
    }
    after = page.at(-1);
    if (!after) return;
  }
}

async function writeSession(store: ExportStore, files: TableFiles, app: string, session: string): Promise<void> {
  const stored = await store.readSession(app, session);
  // Erased or expired since it was listed.
  if (!stored) return;
  const { record, visits, endings, chunks } = stored;
  await files.write('sessions', [sessionRow(record)]);
  await files.write('visits', visits);
  await files.write('endings', endingRows(record, endings));
  if (!files.has('events')) return;
  for (const chunk of chunks) await files.write('events', rowsOfChunk(record, chunk));
}

/** @returns the days that rollups are of */
async function writeRollups(store: ExportStore, files: TableFiles, wanted: Wanted, step: Step): Promise<string[]> {
  const { app } = wanted;
  const days: string[] = [];
  for (const day of await daysWithin(store, wanted)) {
    const range = { app, fromDay: day, toDay: day };
    let rows = 0;
    for (const table of ROLLUP_TABLES) {
      if (table === 'heat' || !files.has(table)) continue;
      const found = await store.readRollup<RollupName>(table, range);
      await files.write(table, found);
      rows += found.length;
    }
    if (files.has('heat')) rows += await writeHeat(store, files, range);
    if (rows > 0) days.push(day);
    step(`rollups of ${day}`);
  }
  return days;
}

/** Page by page: a day's heat is the largest thing there is. Where heat is, its page was counted. @returns its rows */
async function writeHeat(
  store: ExportStore,
  files: TableFiles,
  range: { readonly app: string; readonly fromDay: string; readonly toDay: string },
) {
  const urls = new Set((await store.readRollup('page', range)).map(({ url }) => url));
  let rows = 0;
  for (const url of urls) {
    const cells = await store.readRollup('heat', { ...range, where: { url } });
    await files.write('heat', cells);
    rows += cells.length;
  }
  return rows;
}

/** Days that have rollups. The store names those that a rebuild can do; of earlier ones, of an older version, the rollups know. */
async function daysWithin(store: ExportStore, { app, from, to }: Wanted): Promise<string[]> {
  const days = new Set(await store.rollupDays());
  const bound = ((await store.readDocument(COVERAGE, EVERY_APP))?.value as Coverage | undefined)?.fromDay;
  if (bound !== undefined) {
    for (const name of ['dimension', 'page'] as const)
      for (const { day } of await store.readRollup(name, { app, toDay: bound })) days.add(day);
  }
  return [...days].filter((day) => (from === undefined || day >= from) && (to === undefined || day <= to)).sort();
}

/** From which day on the app's rollups can be counted again, and which are kept. */
async function boundsOf(store: ExportStore, app: string): Promise<Pick<Manifest, 'fromDay' | 'rollupsFromDay'>> {
  const [ofAll, own] = await Promise.all([EVERY_APP, coverageId(app)].map((id) => store.readDocument(COVERAGE, id)));
  const { rollupsFromDay, fromDay: ownFromDay = '' } = (own?.value ?? {}) as Partial<Coverage>;
  const { fromDay: fromDayOfAll = '' } = (ofAll?.value ?? {}) as Partial<Coverage>;
  const fromDay = ownFromDay > fromDayOfAll ? ownFromDay : fromDayOfAll;
  return { ...(fromDay !== '' && { fromDay }), ...(rollupsFromDay !== undefined && { rollupsFromDay }) };
}

function boundsMs(from: string | undefined, to: string | undefined) {
  return { ...(from !== undefined && { fromMs: Date.parse(from) }), ...(to !== undefined && { toMs: Date.parse(to) + DAY_MS - 1 }) };
}
