/** Export and import over real stores: what was is again, once, and nothing half. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '../protocol/codec/frame.ts';
import type { Frame } from '../protocol/events.ts';
import { Aggregator } from '../rollup/aggregate.ts';
import { packChanges } from '../rollup/packed-changes.ts';
import { COVERAGE, coverageId, EVERY_APP } from '../store/coverage.ts';
import { AT, sessionAt, storedRollups, storeSession, URL_A } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type ExportOptions, exportTable } from './export.ts';
import { exportVisitor } from './export-visitor.ts';
import { ALL_TABLES, DAY_MS, exportDemo, FIFTH_DAY, fillWeek } from './fixtures/week.ts';
import { FORMATS, type FormatName } from './formats.ts';
import { type ImportOptions, importFolder } from './import.ts';
import type { Manifest } from './manifest.ts';
import { fileSink, streamSink } from './sink.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-exchange-'));
afterAll(() => rmSync(root, { recursive: true }));

const open = () => openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
let store: Store;
let target: Store;
beforeEach(async () => {
  [store, target] = await Promise.all([open(), open()]);
});
afterEach(() => Promise.all([store.close(), target.close()]));

let folders = 0;
type Written = { readonly folder: string; readonly manifest: Manifest };
async function write(from: Store, changes: Partial<ExportOptions> = {}): Promise<Written> {
  const folder = join(root, `export-${folders++}`);
  return { folder, manifest: await exportDemo(from, folder, changes) };
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

/** Deletes the chunks of days before FIFTH_DAY, as retention does. */
async function expire(): Promise<void> {
  await store.writeDocument({ kind: COVERAGE, id: coverageId('demo'), ifRevision: 0, value: { fromDay: FIFTH_DAY } });
  while (!(await store.expireSome({ app: 'demo', kind: 'chunks', beforeDay: FIFTH_DAY })).done);
}

it('how a page looked comes back with the events that said so', async () => {
  const record = await store.openSession(sessionAt(AT, {}));
  const page = { url: URL_A, viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 4000 };
  const boxes = [{ tag: 'main', x: 0, y: 0, w: 1280, h: 3000, text: 'Shop' }];
  const frame: Frame = { firstSeq: 1, baseSeq: 1, goodbye: false, startMs: AT, page, events: [{ kind: 'layout', atMs: AT, boxes }] };
  const bytes = encodeFrame(frame);
  const session = { app: 'demo', session: record.session, visit: record.visit, frames: [{ firstSeq: 1, count: 1, baseSeq: 1 }] };
  const chunk = { app: 'demo', session: record.session, firstSeq: 1, count: 1, startMs: AT, endMs: AT, receivedMs: AT, bytes };
  const aggregator = new Aggregator();
  aggregator.add(record, frame, AT);
  await store.commit({
    sessions: [{ ...session, views: 0, clicks: 0, events: 1, lastSeenMs: AT }],
    chunks: [chunk],
    changes: packChanges(aggregator.finish()),
    layouts: [],
    setAside: [],
  });
  await read(target, (await write(store)).folder);
  expect(await target.latestLayout('demo', URL_A, 'laptop')).toMatchObject({ atMs: AT, pageHeight: 4000, boxes });
  expect(await differing(target)).toBe(0);
});

