import { Binary, MongoClient, ObjectId } from 'mongodb';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { Contribution } from '../../rollup/contribution.ts';
import { AT, batchOf, DAY, frameBatch, sessionRecord, storedRollups, storeSession } from '../fixtures/records.ts';
import { packBatch } from '../packed-batch.ts';
import { storeContract, storedEvents } from '../store.contract.ts';
import type { Store } from '../store.ts';
import { collectionsOf } from './collections.ts';
import { SCHEMA_ID, SCHEMA_VERSION } from './connect.ts';
import { DELETED_MAX } from './deletion.ts';
import { eraseSome } from './erase-some.ts';
import { type MongoStoreOptions, openMongoStore } from './mongo-store.ts';
import { restoreSession } from './restore-session.ts';
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

  for (const [name, times, fault] of FAULTS) {
    test(`${name}: a session is put back once, and what it counted is taken away once`, async (context) => {
      const store = await open();
      await storeSession(store, sessionRecord());
      const stored = await store.readSession('demo', 's1');
      if (!stored) throw new Error('nothing is stored');
      const sums = await storedRollups(store);
      const counted = new Contribution();
      for (const { bytes, receivedMs } of stored.chunks) counted.addChunk(stored.record, bytes, receivedMs);
      const changes = counted.added();
      const erase = async () => {
        for (let done = false; !done; ) ({ done } = await store.eraseSome('demo', 'p1'));
      };
      await failing(context, times, fault, erase);
      expect(await storedRollups(store)).toEqual([]);
      await failing(context, times, fault, async () => {
        expect(await store.restoreSession(stored, changes)).toBe(true);
      });
      expect(await store.readSession('demo', 's1')).toEqual(stored);
      expect(await storedRollups(store)).toEqual(sums);
      expect(await store.compareDay(DAY)).toMatchObject({ chunks: 2, differing: 0 });
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

  test('an import whose answer was lost knows its own work when it is done again; another one does not', async () => {
    const database = newDatabase();
    const store = await open(database);
    const collections = collectionsOf(admin.db(database));
    const stored = { record: sessionRecord(), visits: [], endings: [], chunks: [] };
    const attempt = (token: ObjectId) =>
      transact(admin, 10_000, (session) => restoreSession(collections, { stored, changes: new Uint8Array(), token }, session));
    const token = new ObjectId();
    expect([await attempt(token), await attempt(token), await attempt(new ObjectId())]).toEqual([true, true, false]);
    expect(await store.findSession('demo', 's1')).toEqual(sessionRecord());
    await store.close();
  });

  test('a commit that read before an erasure and writes after it is refused; its frame leaves nothing', async () => {
    const database = newDatabase();
    const store = await open(database);
    const record = await storeSession(store, sessionRecord(), { endedMs: null });
    const collections = collectionsOf(admin.db(database));
    const write: NamedWrite = { kind: 'commit', batch: frameBatch(record, 7), token: new ObjectId(), attempts: 0 };
    const outcome = await transact(admin, 10_000, async (session) => {
      // The first read is the moment that the whole transaction sees.
      await collections.session.findOne({}, { session });
      if (write.attempts++ === 0) expect(await store.eraseSome('demo', 'p1')).toMatchObject({ sessions: 1, done: true });
      return new Transaction(collections, session).run([write]);
    });
    expect(write.attempts).toBe(2);
    expect(outcome).toMatchObject([{ committed: false, refused: [{ reason: 'session-unknown' }] }]);
    expect(await storedRollups(store)).toEqual([]);
    expect(await collections.chunk.countDocuments()).toBe(0);
    await store.close();
  });

  test('an erasure that read before a commit and deletes after it looks again, and takes that frame, too', async () => {
    const database = newDatabase();
    const store = await open(database);
    const record = await storeSession(store, sessionRecord(), { endedMs: null });
    const collections = collectionsOf(admin.db(database));
    let attempts = 0;
    const erased = await transact(admin, 10_000, async (session) => {
      await collections.session.findOne({}, { session });
      if (attempts++ === 0) expect(await store.commit(frameBatch(record, 7))).toMatchObject({ committed: true });
      return eraseSome(collections, { app: 'demo', visitor: 'p1' }, session);
    });
    expect(attempts).toBe(2);
    expect(erased).toMatchObject({ chunks: 3, events: 9, done: true });
    expect(await storedRollups(store)).toEqual([]);
    expect(await collections.chunk.countDocuments()).toBe(0);
    await store.close();
  });

  test('a visitor is erased while two nodes write: nothing of it is left, and every sum is right', async () => {
    const database = newDatabase();
    const nodes = [await open(database), await open(database)] as const;
    const [one, other] = nodes;
    const names = Array.from({ length: 8 }, (_, i) => `s${i}`);
    const records = await Promise.all(names.map((session) => storeSession(one, sessionRecord({ session }), { endedMs: null })));
    const stays = await storeSession(one, sessionRecord({ session: 'stays', visit: 'v2', visitor: 'p2' }));
    const writes = Array.from({ length: 12 }, (_, i) =>
      [...records, stays].map((record, k) => nodes[(i + k) % 2 === 0 ? 0 : 1].commit(frameBatch(record, 7 + 3 * i))),
    );
    const ends = records.map(({ session }) => other.endSession({ app: 'demo', session, endedMs: AT + 99_000, reason: 'idle' }));
    const erase = async (node: Store) => {
      let sessions = 0;
      for (let done = false; !done; ) {
        const step = await node.eraseSome('demo', 'p1');
        sessions += step.sessions;
        done = step.done;
      }
      return sessions;
    };
    const erased = await Promise.all([...nodes.map(erase), ...nodes.map(async (node) => node.fold().then(() => 0))]);
    await Promise.all([...writes.flat(), ...ends]);
    const late = await erase(one);
    expect(erased.reduce((sum, sessions) => sum + sessions, late)).toBe(names.length);
    const collections = collectionsOf(admin.db(database));
    expect(await collections.session.distinct('session')).toEqual(['stays']);
    expect(await collections.chunk.distinct('_id.session')).toEqual(['stays']);
    expect(await collections.ending.distinct('session')).toEqual(['stays']);
    expect(await collections.visit.distinct('visitor')).toEqual(['p2']);
    expect(await one.compareDay(DAY)).toMatchObject({ chunks: 14, differing: 0 });
    await Promise.all(nodes.map((node) => node.fold()));
    expect(await one.compareDay(DAY)).toMatchObject({ chunks: 14, differing: 0 });
    await Promise.all(nodes.map((node) => node.close()));
  });

  test('a step deletes a bounded number of documents', async () => {
    const database = newDatabase();
    const store = await open(database);
    const record = await store.openSession(sessionRecord());
    const [chunk] = frameBatch(record, 1).chunks;
    if (!chunk) throw new Error('no chunk');
    const { app, session, bytes, ...times } = chunk;
    const stored = Array.from({ length: 2 * DELETED_MAX + 1 }, (_, i) => {
      return { ...times, _id: { app, session, firstSeq: 1 + 3 * i }, bytes: new Binary(bytes), token: new ObjectId() };
    });
    const chunks = collectionsOf(admin.db(database)).chunk;
    const expiry = { app: 'demo', kind: 'chunks', beforeDay: '2026-01-06' } as const;
    await chunks.insertMany(stored);
    const steps = [await store.expireSome(expiry), await store.expireSome(expiry), await store.expireSome(expiry)];
    expect(steps).toEqual([
      { removed: DELETED_MAX, done: false },
      { removed: DELETED_MAX, done: false },
      { removed: 1, done: true },
    ]);
    await chunks.insertMany(stored);
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ visits: 1, chunks: DELETED_MAX - 1, sessions: 0, done: false });
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ visits: 0, chunks: DELETED_MAX, sessions: 0, done: false });
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ chunks: 2, sessions: 1, done: true });
    await store.close();
  });

  test('a chunk that does not decode any more is erased all the same, and said to be uncounted', async () => {
    const store = await open();
    await store.openSession(sessionRecord());
    await store.commit(batchOf({ firstSeq: 1, count: 5 }));
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ sessions: 1, chunks: 1, events: 5, uncounted: 1, done: true });
    expect((await storedEvents(store)).page).toBe(5);
    await store.close();
  });

  test('close waits for an erasure that is under way; one that comes later is refused', async () => {
    const database = newDatabase();
    const store = await open(database);
    await storeSession(store, sessionRecord());
    const erased = store.eraseSome('demo', 'p1');
    await store.close();
    expect(await erased).toMatchObject({ sessions: 1, done: true });
    expect(await collectionsOf(admin.db(database)).change.countDocuments()).toBe(0);
    await expect(store.eraseSome('demo', 'p1')).rejects.toMatchObject({ code: 'store-away' });
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
