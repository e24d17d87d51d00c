import { MongoClient, ObjectId } from 'mongodb';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { batchOf, sessionRecord } from '../fixtures/records.ts';
import { packBatch } from '../packed-batch.ts';
import { storeContract, storedEvents } from '../store.contract.ts';
import type { Store } from '../store.ts';
import { collectionsOf } from './collections.ts';
import { SCHEMA_ID, SCHEMA_VERSION } from './connect.ts';
import { type MongoStoreOptions, openMongoStore } from './mongo-store.ts';
import { transact } from './transact.ts';
import { type NamedWrite, Transaction } from './transaction.ts';

/** A MongoDB, 4.4 or newer, that is a replica set or mongos; every test uses a database of its own there, and drops it. */
const SERVER = process.env['DATALAB_TEST_MONGODB_URI'];
if (!SERVER) console.warn('The MongoDB store is not tested: DATALAB_TEST_MONGODB_URI names no server.');

const PREFIX = `datalab_test_${process.pid}_${Date.now().toString(36)}`;
const databases: string[] = [];

function newDatabase(): string {
  const name = `${PREFIX}_${databases.length}`;
  databases.push(name);
  return name;
}

function addressOf(database: string): string {
  const address = new URL(SERVER ?? 'mongodb://unused');
  address.pathname = `/${database}`;
  return address.href;
}

function open(database = newDatabase(), options: Partial<MongoStoreOptions> = {}): Promise<Store> {
  return openMongoStore({ uri: addressOf(database), ...options });
}

/** What a fail point does to the commands that it names: documented with MongoDB's `failCommand`. */
type Fault = {
  readonly failCommands: readonly string[];
  readonly errorCode?: number;
  readonly errorLabels?: readonly string[];
  readonly closeConnection?: boolean;
  readonly writeConcernError?: { readonly code: number; readonly errmsg: string };
};

const FAULTS: readonly (readonly [name: string, times: number, fault: Fault])[] = [
  ['a conflict', 3, { failCommands: ['insert'], errorCode: 112, errorLabels: ['TransientTransactionError'] }],
  [
    'a commit whose result is unknown',
    3,
    { failCommands: ['commitTransaction'], errorCode: 24, errorLabels: ['UnknownTransactionCommitResult'] },
  ],
  ['a commit that begins anew', 2, { failCommands: ['commitTransaction'], errorCode: 251, errorLabels: ['TransientTransactionError'] }],
  [
    'a commit that is done, but not known to a majority',
    1,
    { failCommands: ['commitTransaction'], writeConcernError: { code: 91, errmsg: 'shutting down' } },
  ],
  ['a connection cut in the midst', 1, { failCommands: ['insert'], closeConnection: true }],
  ['a connection cut at the commit', 1, { failCommands: ['commitTransaction'], closeConnection: true }],
];

