/** From one kind of store into the other and back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { COVERAGE, coverageId } from '../store/coverage.ts';
import { storedRollups } from '../store/fixtures/records.ts';
import { openMongoStore } from '../store/mongodb/mongo-store.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { exportDemo, FIFTH_DAY, fillWeek } from './fixtures/week.ts';
import { importFolder } from './import.ts';

/** A MongoDB, 4.4 or newer, that is a replica set or mongos; a database of its own is used there, and dropped. */
const SERVER = process.env['DATALAB_TEST_MONGODB_URI'];
const DATABASE = `datalab_exchange_${process.pid}_${Date.now().toString(36)}`;

async function everything(store: Store) {
  const rollups = await storedRollups(store);
  const records = await store.walkSessions({ app: 'demo', limit: 1_000 });
  return { rollups, sessions: await Promise.all(records.map(({ session }) => store.readSession('demo', session))) };
}

describe.skipIf(!SERVER)('an export', { timeout: 30_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'datalab-exchange-mongodb-'));
  const stores: Store[] = [];
  const opened = async (store: Promise<Store>) => {
    stores.push(await store);
    return store;
  };
  const sqlite = () => opened(openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) }));
  const mongodb = () => {
    const uri = new URL(SERVER ?? 'mongodb://unused');
    uri.pathname = `/${DATABASE}`;
    return opened(openMongoStore({ uri: uri.href }));
  };
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  afterAll(async () => {
    const admin = new MongoClient(SERVER ?? 'mongodb://unused');
    await admin.db(DATABASE).dropDatabase();
    await admin.close();
    rmSync(root, { recursive: true });
  });

  it('goes from SQLite into MongoDB and back, also where events had expired: every byte and every sum', async () => {
    const [first, second, third] = [await sqlite(), await mongodb(), await sqlite()];
    await fillWeek(first);
    await first.writeDocument({ kind: COVERAGE, id: coverageId('demo'), ifRevision: 0, value: { fromDay: FIFTH_DAY } });
    while (!(await first.expireSome({ app: 'demo', kind: 'chunks', beforeDay: FIFTH_DAY })).done);
    await exportDemo(first, join(root, 'one'), { format: 'jsonl' });
    const imported = { sessions: 5, alreadyThere: 0, rollupDays: 3, skippedDays: 0 };
    const read = (into: Store, folder: string) => importFolder(into, { folder: join(root, folder), progress: () => undefined });
    expect(await read(second, 'one')).toMatchObject(imported);
    expect(await read(second, 'one')).toMatchObject({ sessions: 0, alreadyThere: 5, rollupRows: 0 });
    const expected = await everything(first);
    expect(await everything(second)).toEqual(expected);
    expect(await second.compareDay(FIFTH_DAY)).toMatchObject({ differing: 0 });
    await exportDemo(second, join(root, 'two'), { format: 'parquet' });
    expect(await read(third, 'two')).toMatchObject(imported);
    expect(await everything(third)).toEqual(expected);
  });
});
