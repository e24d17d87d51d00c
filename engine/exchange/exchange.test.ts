/** Export and import over real stores: what was is again, once, and nothing half. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COVERAGE, coverageId, EVERY_APP } from '../store/coverage.ts';
import { AT, sessionAt, storedRollups, storeSession, URL_A } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type ExportOptions, exportFolder, exportTable } from './export.ts';
import { exportVisitor } from './export-visitor.ts';
import { FORMATS, type FormatName } from './formats.ts';
import { type ImportOptions, importFolder } from './import.ts';
import type { Manifest } from './manifest.ts';
import { fileSink, streamSink } from './sink.ts';
import { TABLES, type TableName } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-exchange-'));
afterAll(() => rmSync(root, { recursive: true }));

const ALL = Object.keys(TABLES) as TableName[];
const DAY_MS = 86_400_000;
/** Chunks of days before it have expired. */
const FROM_DAY = '2026-01-05';
const MIDNIGHT = Date.parse(FROM_DAY);

const open = () => openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
let store: Store;
let target: Store;
beforeEach(async () => {
  [store, target] = await Promise.all([open(), open()]);
});
afterEach(() => Promise.all([store.close(), target.close()]));

let folders = 0;
/** One that is not there yet. */
const newFolder = () => join(root, `export-${folders++}`);

type Written = { readonly folder: string; readonly manifest: Manifest };
async function write(from: Store, changes: Partial<ExportOptions> = {}): Promise<Written> {
  const folder = newFolder();
  const options = { app: 'demo', format: 'csv' as FormatName, tables: ALL, progress: () => undefined, version: '1.2.3', id: folder };
  return { folder, manifest: await exportFolder(from, folder, { ...options, ...changes }) };
}
const read = (into: Store, folder: string, changes: Partial<ImportOptions> = {}) =>
  importFolder(into, { folder, progress: () => undefined, ...changes });

async function wholeSessions(of: Store, app = 'demo') {
  await of.fold();
  const records = await of.walkSessions({ app, limit: 1_000 });
  return Promise.all(records.map(({ session }) => of.readSession(app, session)));
}

async function differing(of: Store): Promise<number> {
  let sum = 0;
  for (const day of await of.rollupDays()) sum += (await of.compareDay(day)).differing;
  return sum;
}

/** Sessions of a week: of two visitors, ended and open, over midnight, with words that formats stumble over. */
async function fill(): Promise<void> {
  const words = { language: '=1+1', referrer: 'https://a.example/"x",\r\ny\0', browser: "'Firefox'", os: '', screen: '__proto__' };
  await storeSession(store, sessionAt(AT - 4 * DAY_MS, { session: 'a', visit: 'va', visitor: 'p1', ...words }), { frames: 3 });
  await storeSession(store, sessionAt(AT - 3 * DAY_MS, { session: 'b', visit: 'vb', visitor: 'p2', bot: true, entryUrl: `${URL_A}/é🛒` }));
  // Its first frame begins the day before and ends on it.
  await storeSession(store, sessionAt(MIDNIGHT - 150, { session: 'c', visit: 'vc', visitor: 'p1', device: 'mobile' }));
  await storeSession(store, sessionAt(AT, { session: 'd', visit: 'vd', visitor: 'p2' }), { frames: 5, endedMs: null });
  await storeSession(store, sessionAt(AT + 5, { session: 'e', visit: 've', visitor: 'p3' }), { frames: 0 });
  // Comes back, ends again, and begins a visit more.
  await storeSession(store, sessionAt(AT - 4 * DAY_MS, { session: 'a', visit: 'vf', visitor: 'p1', lastSeenMs: AT, ...words }), {
    frames: 0,
    endedMs: AT + 60,
  });
  await storeSession(store, sessionAt(AT, { app: 'else', session: 'a', visit: 'va', visitor: 'p1' }));
}

/** Deletes the chunks of days before FROM_DAY, as retention does. */
async function expire(): Promise<void> {
  await store.writeDocument({ kind: COVERAGE, id: coverageId('demo'), ifRevision: 0, value: { fromDay: FROM_DAY } });
  while (!(await store.expireSome({ app: 'demo', kind: 'chunks', beforeDay: FROM_DAY })).done);
}

