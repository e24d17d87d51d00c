import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Reader } from '../protocol/codec/reader.ts';
import { HEAT_COLUMNS, HEAT_ROW_PX, type RollupChange } from '../rollup/rollups.ts';
import { AT, batchOf, DAY, heatOf, sessionRecord, URL_A } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { sessionChunks } from './chunks.ts';
import { heatmap } from './heatmap.ts';
import { listPages } from './pages.ts';
import { listSessions, sessionRow } from './sessions.ts';

const NEXT_DAY = '2026-01-06';
const NEXT_DAY_MS = AT + 86_400_000;
const URL_B = 'https://shop.example/b';

const dataDir = mkdtempSync(join(tmpdir(), 'datalab-query-'));
let store: Store;
beforeAll(async () => {
  store = await openSqliteStore({ dataDir });
  await store.openSession(sessionRecord());
  const page = (url: string, day: string, widthClass: string, views: number): RollupChange => ({
    rollup: 'page',
    key: { app: 'demo', day, url, widthClass },
    add: { views, clicks: 1, timeMs: 10 },
  });
  const target = (name: string, day: string, clicks: number, dwellMs: number): RollupChange => ({
    rollup: 'target',
    key: { app: 'demo', day, url: URL_A, target: name, text: '' },
    add: { clicks, hovers: 1, dwellMs },
  });
  const layout = {
    app: 'demo',
    url: URL_A,
    widthClass: 'laptop',
    atMs: AT,
    pageWidth: 1280,
    pageHeight: 4000,
    viewportHeight: 800,
    boxes: [],
  } as const;
  const rollups = [
    page(URL_A, DAY, 'laptop', 1),
    page(URL_A, NEXT_DAY, 'mobile', 1),
    page(URL_B, DAY, 'desktop', 5),
    target('#a', DAY, 1, 0),
    target('#a', NEXT_DAY, 1, 5),
    target('#b', DAY, 1, 9),
  ];
  await store.commit({ ...batchOf({ firstSeq: 1, count: 200, rollups }), layouts: [layout] });
  await store.commit(batchOf({ firstSeq: 205, count: 1, baseSeq: 205, rollups: [], heat: heatOf('demo', 1, NEXT_DAY) }));
});
afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true });
});

test('a session list has rows of the API’s shape: no ledger, no tab, lost numbers counted', async () => {
  const { rows, total } = await listSessions(store, { app: 'demo' });
  expect(total).toBe(1);
  expect(rows[0]).toMatchObject({ session: 's1', events: 201, lostEvents: 4 });
  expect(Object.keys(rows[0] ?? {}).filter((key) => ['ledger', 'tab', 'urlSinceMs', 'widthClass', 'state'].includes(key))).toEqual([]);
  expect(await sessionRow(store, 'demo', 's1')).toEqual(rows[0]);
  expect(await sessionRow(store, 'other', 's1')).toBeNull();
});

test('chunks are lengths and bytes, by first number', async () => {
  const reader = new Reader(await sessionChunks(store, 'demo', 's1'));
  expect([reader.blob(10), reader.blob(10), reader.done]).toEqual([Uint8Array.of(1, 200), Uint8Array.of(205, 1), true]);
  expect(await sessionChunks(store, 'other', 's1')).toEqual(new Uint8Array());
});

test('pages are summed over days and width classes, most viewed first', async () => {
  expect(await listPages(store, { app: 'demo' })).toEqual({
    pages: [
      { url: URL_B, views: 5, clicks: 1, timeMs: 10, widthClasses: ['desktop'] },
      { url: URL_A, views: 2, clicks: 2, timeMs: 20, widthClasses: ['mobile', 'laptop'] },
    ],
  });
  expect(await listPages(store, { app: 'demo', fromMs: NEXT_DAY_MS, toMs: NEXT_DAY_MS })).toMatchObject({
    pages: [{ url: URL_A, views: 1 }],
  });
  expect(await listPages(store, { app: 'other' })).toEqual({ pages: [] });
});

test('heat is summed over days, with targets most clicked first and the page’s layout', async () => {
  const query = { app: 'demo', url: URL_A, layer: 'move', widthClass: 'laptop' } as const;
  expect(await heatmap(store, query)).toEqual({
    columns: HEAT_COLUMNS,
    rowPx: HEAT_ROW_PX,
    cells: [
      { row: 0, column: 3, weight: 201 },
      { row: 1, column: 0, weight: 20 },
    ],
    targets: [
      { target: '#a', text: '', clicks: 2, hovers: 2, dwellMs: 5 },
      { target: '#b', text: '', clicks: 1, hovers: 1, dwellMs: 9 },
    ],
    total: 221,
    page: { pageWidth: 1280, pageHeight: 4000, viewportHeight: 800, boxes: [] },
  });
  expect((await heatmap(store, { ...query, toMs: AT })).total).toBe(210);
  const mobile = await heatmap(store, { ...query, widthClass: 'mobile' });
  expect(mobile).toMatchObject({ cells: [], total: 0 });
  expect(mobile).not.toHaveProperty('page');
});
