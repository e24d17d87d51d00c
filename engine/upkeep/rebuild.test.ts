import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { packChanges } from '../rollup/packed-changes.ts';
import { AT, DAY, frameBatch, heatOf, sessionRecord, URL_A } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { DayComparison, Store } from '../store/store.ts';
import { rebuildRollups } from './rebuild.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-rebuild-'));
afterAll(() => rmSync(root, { recursive: true }));

let store: Store;
beforeEach(async () => {
  store = await openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
  const record = await store.openSession(sessionRecord({ widthClass: 'laptop' }));
  await store.commit(frameBatch(record, 1));
  await store.commit(frameBatch(record, 4));
  await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 5_000, reason: 'goodbye' });
});
afterEach(() => store.close());

/** Adds to the kept rollups what never happened, on two days. */
async function spoil(): Promise<void> {
  const rollups = ['2026-01-03', DAY].map((day) => ({
    rollup: 'page' as const,
    key: { app: 'demo', day, url: URL_A, widthClass: 'laptop' },
    add: { views: 2, clicks: -1 },
  }));
  const mark = { kind: 'test', id: String(performance.now()), ifRevision: 0, value: null };
  await store.applyChanges(packChanges({ rollups, heat: heatOf('demo', 7) }), mark);
  await store.fold();
}

/** Added up first: in which order sums come that are not is no promise. */
async function kept() {
  await store.fold();
  return {
    page: await store.readRollup('page', { app: 'demo' }),
    dimension: await store.readRollup('dimension', { app: 'demo' }),
    heat: await store.readRollup('heat', { app: 'demo' }),
  };
}
const quiet = (run: string) => ({ verifyOnly: false, run, progress: () => undefined });

test('a rebuild makes every rollup what its chunks, visits and ends say, and finds nothing the second time', async () => {
  const before = await kept();
  await spoil();
  expect(await kept()).not.toEqual(before);
  const outcome = await rebuildRollups(store, quiet('a'));
  expect(outcome).toMatchObject({ chunks: 2, events: 6, resumedAfter: null });
  expect(outcome.differing).toBeGreaterThan(0);
  expect(await kept()).toEqual(before);
  expect(await rebuildRollups(store, quiet('b'))).toMatchObject({ differing: 0 });
});

test('verifying changes nothing and counts the differences', async () => {
  expect(await rebuildRollups(store, { ...quiet('a'), verifyOnly: true })).toMatchObject({ differing: 0, chunks: 2 });
  await spoil();
  const before = await kept();
  const outcome = await rebuildRollups(store, { ...quiet('b'), verifyOnly: true });
  expect(outcome.differing).toBe(4);
  expect(await kept()).toEqual(before);
  expect(await store.readDocument('rebuild', 'rollups')).toBeNull();
});

test('a rebuild that was cut off goes on after its last day', async () => {
  await spoil();
  const seen: string[] = [];
  const cutOff = ({ day }: DayComparison) => {
    seen.push(day);
    if (day === '2026-01-04') throw new Error('cut off');
  };
  await expect(rebuildRollups(store, { ...quiet('a'), progress: cutOff })).rejects.toThrow('cut off');
  const outcome = await rebuildRollups(store, { ...quiet('b'), progress: ({ day }) => seen.push(day) });
  expect(outcome.resumedAfter).toBe('2026-01-04');
  expect(seen).toEqual([...new Set(seen)]);
  expect(await rebuildRollups(store, { ...quiet('c'), verifyOnly: true })).toMatchObject({ differing: 0 });
});

test('of two rebuilds at once the later one wins, and nothing is corrected twice', async () => {
  await spoil();
  let other: Promise<unknown> | undefined;
  const first = rebuildRollups(
    {
      ...store,
      // The other begins between this one's reading and its writing.
      compareDay: async (day) => {
        const comparison = await store.compareDay(day);
        other ??= rebuildRollups(store, quiet('b'));
        await other;
        return comparison;
      },
    },
    quiet('a'),
  );
  await expect(first).rejects.toMatchObject({ code: 'rebuild-taken-over' });
  expect(await rebuildRollups(store, { ...quiet('c'), verifyOnly: true })).toMatchObject({ differing: 0 });
});

test('commits during a rebuild are neither lost nor added twice', async () => {
  await spoil();
  const record = await store.findSession('demo', 's1');
  if (!record) throw new Error('the session is there');
  let firstSeq = 7;
  await rebuildRollups(
    {
      ...store,
      compareDay: async (day) => {
        const comparison = await store.compareDay(day);
        await store.commit(frameBatch(record, firstSeq));
        firstSeq += 3;
        return comparison;
      },
    },
    quiet('a'),
  );
  expect(firstSeq).toBeGreaterThan(7);
  expect(await rebuildRollups(store, { ...quiet('b'), verifyOnly: true })).toMatchObject({ differing: 0 });
});
