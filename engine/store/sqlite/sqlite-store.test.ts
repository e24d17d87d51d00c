import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { ROLLUPS } from '../../rollup/rollups.ts';
import { AT, batchOf, heatOf, sessionRecord } from '../fixtures/records.ts';
import { packBatch } from '../packed-batch.ts';
import { storeContract, storedEvents } from '../store.contract.ts';
import { DATABASE_FILE, openForWriting } from './open-database.ts';
import { MIGRATIONS } from './schema.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { CELLS_AT_ONCE } from './statements.ts';
import { Writer } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-store-'));
afterAll(() => rmSync(root, { recursive: true }));
const newDir = () => mkdtempSync(join(root, 'data-'));

storeContract(() => openSqliteStore({ dataDir: newDir() }));

test('[AK3] what was acknowledged before a SIGKILL in mid-write is stored, once, with its sums', { timeout: 30_000 }, async () => {
  for (const killAfterLines of [1, 30, 100]) {
    const dataDir = newDir();
    const script = fileURLToPath(new URL('./fixtures/endless-writer.ts', import.meta.url));
    const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const acked: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acked.push(Number(line));
      if (acked.length === killAfterLines) child.kill('SIGKILL');
    }
    await exited;
    const store = await openSqliteStore({ dataDir });
    const stored = (await store.readChunks('demo', 's1')).map(([firstSeq]) => firstSeq);
    const session = await store.findSession('demo', 's1');
    expect(acked.length).toBeGreaterThanOrEqual(killAfterLines);
    expect(stored.slice(0, acked.length)).toEqual(acked.sort((a, b) => a - b).map((seq) => seq % 256));
    expect(session).toMatchObject({ events: stored.length, ledger: { highSeq: stored.length, gaps: [] } });
    expect((await storedEvents(store)).page).toBe(stored.length);
    await store.close();
  }
});

test('the write that makes a fold due is folded with the others', async () => {
  for (const due of [{ foldAfterBatches: 2 }, { foldAfterBytes: 1 }]) {
    const store = await openSqliteStore({ dataDir: newDir(), ...due });
    await store.openSession(sessionRecord());
    await store.commit(packBatch(batchOf({ firstSeq: 1, count: 5 })));
    expect(await store.readChunks('demo', 's1')).toEqual([Uint8Array.of(1, 5)]);
    await store.close();
  }
});

test('what is stored outlives the process', async () => {
  const dataDir = newDir();
  const first = await openSqliteStore({ dataDir });
  await first.openSession(sessionRecord());
  await first.commit(batchOf({ firstSeq: 1, count: 5 }));
  await first.close();
  const second = await openSqliteStore({ dataDir });
  expect(await second.commit(batchOf({ firstSeq: 1, count: 5 }))).toMatchObject({ committed: false });
  expect(await second.unendedSessions()).toMatchObject([{ session: 's1', events: 5 }]);
  await second.close();
});

test('close commits what was given before it', async () => {
  const dataDir = newDir();
  const store = await openSqliteStore({ dataDir });
  const opened = store.openSession(sessionRecord());
  const committed = store.commit(batchOf({ firstSeq: 1, count: 5 }));
  await store.close();
  expect(await opened).toMatchObject({ session: 's1' });
  expect(await committed).toMatchObject({ committed: true });
});

test('a file of a newer version is refused by name and left alone', async () => {
  const dataDir = newDir();
  const db = new DatabaseSync(join(dataDir, DATABASE_FILE));
  db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  await expect(openSqliteStore({ dataDir })).rejects.toMatchObject({ code: 'store-newer' });
  expect(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 0 });
  db.close();
});

test('a data folder that cannot be used is one sentence that names it', async () => {
  const dataDir = join(newDir(), 'taken');
  writeFileSync(dataDir, 'a file where the folder should be');
  await expect(openSqliteStore({ dataDir })).rejects.toMatchObject({
    code: 'data-unwritable',
    message: expect.stringContaining(dataDir),
  });
});

