import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { COVERAGE, coverageId } from '../store/coverage.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { killedAfter } from './fixtures/killed-after.ts';
import { browse } from './fixtures/traffic.ts';
import { rebuildRollups } from './rebuild.ts';
import { applyRetention, type Kept, type RetentionOptions } from './retention.ts';

const DAY_MS = 86_400_000;
/** Noon of 10 January. */
const NOW = Date.UTC(2026, 0, 10, 12);
const DAYS = Array.from({ length: 10 }, (_, i) => `2026-01-${String(i + 1).padStart(2, '0')}`);
const KEPT: Kept = { chunks: 3, sessions: 5, rollups: 7 };
const FOREVER: Kept = { chunks: null, sessions: null, rollups: null };

const root = mkdtempSync(join(tmpdir(), 'datalab-retention-'));
afterAll(() => rmSync(root, { recursive: true }));

const open = () => openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });

let store: Store;
beforeEach(async () => {
  store = await open();
  await fill(store);
});
afterEach(() => store.close());

/** Two apps, a session an hour before and one an hour after each midnight of ten days, the latest still open. */
async function fill(into: Store): Promise<void> {
  const walks = ['demo', 'other'].flatMap((app) => DAYS.flatMap((day) => [1, 23].map((hour) => ({ app, day, hour }))));
  const stored = walks.map(({ app, day, hour }) => {
    const session = `${app}-${day}-${hour}`;
    const urls = ['https://shop.example/a', `https://shop.example/${day}`];
    const atMs = Date.parse(day) + hour * 3_600_000;
    return browse(into, { app, session, visit: `v-${session}`, visitor: `p-${hour}`, atMs, urls, ends: day !== '2026-01-10' });
  });
  await Promise.all(stored);
  await into.fold();
}

const retain = (of: Parameters<typeof applyRetention>[0], more: Partial<RetentionOptions> = {}) =>
  applyRetention(of, { app: 'demo', kept: KEPT, nowMs: NOW, progress: () => undefined, ...more });

/** Differences between what is kept and what is computed again, over all days. */
async function differing(of: Store): Promise<number> {
  let sum = 0;
  for (const day of DAYS) sum += (await of.compareDay(day)).differing;
  return sum;
}

/** Days that an app still has rollups, sessions and chunks of. */
async function daysOf(app: string) {
  const rollups = (await store.readRollup('page', { app })).map(({ day }) => day);
  const sessions = await store.walkSessions({ app, limit: 1_000 });
  const chunks = await Promise.all(sessions.map(({ session }) => store.readChunks(app, session)));
  const dayOf = (session: string) => session.slice(-13).match(/2026-01-\d\d/)?.[0] ?? '';
  const firstDay = (days: readonly string[]) => [...days].sort()[0];
  return {
    rollups: firstDay(rollups),
    sessions: firstDay(sessions.map(({ session }) => dayOf(session))),
    chunks: firstDay(sessions.filter((_, i) => (chunks[i] ?? []).length > 0).map(({ session }) => dayOf(session))),
  };
}

test('each kind is deleted before its own day, and nothing of what is younger, or of another app', async () => {
  const outcome = await retain(store);
  expect(outcome).toMatchObject({ removed: { chunks: expect.any(Number), sessions: expect.any(Number), rollups: expect.any(Number) } });
  expect(Object.values(outcome.removed).every((count) => count > 0)).toBe(true);
  expect(outcome.scrubbed).toBe(true);
  expect(await daysOf('demo')).toEqual({ chunks: '2026-01-07', sessions: '2026-01-05', rollups: '2026-01-03' });
  expect(await daysOf('other')).toEqual({ chunks: DAYS[0], sessions: DAYS[0], rollups: DAYS[0] });
  expect((await store.listVisits({ app: 'demo' })).rows.every(({ startedMs }) => startedMs >= Date.parse('2026-01-05'))).toBe(true);
  expect(await differing(store)).toBe(0);
});

test('a second run of the day finds nothing', async () => {
  await retain(store);
  expect(await retain(store)).toEqual({ removed: { chunks: 0, sessions: 0, rollups: 0 }, scrubbed: null });
});

test('what is kept forever is left alone, and nothing is noted', async () => {
  expect(await retain(store, { kept: FOREVER })).toEqual({ removed: { chunks: 0, sessions: 0, rollups: 0 }, scrubbed: null });
  expect(await store.readDocument(COVERAGE, coverageId('demo'))).toBeNull();
  expect(await daysOf('demo')).toEqual({ chunks: DAYS[0], sessions: DAYS[0], rollups: DAYS[0] });
});

