import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { decodeFrame, encodeFrame } from '../protocol/codec/frame.ts';
import type { Event, PageContext } from '../protocol/events.ts';
import { sessionRecord } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import type { Batch, BatchItem } from './batch.ts';
import { createPool, type Pool, type PoolOptions } from './pool.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const URL_A = 'https://shop.example/a';
const PAGE: PageContext = { url: URL_A, viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 4000 };
const FAULTY = new URL('./fixtures/faulty.worker.ts', import.meta.url);

const root = mkdtempSync(join(tmpdir(), 'datalab-pool-'));
afterAll(() => rmSync(root, { recursive: true }));
let store: Store;
let pool: Pool | undefined;
beforeEach(async () => {
  store = await openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
});
afterEach(async () => {
  await pool?.close();
  pool = undefined;
  await store.close();
});

function open(options: Partial<PoolOptions> = {}): Pool {
  pool = createPool({ store, workers: 1, ...options });
  return pool;
}

type Input = Pick<BatchItem, 'form' | 'firstSeq' | 'count' | 'baseSeq'> & { readonly session: string; readonly bytes: Uint8Array };

const move = (atMs = AT): Event => ({ kind: 'move', atMs, x: 640, y: 100, restMs: 0 });

function frame(session: string, firstSeq: number, events: readonly Event[], page = PAGE): Input {
  const bytes = encodeFrame({ firstSeq, baseSeq: 1, goodbye: false, startMs: AT, page, events });
  return { session, form: 'binary', firstSeq, count: events.length, baseSeq: 1, bytes };
}

function text(session: string, firstSeq: number, message: unknown): Input {
  const bytes = new TextEncoder().encode(typeof message === 'string' ? message : JSON.stringify(message));
  return { session, form: 'text', firstSeq, count: 1, baseSeq: 1, bytes };
}

/** Opens the sessions that the inputs name, and lays the inputs into a batch. */
async function batchOf(inputs: readonly Input[]): Promise<Batch> {
  const names = [...new Set(inputs.map(({ session }) => session))];
  const sessions = await Promise.all(
    names.map(async (session) => ({ ...(await store.openSession(sessionRecord({ session }))), url: URL_A })),
  );
  let offset = 0;
  const items = inputs.map(({ session, bytes, ...item }): BatchItem => {
    const at = { ...item, session: names.indexOf(session), offset, length: bytes.length, receivedMs: AT };
    offset += bytes.length;
    return at;
  });
  const bytes = new Uint8Array(offset);
  items.forEach((item, i) => {
    bytes.set(inputs[i]?.bytes ?? new Uint8Array(), item.offset);
  });
  return { sessions, items, bytes };
}

const sum = (rows: readonly { readonly events: number }[]) => rows.reduce((total, { events }) => total + events, 0);

test('[AK3] a batch is stored with chunks, heat, sums and ledgers, and says what it moved', async () => {
  const first = frame('s1', 1, [{ kind: 'start', atMs: AT, title: '', referrer: '' }, move(), move(AT + 70)]);
  const second = frame('s2', 1, [move()]);
  const outcome = await open().submit(await batchOf([first, second]));
  expect(outcome).toEqual({
    items: ['stored', 'stored'],
    progress: [
      { session: 's1', ledger: { highSeq: 3, gaps: [], lost: 0 }, views: 1, clicks: 0, events: 3, url: URL_A, lastSeenMs: AT + 70 },
      { session: 's2', ledger: { highSeq: 1, gaps: [], lost: 0 }, views: 0, clicks: 0, events: 1, lastSeenMs: AT },
    ],
    urls: [URL_A],
  });
  expect(await store.readChunks('demo', 's1')).toEqual([first.bytes]);
  expect(await store.readRollup('heat', { app: 'demo' })).toMatchObject([{ layer: 'move', row: 6, column: 32, weight: 170 }]);
  expect(await store.findSession('demo', 's1')).toMatchObject({ views: 1, events: 3, url: URL_A, urlSinceMs: AT, widthClass: 'laptop' });
});