describe.each(Object.keys(FORMATS) as FormatName[])('as %s', (format) => {
  it('an export imported elsewhere is every session, visit, end and frame, byte by byte, and every sum', async () => {
    await fill();
    const { folder, manifest } = await write(store, { format });
    const sessions = await wholeSessions(store);
    const events = sessions.flatMap((session) => session?.chunks ?? []).reduce((sum, { count }) => sum + count, 0);
    expect(manifest.tables).toMatchObject({ sessions: { rows: 5 }, visits: { rows: 6 }, endings: { rows: 5 }, events: { rows: events } });
    expect(await read(target, folder)).toEqual({
      app: 'demo',
      sessions: 5,
      events,
      alreadyThere: 0,
      rollupDays: 0,
      rollupRows: 0,
      skippedDays: 0,
    });
    expect(await wholeSessions(target)).toEqual(sessions);
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
    expect(await differing(target)).toBe(0);
    // The second time nothing is new.
    expect(await read(target, folder)).toMatchObject({ sessions: 0, alreadyThere: 5 });
    expect(await wholeSessions(target)).toEqual(sessions);
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
  });

  it('sums whose events had expired come from the export: once, and a rebuild leaves them alone', async () => {
    await fill();
    await expire();
    const { folder, manifest } = await write(store, { format });
    expect(manifest).toMatchObject({ fromDay: FROM_DAY, days: ['2026-01-01', '2026-01-02', '2026-01-04', '2026-01-05'] });
    const outcome = await read(target, folder);
    expect(outcome).toMatchObject({ sessions: 5, rollupDays: 3, skippedDays: 0 });
    expect(outcome.rollupRows).toBeGreaterThan(20);
    expect(await wholeSessions(target)).toEqual(await wholeSessions(store));
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
    expect(await differing(target)).toBe(0);
    expect(await read(target, folder)).toMatchObject({ sessions: 0, rollupRows: 0 });
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
  });

  it('an app without anything is exported and imported, too', async () => {
    const { folder } = await write(store, { format });
    expect(await read(target, folder)).toMatchObject({ sessions: 0, rollupRows: 0 });
    expect(readdirSync(folder)).toHaveLength(ALL.length + 1);
  });
});

describe('an import', () => {
  it('goes into another app when one is named, beside what is there', async () => {
    await fill();
    await expire();
    const { folder } = await write(store);
    await read(store, folder, { app: 'copy' });
    const renamed = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll('"app":"copy"', '"app":"demo"')) as unknown;
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    expect(renamed(await wholeSessions(store, 'copy'))).toEqual(plain(await wholeSessions(store)));
    expect(renamed(await storedRollups(store, 'copy'))).toEqual(await storedRollups(store));
  });

  it('into the store that it came from changes nothing', async () => {
    await fill();
    await expire();
    const { folder } = await write(store);
    const before = [await wholeSessions(store), await storedRollups(store)];
    expect(await read(store, folder)).toMatchObject({ sessions: 0, alreadyThere: 5, rollupDays: 0, skippedDays: 3, rollupRows: 0 });
    expect([await wholeSessions(store), await storedRollups(store)]).toEqual(before);
  });

  it('that is cut off between sessions goes on where it was', async () => {
    await fill();
    await expire();
    const { folder } = await write(store);
    let calls = 0;
    const failing: Store = {
      ...target,
      restoreSession: async (...given) => {
        if (++calls === 3) throw new Error('cut off');
        return target.restoreSession(...given);
      },
    };
    await expect(read(failing, folder)).rejects.toThrow('cut off');
    expect(await read(target, folder)).toMatchObject({ sessions: 3, alreadyThere: 2, rollupDays: 3 });
    expect(await wholeSessions(target)).toEqual(await wholeSessions(store));
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
  });

  it('that is cut off between rollups adds none twice, whether the last one was acknowledged or not', async () => {
    await fill();
    await expire();
    const { folder } = await write(store);
    let calls = 0;
    const failing = (after: boolean): Store => ({
      ...target,
      applyChanges: async (...given) => {
        const fails = ++calls % 3 === 0;
        if (fails && !after) throw new Error('cut off');
        const done = await target.applyChanges(...given);
        if (fails) throw new Error('cut off');
        return done;
      },
    });
    for (const after of [false, true, false, true]) await expect(read(failing(after), folder)).rejects.toThrow('cut off');
    await read(target, folder);
    expect(calls).toBe(12);
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
    expect(await differing(target)).toBe(0);
  });

  it('leaves days alone that have sums of their own, and counts them', async () => {
    await fill();
    await expire();
    const { folder } = await write(store, { from: '2026-01-02', to: '2026-01-02' });
    // Another visitor of that day, whose events are all there.
    await storeSession(target, sessionAt(AT - 3 * DAY_MS, { session: 'own', visit: 'vo', visitor: 'po' }));
    const before = await target.readRollup('page', { app: 'demo' });
    expect(await read(target, folder)).toMatchObject({ sessions: 1, rollupDays: 0, skippedDays: 1, rollupRows: 0 });
    const sumOf = (rows: readonly { readonly events: number }[]) => rows.reduce((sum, { events }) => sum + events, 0);
    expect(sumOf(await target.readRollup('page', { app: 'demo' }))).toBe(sumOf(before));
    expect(await target.readDocument(COVERAGE, coverageId('demo'))).toBeNull();
  });

  it('takes no sums of days that have expired where they would go', async () => {
    await fill();
    await expire();
    const { folder } = await write(store);
    const value = { fromDay: '2026-01-03', rollupsFromDay: '2026-01-02' };
    await target.writeDocument({ kind: COVERAGE, id: coverageId('demo'), ifRevision: 0, value });
    expect(await read(target, folder)).toMatchObject({ rollupDays: 2, skippedDays: 1 });
    expect((await target.readDocument(COVERAGE, coverageId('demo')))?.value).toEqual({ ...value, fromDay: FROM_DAY });
  });

  it('knows the sums of an older version, which no rebuild can do', async () => {
    await fill();
    await store.writeDocument({ kind: COVERAGE, id: EVERY_APP, ifRevision: 0, value: { fromDay: FROM_DAY } });
    const { folder, manifest } = await write(store);
    expect(manifest).toMatchObject({ fromDay: FROM_DAY, days: ['2026-01-01', '2026-01-02', '2026-01-04', '2026-01-05'] });
    expect(await read(target, folder)).toMatchObject({ rollupDays: 3 });
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
  });

  it('refuses an app that there is not', async () => {
    await fill();
    const { folder } = await write(store);
    await expect(read(target, folder, { accepts: () => false })).rejects.toMatchObject({ code: 'app-unknown' });
    expect(await wholeSessions(target)).toEqual([]);
  });
});