test('a rebuild brings nothing back that expired, and takes nothing away that is kept longer than its events', async () => {
  await retain(store);
  const before = await store.readRollup('page', { app: 'demo' });
  expect(await rebuildRollups(store, { verifyOnly: false, run: 'a', progress: () => undefined })).toMatchObject({ differing: 0 });
  expect(await store.readRollup('page', { app: 'demo' })).toEqual(before);
});

test('a session that has not ended stays, however old it is', async () => {
  await retain(store, { nowMs: NOW + 20 * DAY_MS });
  const open = await store.walkSessions({ app: 'demo', limit: 10 });
  expect(open.map(({ session }) => session)).toEqual(['demo-2026-01-10-1', 'demo-2026-01-10-23']);
  expect(await differing(store)).toBe(0);
});

test('killed before any of its steps, no day differs from what is computed again, and the next run finishes the work', async () => {
  await retain(store);
  const whole = await daysOf('demo');
  const rollups = await store.readRollup('page', { app: 'demo' });
  let killed = 0;
  for (let finished = false; !finished; ) {
    await store.close();
    store = await open();
    await fill(store);
    finished = await retain(killedAfter(store, killed)).then(
      () => true,
      () => false,
    );
    expect(await differing(store), `after ${killed} calls`).toBe(0);
    killed++;
    await retain(store);
    expect(await daysOf('demo')).toEqual(whole);
    expect(await store.readRollup('page', { app: 'demo' })).toEqual(rollups);
  }
  // Coverage is read and written, each kind has a step at least, then the scrub.
  expect(killed).toBeGreaterThan(6);
}, 60_000);

test('deleted before coverage is raised, days would differ: the test above can fail', async () => {
  await store.expireSome({ app: 'demo', kind: 'chunks', beforeDay: '2026-01-07' });
  expect(await differing(store)).toBeGreaterThan(0);
});

test('coverage is only ever raised', async () => {
  await retain(store);
  const document = await store.readDocument(COVERAGE, coverageId('demo'));
  expect(document).toEqual({ revision: 1, value: { fromDay: '2026-01-07', rollupsFromDay: '2026-01-03' } });
  await retain(store, { kept: { ...FOREVER, rollups: 8 } });
  expect(await store.readDocument(COVERAGE, coverageId('demo'))).toEqual(document);
  await retain(store, { kept: { ...FOREVER, chunks: 2, sessions: 9 } });
  expect(await store.readDocument(COVERAGE, coverageId('demo'))).toMatchObject({
    value: { fromDay: '2026-01-08', rollupsFromDay: '2026-01-03' },
  });
});

test('coverage that somebody else raises at the same moment is not lowered', async () => {
  let raced = false;
  const racing: Store = {
    ...store,
    readDocument: async (kind, id) => {
      const document = await store.readDocument(kind, id);
      if (!raced) await store.writeDocument({ kind, id, ifRevision: 0, value: { fromDay: '2026-01-09' } });
      raced = true;
      return document;
    },
  };
  await retain(racing);
  expect(await store.readDocument(COVERAGE, coverageId('demo'))).toEqual({
    revision: 2,
    value: { fromDay: '2026-01-09', rollupsFromDay: '2026-01-03' },
  });
});

test('a run that is told to end does so after the step under way', async () => {
  const stopping = new AbortController();
  let steps = 0;
  const run = retain(store, {
    signal: stopping.signal,
    progress: () => {
      steps++;
      stopping.abort();
    },
  });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  expect(steps).toBe(1);
  expect(await differing(store)).toBe(0);
});

test('commits between the steps are stored and counted', async () => {
  let commits = 0;
  const writing: Store = {
    ...store,
    expireSome: async (expiry) => {
      const session = `late-${++commits}`;
      await browse(store, { session, visit: `v-${session}`, visitor: session, atMs: NOW - 3_600_000, urls: ['https://shop.example/late'] });
      return store.expireSome(expiry);
    },
  };
  await retain(writing);
  await store.fold();
  const late = await store.readRollup('page', { app: 'demo', where: { url: 'https://shop.example/late' } });
  expect(late.reduce((sum, { events }) => sum + events, 0)).toBe(5 * commits);
  expect(await differing(store)).toBe(0);
});
