import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { ROLLUPS, type RollupName } from '../rollup/rollups.ts';
import { COVERAGE, coverageId } from '../store/coverage.ts';
import { sessionRecord } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type EraseOptions, eraseVisitor } from './erase-visitor.ts';
import { killedAfter } from './fixtures/killed-after.ts';
import { browse, sendFrame } from './fixtures/traffic.ts';
import { applyRetention } from './retention.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const DAY_MS = 86_400_000;
const SHARED = 'https://shop.example/shared-page';

/** Long and odd enough that no other byte in the file spells them by chance. */
const GONE = 'visitor-who-asked-7fa1';
const NEIGHBOUR = 'visitor-who-stays-2b90';
const OWN_URLS = ['https://shop.example/only-for-7fa1/a', 'https://shop.example/only-for-7fa1/b'];
/** Everything that stands for this visitor and for nobody else. */
const TRACES = [
  GONE,
  ...OWN_URLS,
  'only-for-7fa1',
  'session-one-7fa1',
  'session-two-7fa1',
  'visit-one-7fa1',
  'visit-two-7fa1',
  'host-of-7fa1.example',
];

const root = mkdtempSync(join(tmpdir(), 'datalab-erase-'));
afterAll(() => rmSync(root, { recursive: true }));

let dataDir: string;
let store: Store;
beforeEach(async () => {
  dataDir = mkdtempSync(join(root, 'data-'));
  store = await openSqliteStore({ dataDir });
});
afterEach(() => store.close());

/** Two sessions on two days, on pages of their own and on shared ones. */
async function browseGone(into: Store): Promise<void> {
  const walk = { visitor: GONE, referrer: 'https://host-of-7fa1.example/' };
  await browse(into, { ...walk, session: 'session-one-7fa1', visit: 'visit-one-7fa1', atMs: AT, urls: [SHARED, ...OWN_URLS] });
  await browse(into, { ...walk, session: 'session-two-7fa1', visit: 'visit-two-7fa1', atMs: AT + DAY_MS, urls: [SHARED, SHARED] });
}

async function browseNeighbours(into: Store): Promise<void> {
  const urls = [SHARED, 'https://shop.example/other'];
  await browse(into, { visitor: NEIGHBOUR, session: 'session-2b90', visit: 'visit-2b90', atMs: AT + 60_000, urls });
  // The same id in another app is somebody else.
  await browse(into, { app: 'other', visitor: NEIGHBOUR, session: 'session-2b90', visit: 'visit-2b90', atMs: AT, urls });
}

const erase = (of: Store, more: Partial<EraseOptions> = {}) =>
  eraseVisitor(of, {
    app: 'demo',
    visitor: GONE,
    id: 'report-1',
    requestedBy: 'Ada',
    version: '0.1.0',
    now: () => AT,
    progress: () => undefined,
    ...more,
  });

/** Which of these stand anywhere in the store's files, as bytes. */
function foundOnDisk(traces: readonly string[], folder = dataDir): string[] {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  return traces.filter((trace) => files.some((bytes) => bytes.includes(trace)));
}

async function allRollups(of: Store, app = 'demo') {
  const names = Object.keys(ROLLUPS) as RollupName[];
  const rows = await Promise.all(names.map((name) => of.readRollup(name, { app })));
  return names.map((name, i) => [name, (rows[i] ?? []).map((row) => JSON.stringify(row)).sort()]);
}

async function differing(of: Store): Promise<number> {
  let sum = 0;
  for (const day of await of.rollupDays()) sum += (await of.compareDay(day)).differing;
  return sum;
}

/** The rollups of a store that this visitor never came to. */
async function withoutGone() {
  const other = await openSqliteStore({ dataDir: mkdtempSync(join(root, 'without-')) });
  await browseNeighbours(other);
  await other.fold();
  const rollups = await allRollups(other);
  await other.close();
  return rollups;
}