describe('a folder that is no whole export is refused', () => {
  let folder: string;
  beforeEach(async () => {
    await fill();
    ({ folder } = await write(store));
  });
  afterEach(async () => {
    expect(await storedRollups(target)).toEqual([]);
  });
  const change = (file: string, from: string, to: string) => {
    const before = readFileSync(join(folder, file), 'utf8');
    expect(before).toContain(from);
    writeFileSync(join(folder, file), before.replace(from, to));
  };
  const refused = (message: string) =>
    expect(read(target, folder)).rejects.toMatchObject({ code: 'exchange-invalid', message: expect.stringContaining(message) });

  it('without a manifest', async () => {
    rmSync(join(folder, 'manifest.json'));
    await refused('there is none: this folder is no export');
  });

  it('that was cut off', async () => {
    folder = newFolder();
    const failing: Store = {
      ...store,
      readSession: async (app, session) => (session === 'd' ? Promise.reject(new Error('cut off')) : store.readSession(app, session)),
    };
    const options = { app: 'demo', format: 'csv' as const, tables: ALL, progress: () => undefined, version: '1', id: 'x' };
    await expect(exportFolder(failing, folder, options)).rejects.toThrow('cut off');
    await refused('the export was cut off before it was whole');
    // Nor is it written over.
    await expect(exportFolder(store, folder, options)).rejects.toMatchObject({
      code: 'query-invalid',
      message: expect.stringContaining('is not empty'),
    });
  });

  it('of a format that is not known yet', async () => {
    change('manifest.json', '"formatVersion": 1', '"formatVersion": 2');
    await refused('its format version 2 is not known here');
  });

  it('without one of its files', async () => {
    rmSync(join(folder, 'visits.csv'));
    await refused('visits.csv is missing');
  });

  it('with a file that was cut off', async () => {
    change('events.csv', '\r\n', '');
    await refused('it was changed or cut off');
  });

  it('that has not all tables', async () => {
    ({ folder } = await write(store, { tables: ['sessions', 'visits', 'endings'] }));
    await refused('the export is without events: it was made to be read, not to be imported');
  });

  it('with a manifest that is none', async () => {
    change('manifest.json', '"format": "csv"', '"format": "toString"');
    await refused('it was changed');
    writeFileSync(join(folder, 'manifest.json'), 'null');
    await refused('it is no manifest');
    writeFileSync(join(folder, 'manifest.json'), '{');
    await refused('it cannot be read');
  });

  it('with a row that does not fit: its place is named, and its session is not there in part', async () => {
    change('sessions.csv', ',false,', ',folse,');
    await refused('sessions.csv, row 1: bot is neither true nor false');
    change('sessions.csv', ',folse,', ',false,');
    change('events.csv', '"move"', '"mave"');
    await refused('events.csv, row 1: kind has a value that there is not: "mave"');
    change('events.csv', '"mave"', '"move"');
    change('events.csv', 'restMs', 'restMS');
    await refused('frame 1 of session a: event 1: restMs is missing or of another type');
    change('events.csv', 'restMS', 'restMs');
    change('events.csv', '"demo","a"', '"damo","a"');
    await refused('row 1: it is of the app "damo", not of demo');
  });

  it('with rows of a session that is not among the sessions', async () => {
    ({ folder } = await write(store, { format: 'jsonl', from: '2026-01-05' }));
    change('endings.jsonl', '"session":"e"', '"session":"x"');
    // What was before it stays: whole sessions.
    await expect(read(target, folder)).rejects.toMatchObject({
      code: 'exchange-invalid',
      message: expect.stringContaining('what follows is of session'),
    });
    await target.close();
    target = await open();
  });

  it('with lines that are none', async () => {
    ({ folder } = await write(store, { format: 'jsonl' }));
    change('sessions.jsonl', '{', '[');
    await refused('sessions.jsonl, row 1');
    ({ folder } = await write(store, { format: 'csv' }));
    change('sessions.csv', '"app"', '"apq"');
    await refused('sessions.csv, row 1: its columns are not app,session');
    ({ folder } = await write(store, { format: 'parquet' }));
    const path = join(folder, 'sessions.parquet');
    writeFileSync(path, Buffer.alloc(statSync(path).size));
    await refused('sessions.parquet, row 1');
  });
});