test('more writes than the bound are refused, those before it are taken', async () => {
  const store = await openSqliteStore({ dataDir: newDir(), writesMax: 2 });
  const writes = ['s1', 's2', 's3'].map((session) => store.openSession(sessionRecord({ session })));
  const [first, second, third] = await Promise.allSettled(writes);
  expect([first?.status, second?.status]).toEqual(['fulfilled', 'fulfilled']);
  expect(third).toMatchObject({ status: 'rejected', reason: { code: 'store-away' } });
  const bytes = packBatch(batchOf({ firstSeq: 1, count: 1 }));
  const small = await openSqliteStore({ dataDir: newDir(), writeBytesMax: bytes.byteLength - 1 });
  await expect(small.commit(bytes)).rejects.toMatchObject({ code: 'store-away' });
  await Promise.all([store.close(), small.close()]);
});

test('every rollup reads as one table of its key and its sums, in the order of ROLLUPS', () => {
  const db = openForWriting(newDir());
  for (const [name, { key, sums }] of Object.entries(ROLLUPS)) {
    const columns = db.prepare('SELECT name FROM pragma_table_info(?)').all(name);
    expect(columns.map((column) => column['name'])).toEqual([...key, ...sums]);
  }
  db.close();
});

test('a write that fails takes none of its group with it', () => {
  const db = openForWriting(newDir());
  const writer = new Writer(db);
  const answers = writer.run([
    { id: 1, name: 'openSession', args: [sessionRecord()] },
    { id: 2, name: 'commit', args: [Uint8Array.of(1, 2, 3)] },
    { id: 3, name: 'commit', args: [batchOf({ firstSeq: 1, count: 5 })] },
  ]);
  writer.run([{ id: 4, name: 'fold', args: [] }]);
  expect(answers).toMatchObject([
    { id: 1, value: {} },
    { id: 2, error: { code: 'internal' } },
    { id: 3, value: { committed: true } },
  ]);
  expect(db.prepare('SELECT events FROM session').all()).toEqual([{ events: 5 }]);
  db.close();
});

test('a full disk is refused and said; the same batch is taken when space returns', () => {
  const db = openForWriting(newDir());
  const writer = new Writer(db);
  writer.run([{ id: 1, name: 'openSession', args: [sessionRecord()] }]);
  const [chunk] = batchOf({ firstSeq: 1, count: 1 }).chunks;
  if (!chunk) throw new Error('no chunk');
  const batch = { ...batchOf({ firstSeq: 1, count: 1 }), chunks: [{ ...chunk, bytes: new Uint8Array(1_000_000) }] };
  const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
  db.exec(`PRAGMA max_page_count = ${pages + 1}`);
  expect(writer.run([{ id: 2, name: 'commit', args: [batch] }])).toMatchObject([
    { error: { code: 'store-away', message: expect.stringContaining('full') } },
  ]);
  db.exec('PRAGMA max_page_count = 1000000');
  const stored = () => {
    writer.run([{ id: 3, name: 'fold', args: [] }]);
    return db.prepare('SELECT (SELECT count(*) FROM chunk) + (SELECT count(*) FROM page) AS rows, highSeq FROM session').get();
  };
  expect(stored()).toEqual({ rows: 0, highSeq: 0 });
  expect(writer.run([{ id: 4, name: 'commit', args: [batch] }])).toMatchObject([{ value: { committed: true } }]);
  expect(stored()).toEqual({ rows: 2, highSeq: 1 });
  db.close();
});