test('nothing of the visitor is left: not in any answer, not as bytes in any of the files', async () => {
  await browseGone(store);
  await browseNeighbours(store);
  await store.fold();
  expect(foundOnDisk(TRACES)).toEqual(TRACES);
  const report = await erase(store);
  expect(report.remaining).toEqual({ visits: 0, sessions: 0 });
  expect(report.scrubbed).toBe(true);
  expect(foundOnDisk(TRACES)).toEqual([]);
  await store.close();
  expect(foundOnDisk(TRACES)).toEqual([]);
  store = await openSqliteStore({ dataDir });
  expect(await store.findSession('demo', 'session-one-7fa1')).toBeNull();
  expect(await store.readChunks('demo', 'session-one-7fa1')).toEqual([]);
  expect(await store.latestVisit('demo', GONE)).toBeNull();
});

test('what was not added up yet is erased as well', async () => {
  await browseGone(store);
  await erase(store);
  expect(foundOnDisk(TRACES)).toEqual([]);
  expect(await allRollups(store)).toEqual(Object.keys(ROLLUPS).map((name) => [name, []]));
});

test('everybody else stays as if the visitor had never come', async () => {
  await browseNeighbours(store);
  const sessions = await store.walkSessions({ app: 'demo', limit: 10 });
  const stored = await store.readSession('demo', 'session-2b90');
  const other = await allRollups(store, 'other');
  await browseGone(store);
  await erase(store);
  expect(await allRollups(store)).toEqual(await withoutGone());
  expect(await allRollups(store, 'other')).toEqual(other);
  expect(await store.walkSessions({ app: 'demo', limit: 10 })).toEqual(sessions);
  expect(await store.readSession('demo', 'session-2b90')).toEqual(stored);
  expect(await differing(store)).toBe(0);
});

test('the report says who, when and what, and counts it', async () => {
  await browseGone(store);
  let nowMs = AT;
  const seen: (readonly [number, number])[] = [];
  const report = await erase(store, { reason: 'asked by letter', now: () => nowMs++, progress: (events, of) => seen.push([events, of]) });
  expect(report).toMatchObject({
    version: 1,
    id: 'report-1',
    app: 'demo',
    visitor: GONE,
    requestedBy: 'Ada',
    reason: 'asked by letter',
    startedMs: AT,
    finishedMs: AT + 1,
    datalab: '0.1.0',
    erased: { visits: 2, sessions: 2, chunks: 5, events: 25, endings: 2, setAside: 0 },
    rollups: { counts: 'taken away', fromDay: null, uncounted: 0 },
    remaining: { visits: 0, sessions: 0 },
    scrubbed: true,
  });
  expect(report.stays.length).toBeGreaterThan(0);
  expect(seen.at(-1)).toEqual([25, 25]);
});

test('the store keeps a note of the report that does not name the visitor, even where people did', async () => {
  await browseGone(store);
  const { visitor, ...report } = await erase(store, { requestedBy: `${GONE}’s lawyer`, reason: `letter of ${GONE}` });
  expect(visitor).toBe(GONE);
  const visitorSha256 = createHash('sha256').update(`demo\n${GONE}`).digest('hex');
  expect(await store.readDocument('erasure', 'report-1')).toEqual({
    revision: 1,
    value: { ...report, requestedBy: `${visitorSha256}’s lawyer`, reason: `letter of ${visitorSha256}`, visitorSha256 },
  });
  expect(foundOnDisk(TRACES)).toEqual([]);
  expect(foundOnDisk([visitorSha256])).toEqual([visitorSha256]);
});

test('a visitor of whom nothing is there gives a report of zeros', async () => {
  await browseNeighbours(store);
  const before = await allRollups(store);
  expect(await erase(store)).toMatchObject({
    erased: { visits: 0, sessions: 0, chunks: 0, events: 0, endings: 0, setAside: 0 },
    rollups: { uncounted: 0 },
    remaining: { visits: 0, sessions: 0 },
  });
  expect(await allRollups(store)).toEqual(before);
});