describe.skipIf(!SERVER)('MongoDB store', { timeout: 30_000 }, () => {
  const admin = new MongoClient(SERVER ?? 'mongodb://unused');
  afterAll(async () => {
    for (const name of databases) await admin.db(name).dropDatabase();
    await admin.close();
  });

  storeContract(() => open());

  /** Needs a server with `enableTestCommands`; skips where there is none. */
  async function failing(context: TestContext, times: number, data: Fault, act: () => Promise<void>): Promise<void> {
    const failPoint = (mode: unknown) => admin.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
    await failPoint({ times }).catch(() => context.skip('the server has no fail points'));
    try {
      await act();
    } finally {
      await failPoint('off');
    }
  }

  for (const [name, times, fault] of FAULTS) {
    test(`[AK4] ${name}: what is committed is stored exactly once`, async (context) => {
      const store = await open();
      await failing(context, times, fault, async () => {
        await store.openSession(sessionRecord());
        const outcomes = await Promise.all([1, 6].map((firstSeq) => store.commit(batchOf({ firstSeq, count: 5 }))));
        expect(outcomes.map(({ committed }) => committed)).toEqual([true, true]);
        await store.fold();
      });
      expect((await storedEvents(store)).page).toBe(10);
      expect(await store.findSession('demo', 's1')).toMatchObject({ events: 10, ledger: { highSeq: 10, gaps: [] } });
      expect(await store.readChunks('demo', 's1')).toEqual([Uint8Array.of(1, 5), Uint8Array.of(6, 5)]);
      await store.close();
    });
  }

  test('[AK4] a commit whose answer was lost knows its own work when it is done again; a resend is a duplicate', async () => {
    const database = newDatabase();
    const store = await open(database);
    await store.openSession(sessionRecord());
    const collections = collectionsOf(admin.db(database));
    const write: NamedWrite = { kind: 'commit', batch: batchOf({ firstSeq: 1, count: 5 }), token: new ObjectId(), attempts: 0 };
    const attempt = (of: NamedWrite) =>
      transact(admin, 10_000, (session) => {
        of.attempts++;
        return new Transaction(collections, session).run([of]);
      });
    const ledgers = [{ highSeq: 5, gaps: [], lost: 0 }];
    expect(await attempt(write)).toEqual([{ committed: true, ledgers }]);
    expect(await attempt(write)).toEqual([{ committed: true, ledgers }]);
    expect(await attempt({ ...write, token: new ObjectId() })).toMatchObject([{ committed: false }]);
    expect((await storedEvents(store)).page).toBe(5);
    await store.close();
  });

  test('two nodes that write, open and add up at the same time count everything once', async () => {
    const database = newDatabase();
    const nodes = [await open(database), await open(database)] as const;
    const [one, other] = nodes;
    // One visitor, two visits: only one of them can have been the first.
    await Promise.all(nodes.map((node, i) => node.openSession(sessionRecord({ session: `s${i + 1}`, visit: `v${i + 1}` }))));
    const writes = Array.from({ length: 10 }, (_, i) => nodes.map((node) => node.commit(batchOf({ firstSeq: 1 + 5 * i, count: 5 }))));
    const folds = nodes.map((node) => node.fold());
    const outcomes = await Promise.all(writes.flat());
    await Promise.all(folds);
    expect(outcomes.filter(({ committed }) => committed)).toHaveLength(10);
    await Promise.all(nodes.map((node) => node.fold()));
    expect((await storedEvents(one)).page).toBe(50);
    expect(await storedEvents(other)).toEqual(await storedEvents(one));
    const [os] = await one.readRollup('dimension', { app: 'demo', where: { dimension: 'os' } });
    expect(os).toMatchObject({ visits: 2, visitors: 1 });
    await Promise.all(nodes.map((node) => node.close()));
  });

  test('a batch that the server refuses takes none of its neighbours with it', async () => {
    const store = await open();
    const [chunk] = batchOf({ firstSeq: 1, count: 1 }).chunks;
    if (!chunk) throw new Error('no chunk');
    // Larger than a document may be.
    const tooLarge = { ...batchOf({ firstSeq: 1, count: 1 }), chunks: [{ ...chunk, bytes: new Uint8Array(17 * 1024 * 1024) }] };
    const opened = store.openSession(sessionRecord());
    const [refused, taken] = await Promise.allSettled([store.commit(tooLarge), store.commit(batchOf({ firstSeq: 1, count: 5 }))]);
    expect(await opened).toMatchObject({ session: 's1' });
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'internal' } });
    expect(taken).toMatchObject({ status: 'fulfilled', value: { committed: true } });
    expect((await storedEvents(store)).page).toBe(5);
    await store.close();
  });

  test('close commits what was given before it and adds it up; it is there for the next node', async () => {
    const database = newDatabase();
    const store = await open(database);
    const opened = store.openSession(sessionRecord());
    const committed = store.commit(packBatch(batchOf({ firstSeq: 1, count: 5 })));
    await store.close();
    expect(await opened).toMatchObject({ session: 's1' });
    expect(await committed).toMatchObject({ committed: true });
    expect(await collectionsOf(admin.db(database)).change.countDocuments()).toBe(0);
    const next = await open(database);
    expect(await next.commit(batchOf({ firstSeq: 1, count: 5 }))).toMatchObject({ committed: false });
    expect((await storedEvents(next)).page).toBe(5);
    await next.close();
  });

  test('more writes than the bound are refused, those before it are taken', async () => {
    const bytes = packBatch(batchOf({ firstSeq: 1, count: 1 }));
    const store = await open(newDatabase(), { writesMax: 2, writeBytesMax: 1 });
    await expect(store.commit(bytes)).rejects.toMatchObject({ code: 'store-away' });
    const writes = ['s1', 's2', 's3'].map((session) => store.openSession(sessionRecord({ session })));
    const [first, second, third] = await Promise.allSettled(writes);
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'store-away' } });
    await store.close();
  });

  test('a database of a newer version is refused by name and left alone', async () => {
    const database = newDatabase();
    const schema = { ...SCHEMA_ID };
    await admin
      .db(database)
      .collection<{ _id: typeof schema }>('document')
      .insertOne({ _id: schema, version: SCHEMA_VERSION + 1 } as never);
    await expect(open(database)).rejects.toMatchObject({ code: 'store-newer', message: expect.stringContaining(database) });
    expect(await admin.db(database).listCollections().toArray()).toHaveLength(1);
  });

  test('a server that is not there is one sentence that names what to do', async () => {
    const uri = 'mongodb://someone:secret@127.0.0.1:1/datalab';
    const refusal = await openMongoStore({ uri, timeoutMs: 200 }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'store-away', message: expect.stringContaining('rs.initiate()') });
    expect(String(refusal)).not.toContain('secret');
    await expect(openMongoStore({ uri: 'mongo:/nothing' })).rejects.toMatchObject({ code: 'setting-invalid' });
  });
});