describe.each(Object.keys(FORMATS) as FormatName[])('as %s', (format) => {
  it('an export imported elsewhere is every session, visit, end and frame, byte by byte, and every sum', async () => {
    await fillWeek(store);
    const { folder, manifest } = await write(store, { format });
    const sessions = await wholeSessions(store);
    const events = sessions.flatMap((session) => session?.chunks ?? []).reduce((sum, { count }) => sum + count, 0);
    expect(manifest.tables).toMatchObject({ sessions: { rows: 5 }, visits: { rows: 6 }, endings: { rows: 5 }, events: { rows: events } });
    expect(await read(target, folder)).toEqual({
      app: 'demo',
      sessions: 5,
      events,
      alreadyThere: 0,
      expired: 0,
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
    await fillWeek(store);
    await expire();
    const { folder, manifest } = await write(store, { format });
    expect(manifest).toMatchObject({ fromDay: FIFTH_DAY, days: ['2026-01-01', '2026-01-02', '2026-01-04', '2026-01-05'] });
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
    expect(readdirSync(folder)).toHaveLength(ALL_TABLES.length + 1);
  });
});

describe('an import', () => {
  it('goes into another app when one is named, beside what is there', async () => {
    await fillWeek(store);
    await expire();
    const { folder } = await write(store);
    await read(store, folder, { app: 'copy' });
    const renamed = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll('"app":"copy"', '"app":"demo"')) as unknown;
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    expect(renamed(await wholeSessions(store, 'copy'))).toEqual(plain(await wholeSessions(store)));
    expect(renamed(await storedRollups(store, 'copy'))).toEqual(await storedRollups(store));
  });

  it('into the store that it came from changes nothing', async () => {
    await fillWeek(store);
    await expire();
    const { folder } = await write(store);
    const before = [await wholeSessions(store), await storedRollups(store)];
    expect(await read(store, folder)).toMatchObject({ sessions: 0, alreadyThere: 5, rollupDays: 0, skippedDays: 3, rollupRows: 0 });
    expect([await wholeSessions(store), await storedRollups(store)]).toEqual(before);
  });

  it('puts sessions back several at once, but never two of one visitor', async () => {
    await fillWeek(store);
    const { folder } = await write(store);
    const underWay: string[] = [];
    const seen: string[][] = [];
    const watched: Store = {
      ...target,
      restoreSession: async (stored, changes) => {
        underWay.push(stored.record.visitor);
        seen.push([...underWay]);
        const restored = await target.restoreSession(stored, changes);
        underWay.splice(underWay.indexOf(stored.record.visitor), 1);
        return restored;
      },
    };
    expect(await read(watched, folder)).toMatchObject({ sessions: 5 });
    expect(Math.max(...seen.map((visitors) => visitors.length))).toBeGreaterThan(1);
    for (const visitors of seen) expect(visitors).toEqual([...new Set(visitors)]);
  });

  it('that is cut off between sessions goes on where it was', async () => {
    await fillWeek(store);
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
    await fillWeek(store);
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
    await fillWeek(store);
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

  it('puts no session back that expired here while its sums stayed: nothing is counted twice', async () => {
    await fillWeek(store);
    const { folder } = await write(store);
    await expire();
    while (!(await store.expireSome({ app: 'demo', kind: 'sessions', beforeDay: '2026-01-03' })).done);
    const before = [await wholeSessions(store), await storedRollups(store)];
    expect(before[0]).toHaveLength(4);
    // Twice: the second import finds what the first one had noted.
    for (const _ of [1, 2]) expect(await read(store, folder)).toMatchObject({ sessions: 0, alreadyThere: 4, expired: 1, skippedDays: 0 });
    expect([await wholeSessions(store), await storedRollups(store)]).toEqual(before);
  });

  it('takes no sums of days that have expired where they would go', async () => {
    await fillWeek(store);
    await expire();
    const { folder } = await write(store);
    const value = { fromDay: '2026-01-03', rollupsFromDay: '2026-01-02' };
    await target.writeDocument({ kind: COVERAGE, id: coverageId('demo'), ifRevision: 0, value });
    expect(await read(target, folder)).toMatchObject({ rollupDays: 2, skippedDays: 1 });
    expect((await target.readDocument(COVERAGE, coverageId('demo')))?.value).toEqual({ ...value, fromDay: FIFTH_DAY });
  });

  it('knows the sums of an older version, which no rebuild can do', async () => {
    await fillWeek(store);
    await store.writeDocument({ kind: COVERAGE, id: EVERY_APP, ifRevision: 0, value: { fromDay: FIFTH_DAY } });
    const { folder, manifest } = await write(store);
    expect(manifest).toMatchObject({ fromDay: FIFTH_DAY, days: ['2026-01-01', '2026-01-02', '2026-01-04', '2026-01-05'] });
    expect(await read(target, folder)).toMatchObject({ rollupDays: 3 });
    expect(await storedRollups(target)).toEqual(await storedRollups(store));
  });

  it('refuses what is of a session that is not where it should be; whole sessions before it stay', async () => {
    await fillWeek(store);
    const { folder } = await write(store, { format: 'jsonl', from: FIFTH_DAY });
    const path = join(folder, 'endings.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"session":"e"', '"session":"x"'));
    const message = `${path}, row 1: it is of session x, which is not where it should be.`;
    await expect(read(target, folder)).rejects.toMatchObject({ code: 'exchange-invalid', message });
    expect((await wholeSessions(target)).map((session) => session?.record.session)).toEqual(['d', 'e']);
  });

  it('refuses an app that there is not', async () => {
    await fillWeek(store);
    const { folder } = await write(store);
    await expect(read(target, folder, { accepts: () => false })).rejects.toMatchObject({ code: 'app-unknown' });
    expect(await wholeSessions(target)).toEqual([]);
  });
});

describe('an export', () => {
  beforeEach(() => fillWeek(store));

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