test('a tab that writes while its visitor is erased leaves nothing behind', async () => {
  await browseGone(store);
  await browseNeighbours(store);
  const record = await store.openSession(sessionRecord({ session: 'session-live-7fa1', visit: 'visit-live-7fa1', visitor: GONE }));
  let firstSeq = 1;
  let returned = false;
  const refused: string[] = [];
  const writing: Store = {
    ...store,
    eraseSome: async (app, visitor) => {
      const step = await store.eraseSome(app, visitor);
      const page = { url: SHARED, next: SHARED, atMs: AT + 60_000 + firstSeq, firstSeq };
      const sent = await sendFrame(store, record, page);
      if (sent.committed) firstSeq += 5;
      else refused.push(...sent.refused.map(({ reason }) => reason));
      // Refused, the tab says hello once more: after the first whole pass it is there again.
      if (step.done && !returned) {
        returned = true;
        await browse(store, { visitor: GONE, session: 'session-back-7fa1', visit: 'visit-back-7fa1', atMs: AT + 120_000, urls: OWN_URLS });
      }
      return step;
    },
  };
  const report = await erase(writing);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused)).toEqual(new Set(['session-unknown']));
  expect(report).toMatchObject({ erased: { sessions: 4 }, remaining: { visits: 0, sessions: 0 } });
  expect(foundOnDisk([...TRACES, 'session-live-7fa1', 'session-back-7fa1'])).toEqual([]);
  expect(await allRollups(store)).toEqual(await withoutGone());
  expect(await differing(store)).toBe(0);
});

test('a visitor who comes back faster than it can be erased is said to be there, and is not chased for ever', async () => {
  let visits = 0;
  const returning: Store = {
    ...store,
    eraseSome: async (app, visitor) => {
      const step = await store.eraseSome(app, visitor);
      const back = `back-${++visits}`;
      await browse(store, { visitor: GONE, session: back, visit: back, atMs: AT + visits * 60_000, urls: [SHARED] });
      return { ...step, done: true };
    },
  };
  const report = await erase(returning);
  expect(report.remaining).toEqual({ visits: 1, sessions: 1 });
  expect(report.erased.sessions).toBe(visits - 1);
  expect((await erase(store)).remaining).toEqual({ visits: 0, sessions: 0 });
});

test('cut off after any of its steps and run again, it leaves nothing and counts nothing twice', async () => {
  const without = await withoutGone();
  let cut = 0;
  for (let finished = false; !finished; cut++) {
    await store.close();
    dataDir = mkdtempSync(join(root, 'data-'));
    store = await openSqliteStore({ dataDir });
    await browseNeighbours(store);
    await browseGone(store);
    finished = await erase(killedAfter(store, cut)).then(
      () => true,
      () => false,
    );
    expect(await differing(store), `after ${cut} calls`).toBe(0);
    expect((await erase(store, { id: 'report-2' })).remaining).toEqual({ visits: 0, sessions: 0 });
    expect(await allRollups(store)).toEqual(without);
    expect(foundOnDisk(TRACES)).toEqual([]);
  }
  expect(cut).toBeGreaterThan(4);
}, 60_000);

test('what events had counted that expired before stays in the rollups, and the report says before which day', async () => {
  await browseGone(store);
  const secondDay = '2026-01-06';
  await applyRetention(store, {
    app: 'demo',
    kept: { chunks: 2, sessions: 2, rollups: null },
    nowMs: Date.parse('2026-01-08'),
    progress: () => undefined,
  });
  const report = await erase(store);
  expect(report).toMatchObject({ erased: { visits: 1, sessions: 1, events: 10 }, rollups: { fromDay: secondDay, uncounted: 0 } });
  const pages = await store.readRollup('page', { app: 'demo' });
  expect(pages.length).toBeGreaterThan(0);
  expect(pages.filter(({ day }) => day >= secondDay)).toEqual([]);
});

test('rollups that expired are not taken away a second time: what they counted is said to be uncounted', async () => {
  await browseGone(store);
  await store.fold();
  const secondDay = '2026-01-06';
  const value = { fromDay: secondDay, rollupsFromDay: secondDay };
  await store.writeDocument({ kind: COVERAGE, id: coverageId('demo'), ifRevision: 0, value });
  while (!(await store.expireSome({ app: 'demo', kind: 'rollups', beforeDay: secondDay })).done);
  const report = await erase(store);
  // Three frames and a visit on the first day.
  expect(report.rollups.uncounted).toBe(4);
  expect(report.remaining).toEqual({ visits: 0, sessions: 0 });
  expect(await allRollups(store)).toEqual(Object.keys(ROLLUPS).map((name) => [name, []]));
});
