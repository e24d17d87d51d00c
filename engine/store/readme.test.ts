/** README.md beside it: its queries run on a file that the store wrote, and it names every table and every column. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchItem } from '../pool/batch.ts';
import { prepareBatch } from '../pool/prepare-batch.ts';
import { encodeFrame } from '../protocol/codec/frame.ts';
import type { Event } from '../protocol/events.ts';
import { newVisitChanges } from '../rollup/dimensions.ts';
import { AT, DAY, sessionRecord, URL_A } from './fixtures/records.ts';
import { DATABASE_FILE } from './sqlite/open-database.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const queries = [...readme.matchAll(/### (\w+)\n(?:(?!###)[\s\S])*?```sql\n([\s\S]*?)```/g)].map(([, table = '', sql = '']) => ({
  table,
  sql,
}));

const dataDir = mkdtempSync(join(tmpdir(), 'datalab-readme-'));
let db: DatabaseSync;

const EVENTS: readonly Event[] = [
  { kind: 'start', atMs: AT, title: 'A', referrer: '' },
  { kind: 'layout', atMs: AT, boxes: [{ tag: 'button', x: 600, y: 32, w: 80, h: 20, text: 'Buy' }] },
  { kind: 'move', atMs: AT + 100, x: 640, y: 40, restMs: 1_500 },
  {
    kind: 'click',
    atMs: AT + 200,
    x: 640,
    y: 40,
    target: '#buy',
    tag: 'button',
    text: 'Buy',
    href: '',
    elementX: 1,
    elementY: 1,
    button: 0,
    hesitationMs: 9,
    fixed: 0,
  },
  { kind: 'hover', atMs: AT + 300, x: 640, y: 40, target: '#buy', tag: 'button', text: 'Buy', dwellMs: 2_500 },
  { kind: 'urlchange', atMs: AT + 3_000, from: URL_A, to: 'https://shop.example/b', elapsedMs: 3_000, cause: 'push' },
];

beforeAll(async () => {
  const store = await openSqliteStore({ dataDir });
  const record = sessionRecord();
  await store.openSession(record, newVisitChanges(record, DAY, true));
  const page = { url: URL_A, viewportWidth: 1280, viewportHeight: 720, pageWidth: 1280, pageHeight: 2_000 };
  const frame = encodeFrame({ firstSeq: 1, baseSeq: 1, goodbye: false, startMs: AT, page, events: EVENTS });
  const item = { session: 0, form: 'binary', baseSeq: 1, receivedMs: AT } as const;
  const items: BatchItem[] = [
    { ...item, firstSeq: 1, count: EVENTS.length, offset: 0, length: frame.length },
    // Its bytes are no frame: it is set aside.
    { ...item, firstSeq: EVENTS.length + 1, count: 1, offset: 1, length: 5 },
  ];
  const at = new Int32Array(new SharedArrayBuffer(4));
  const batch = { sessions: [{ ...record, url: URL_A }], items, bytes: new Uint8Array(frame) };
  await store.commit(prepareBatch({ batch, part: [0, 1], verdicts: new Map(), at }).packed);
  await store.close();
  db = new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly: true });
});

afterAll(() => {
  db.close();
  rmSync(dataDir, { recursive: true });
});

const EXPECTED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  session: { session: 's1', started: '2026-01-05 12:00:00', seconds: 3, entryUrl: URL_A, endReason: null },
  visit: { visitor: 'p1', visits: 1, seconds: 3 },
  chunk: { session: 's1', frames: 1, events: EVENTS.length, bytes: expect.any(Number) },
  set_aside: { reason: 'frame-version', frames: 1, latest: '2026-01-05 12:00:00' },
  page: { url: URL_A, views: 1, clicks: 1, secondsPerView: 3 },
  target: { target: '#buy', text: 'Buy', clicks: 1, dwellSeconds: 2.5 },
  dimension: { browser: 'Firefox', visits: 1, views: 2 },
  step: { from: URL_A, to: 'https://shop.example/b', times: 1 },
  heat: { topPx: 32, leftShare: 0.5, seconds: 1.5 },
  layout: { tag: 'button', text: 'Buy', topPx: 32 },
};

describe('README.md', () => {
  test('has a query for every table that is not an inner one', () => {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'heat\\__%' ESCAPE '\\'")
      .all();
    expect(queries.map(({ table }) => table).toSorted()).toEqual(tables.map((row) => String(row['name'])).toSorted());
  });

  test.each(queries)('its query of $table answers what was stored', ({ table, sql }) => {
    expect({ ...db.prepare(sql).all()[0] }).toEqual(EXPECTED[table]);
  });

  test('names every column', () => {
    const columns = db.prepare('SELECT c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c').all();
    expect(columns.map((row) => String(row['name'])).filter((column) => !new RegExp(`\\b${column}\\b`).test(readme))).toEqual([]);
  });
});