test('[AK4] frames stored before are left out and acknowledged, the others are stored', async () => {
  const stored = frame('s1', 1, [move()]);
  await open().submit(await batchOf([stored]));
  const outcome = await pool?.submit(await batchOf([stored, frame('s1', 2, [move(), move()]), frame('s2', 1, [move()])]));
  expect(outcome?.items).toEqual(['duplicate', 'stored', 'stored']);
  expect(outcome?.progress).toMatchObject([
    { session: 's1', events: 2, ledger: { highSeq: 3 } },
    { session: 's2', events: 1, ledger: { highSeq: 1 } },
  ]);
  expect(sum(await store.readRollup('page', { app: 'demo' }))).toBe(4);
  expect(pool?.stats()).toMatchObject({ conflicts: 1, storedFrames: 3, duplicateFrames: 1 });
});

test('[AK4] a batch of nothing but resends still says each ledger', async () => {
  const batch = await batchOf([frame('s1', 1, [move()])]);
  await open().submit(batch);
  expect(await pool?.submit(batch)).toEqual({
    items: ['duplicate'],
    progress: [{ session: 's1', ledger: { highSeq: 1, gaps: [], lost: 0 }, views: 0, clicks: 0, events: 0, lastSeenMs: 0 }],
    urls: [],
  });
});

test('[PO1] a frame that came by socket and by beacon into one batch is stored once', async () => {
  const twice = frame('s1', 1, [move()]);
  const outcome = await open().submit(await batchOf([twice, twice]));
  expect(outcome.items).toEqual(['stored', 'duplicate']);
  expect(await store.readChunks('demo', 's1')).toHaveLength(1);
});

test('[AK7] a frame that overlaps is refused, the one it overlaps stays', async () => {
  const outcome = await open().submit(await batchOf([frame('s1', 1, [move(), move()]), frame('s1', 2, [move(), move()])]));
  expect(outcome.items).toEqual(['stored', 'frame-overlap']);
  expect(outcome.progress).toMatchObject([{ ledger: { highSeq: 2 } }]);
});

test('[AK8] what cannot be decoded is set aside with reason and hash, its numbers are done, its neighbours are stored', async () => {
  const broken: Input = { ...frame('s1', 2, [move()]), bytes: Uint8Array.of(1, 0, 2, 1, 1, 99) };
  const foreign: Input = { ...frame('s1', 3, [move()]), bytes: frame('s1', 30, [move()]).bytes };
  const outcome = await open().submit(await batchOf([frame('s1', 1, [move()]), broken, foreign, frame('s1', 4, [move()])]));
  expect(outcome.items).toEqual(['stored', 'frame-malformed', 'frame-malformed', 'stored']);
  expect(outcome.progress).toMatchObject([{ events: 2, ledger: { highSeq: 4, gaps: [] } }]);
  expect(await store.listSetAside('demo', 10)).toMatchObject([
    { session: 's1', firstSeq: 3 },
    { session: 's1', firstSeq: 2, count: 1, reason: 'frame-malformed', sha256: createHash('sha256').update(broken.bytes).digest('hex') },
  ]);
});

test('[TX1] text events are stored in the binary form, on the address they happened on', async () => {
  const inputs = [
    text('s1', 1, { type: 'MOUSECLICK', timestamp: AT, event: { x: 10, y: 20, target: '#buy' } }),
    text('s1', 2, { type: 'URLCHANGE', timestamp: AT + 1, event: { from: URL_A, to: 'https://shop.example/b', elapsed: 900 } }),
    text('s1', 3, { type: 'MOUSECLICK', timestamp: AT + 2, event: { x: 10, y: 20, target: '#pay' } }),
  ];
  const outcome = await open().submit(await batchOf(inputs));
  expect(outcome).toMatchObject({ items: ['stored', 'stored', 'stored'], progress: [{ url: 'https://shop.example/b', clicks: 2 }] });
  const chunks = (await store.readChunks('demo', 's1')).map((chunk) => decodeFrame(chunk));
  expect(chunks).toMatchObject([
    { ok: true, value: { firstSeq: 1, page: { url: URL_A }, events: [{ kind: 'click', x: 10, target: '#buy' }] } },
    { ok: true, value: { firstSeq: 2, events: [{ kind: 'urlchange', elapsedMs: 900 }] } },
    { ok: true, value: { firstSeq: 3, page: { url: 'https://shop.example/b' } } },
  ]);
});