test('[AK3] a write that was rolled back leaves nothing behind in what the writer remembers', () => {
  const db = openForWriting(newDir());
  const writer = new Writer(db);
  writer.run([{ id: 1, name: 'openSession', args: [sessionRecord()] }]);
  // The group fails at its last call, after the others moved the session; alone, each finds it as it was.
  const answers = writer.run([
    { id: 2, name: 'commit', args: [batchOf({ firstSeq: 1, count: 5 })] },
    { id: 3, name: 'commit', args: [Uint8Array.of(9)] },
  ]);
  expect(answers).toMatchObject([{ value: { committed: true, ledgers: [{ highSeq: 5 }] } }, { error: { code: 'internal' } }]);
  expect(writer.run([{ id: 4, name: 'findSession', args: ['demo', 's1'] }])).toMatchObject([{ value: { events: 5, views: 1 } }]);
  db.close();
});

test('[AK3] sessions that moved since the last fold are known again after a crash, and are moved once', () => {
  const dataDir = newDir();
  const crashed = openForWriting(dataDir);
  const first = new Writer(crashed);
  first.run([{ id: 1, name: 'openSession', args: [sessionRecord()] }]);
  first.run([{ id: 2, name: 'commit', args: [batchOf({ firstSeq: 1, count: 5 })] }]);
  // The end writes the row: what the batch before it said is in it, and must not be added again.
  first.run([{ id: 3, name: 'endSession', args: [{ app: 'demo', session: 's1', endedMs: AT + 9, reason: 'goodbye' }] }]);
  first.run([{ id: 4, name: 'commit', args: [batchOf({ firstSeq: 6, count: 5 })] }]);
  const again = openForWriting(dataDir);
  const second = new Writer(again);
  const expected = { events: 10, views: 2, endReason: 'goodbye', ledger: { highSeq: 10 } };
  expect(second.run([{ id: 1, name: 'commit', args: [batchOf({ firstSeq: 6, count: 5 })] }])).toMatchObject([
    { value: { committed: false } },
  ]);
  second.run([{ id: 2, name: 'fold', args: [] }]);
  expect(second.run([{ id: 3, name: 'findSession', args: ['demo', 's1'] }])).toMatchObject([{ value: expected }]);
  expect(again.prepare('SELECT events, views FROM session').get()).toEqual({ events: 10, views: 2 });
  // The other connection wrote meanwhile: what the first one remembers is old, and it finds out.
  second.run([{ id: 4, name: 'commit', args: [batchOf({ firstSeq: 11, count: 5 })] }]);
  expect(first.run([{ id: 5, name: 'commit', args: [batchOf({ firstSeq: 11, count: 5 })] }])).toMatchObject([
    { value: { committed: false } },
  ]);
  expect(first.run([{ id: 6, name: 'commit', args: [batchOf({ firstSeq: 16, count: 5 })] }])).toMatchObject([
    { value: { committed: true } },
  ]);
  for (const writer of [second, first]) writer.run([{ id: 7, name: 'fold', args: [] }]);
  expect(again.prepare('SELECT events, views, highSeq FROM session').get()).toEqual({ events: 20, views: 4, highSeq: 20 });
  crashed.close();
  again.close();
});

test('heat of more cells than one statement takes adds up cell by cell', () => {
  const db = openForWriting(newDir());
  const writer = new Writer(db);
  writer.run([{ id: 1, name: 'openSession', args: [sessionRecord()] }]);
  const cells = Uint32Array.from({ length: 2 * CELLS_AT_ONCE + 5 }, (_, i) => 3 * i);
  for (const firstSeq of [1, 6]) {
    const heat = heatOf('demo', 1).map(({ key }) => ({ key, cells, weights: Float64Array.from(cells, (cell) => cell + firstSeq) }));
    const batch = batchOf({ firstSeq, count: 5, heat });
    expect(writer.run([{ id: 2, name: 'commit', args: [batch] }])).toMatchObject([{ value: { committed: true } }]);
  }
  writer.run([{ id: 3, name: 'fold', args: [] }]);
  const stored = db.prepare('SELECT cell, weight FROM heat_cell ORDER BY cell').all();
  expect(stored).toEqual(Array.from(cells, (cell) => ({ cell, weight: 2 * cell + 7 })));
  db.close();
});