describe('an export', () => {
  beforeEach(fill);

  it('is bounded by days: sessions by their start, rollups by their day', async () => {
    const { manifest, folder } = await write(store, { from: '2026-01-02', to: '2026-01-04' });
    expect(manifest).toMatchObject({
      from: '2026-01-02',
      to: '2026-01-04',
      days: ['2026-01-02', '2026-01-04'],
      tables: { sessions: { rows: 2 } },
    });
    await read(target, folder);
    expect((await wholeSessions(target)).map((session) => session?.record.session)).toEqual(['b', 'c']);
  });

  it('is readable by its owner alone', async () => {
    const { folder } = await write(store);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('says how far it is, and all of it at the end', async () => {
    const shares: number[] = [];
    const { folder } = await write(store, { progress: (share) => shares.push(share) });
    await read(target, folder, { progress: (share) => shares.push(-share) });
    const [out, back] = [shares.filter((share) => share > 0), shares.filter((share) => share < 0).map((share) => -share)];
    for (const some of [out, back]) {
      expect(some).toEqual(some.toSorted((a, b) => a - b));
      expect(some.at(-1)).toBe(1);
      expect(some.filter((share) => share === 1)).toHaveLength(1);
    }
  });

  it('of one table goes into a stream, as its reader takes it', async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    const written = exportTable(store, 'events', streamSink(stream), { app: 'demo', format: 'jsonl', progress: () => undefined });
    const lines = text(stream).then((all) =>
      all
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { seq: number }),
    );
    expect(await written).toBe(36);
    stream.end();
    expect((await lines).map(({ seq }) => seq).slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]);
  });

  it('stops when the reader of its stream goes away', async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    const written = exportTable(store, 'events', streamSink(stream), {
      app: 'demo',
      format: 'csv',
      progress: () => stream.destroy(new Error('EPIPE')),
    });
    await expect(written).rejects.toMatchObject({ code: 'query-invalid', message: expect.stringContaining('gone away') });
  });

  it('of one visitor is all that is stored of it, as JSON', async () => {
    const path = join(root, `visitor-${folders++}.json`);
    const counts = await exportVisitor(store, await fileSink(path), { app: 'demo', visitor: 'p1', progress: () => undefined });
    expect(counts).toEqual({ visits: 3, sessions: 2, events: 15 });
    const written = JSON.parse(readFileSync(path, 'utf8')) as {
      visits: unknown[];
      sessions: { recorded: unknown[]; endings: unknown[] }[];
    };
    expect(written).toMatchObject({ app: 'demo', visitor: 'p1' });
    expect(written.visits).toEqual((await store.listVisits({ app: 'demo', visitor: 'p1', descending: false })).rows);
    const [a] = written.sessions;
    const record = await store.findSession('demo', 'a');
    expect(a).toMatchObject({ ...record });
    expect(a?.endings).toHaveLength(2);
    expect(a?.recorded).toHaveLength(9);
    expect(a?.recorded[0]).toMatchObject({ seq: 1, kind: 'move', page: { url: URL_A }, x: 20, restMs: 0 });
    await expect(fileSink(path)).rejects.toMatchObject({ code: 'query-invalid' });
  });

  it('of a visitor who is not there is empty', async () => {
    const path = join(root, `visitor-${folders++}.json`);
    const counts = await exportVisitor(store, await fileSink(path), { app: 'demo', visitor: 'nobody', progress: () => undefined });
    expect(counts).toEqual({ visits: 0, sessions: 0, events: 0 });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ app: 'demo', visitor: 'nobody', visits: [], sessions: [] });
  });
});