test('[TX2] text that is no event is set aside with its reason', async () => {
  const inputs = [
    text('s1', 1, '{'),
    text('s1', 2, { type: 'xstate.stop' }),
    text('s1', 3, { type: 'MOUSEMOVE', timestamp: AT, event: {} }),
  ];
  const outcome = await open().submit(await batchOf(inputs));
  expect(outcome.items).toEqual(['frame-malformed', 'event-unknown', 'event-malformed']);
});

test('a frame of a session that the store does not know is refused, its neighbours are stored', async () => {
  const batch = await batchOf([frame('s1', 1, [move()]), frame('s2', 1, [move()])]);
  const sessions = batch.sessions.map((facts) => (facts.session === 's1' ? { ...facts, session: 'gone' } : facts));
  const outcome = await open().submit({ ...batch, sessions });
  expect(outcome.items).toEqual(['session-unknown', 'stored']);
  expect(outcome.progress.map(({ session }) => session)).toEqual(['s2']);
});

for (const fault of ['throw', 'exit', 'memory', 'loop', 'end']) {
  test(`[AK8] one frame in 1,000 that breaks its worker (${fault}) is set aside alone, 999 are stored`, { timeout: 60_000 }, async () => {
    const inputs = Array.from({ length: 1_000 }, (_, i) => frame(`s${i % 10}`, Math.floor(i / 10) + 1, [move()]));
    inputs[417] = frame('s7', 42, [move()], { ...PAGE, url: `fault:${fault}` });
    const outcome = await open({ workerFile: FAULTY, workers: 2, taskTimeoutMs: 1_500, workerHeapMb: 48 }).submit(await batchOf(inputs));
    expect(outcome.items.flatMap((item, i) => (item === 'stored' ? [] : [[i, item]]))).toEqual([[417, 'worker-fault']]);
    expect(outcome.progress.map(({ ledger }) => ledger)).toEqual(Array(10).fill({ highSeq: 100, gaps: [], lost: 0 }));
    expect(sum(await store.readRollup('page', { app: 'demo' }))).toBe(999);
    expect(await store.readChunks('demo', 's7')).toHaveLength(99);
    expect(await store.listSetAside('demo', 10)).toMatchObject([{ session: 's7', firstSeq: 42, reason: 'worker-fault' }]);
  });
}

test('a worker that does not start costs no frame: the batch is given back', { timeout: 30_000 }, async () => {
  const batch = await batchOf([frame('s1', 1, [move()])]);
  const missing = new URL('./fixtures/missing.worker.ts', import.meta.url);
  await expect(open({ workerFile: missing, taskTimeoutMs: 1_000 }).submit(batch)).rejects.toMatchObject({ code: 'internal' });
  expect(await store.listSetAside('demo', 10)).toEqual([]);
  await pool?.close();
  expect((await open().submit(batch)).items).toEqual(['stored']);
});

test('a store that is away gives the batch back; nothing of it is stored and it may be given again', async () => {
  const batch = await batchOf([frame('s1', 1, [move()])]);
  let away = true;
  const commit: Store['commit'] = (prepared) => (away ? Promise.reject(new Error('away')) : store.commit(prepared));
  await expect(open({ store: { commit } }).submit(batch)).rejects.toThrow('away');
  away = false;
  expect((await pool?.submit(batch))?.items).toEqual(['stored']);
});

test('batches and bytes over the bound are refused, those before them are taken', async () => {
  const batch = await batchOf([frame('s1', 1, [move()])]);
  const [first, second] = await Promise.allSettled([open({ batchesMax: 1 }).submit(batch), pool?.submit(batch)]);
  expect(first.status).toBe('fulfilled');
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'store-away' } });
  await pool?.close();
  await expect(open({ bytesMax: batch.bytes.byteLength - 1 }).submit(batch)).rejects.toMatchObject({ code: 'store-away' });
  expect(pool?.stats()).toMatchObject({ batches: 0, bytes: 0, refusedBatches: 1 });
});

test('close waits for what was given, then refuses', async () => {
  const batch = await batchOf([frame('s1', 1, [move()])]);
  const given = open().submit(batch);
  await pool?.close();
  expect((await given).items).toEqual(['stored']);
  await expect(pool?.submit(batch)).rejects.toMatchObject({ code: 'store-away' });
});
