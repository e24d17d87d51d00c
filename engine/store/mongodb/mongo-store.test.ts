import { Binary, MongoClient, ObjectId } from 'mongodb';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { SimulatedClock } from '../../clock/simulated-clock.ts';
import { Contribution } from '../../rollup/contribution.ts';
import { AT, batchOf, DAY, frameBatch, sessionAt, sessionRecord, storedRollups, storeSession } from '../fixtures/records.ts';
import { packBatch } from '../packed-batch.ts';
import { storeContract, storedEvents } from '../store.contract.ts';
import type { PreparedBatch, Store } from '../store.ts';
import { collectionsOf } from './collections.ts';
import { SCHEMA_ID, SCHEMA_VERSION } from './connect.ts';
import { DELETED_MAX } from './deletion.ts';
import { chunkDocuments } from './documents.ts';
import { eraseSome, RUNS_MAX } from './erase-some.ts';
import { Overtaken } from './failures.ts';
import { foldSome } from './fold-some.ts';
import { type MongoStoreOptions, openMongoStore } from './mongo-store.ts';
import { restoreSession } from './restore-session.ts';
import { transact } from './transact.ts';
import { type EarlierAnswers, Transaction, type Write } from './transaction.ts';

/** A MongoDB, 4.4 or newer, that is a replica set or mongos; every test uses a database of its own there, and drops it. */
const SERVER = process.env['DATALAB_TEST_MONGODB_URI'];
if (!SERVER) console.warn('The MongoDB store is not tested: DATALAB_TEST_MONGODB_URI names no server.');

const PREFIX = `datalab_test_${process.pid}_${Date.now().toString(36)}`;
const databases: string[] = [];
const NEXT_DAY = '2026-01-06';
const MIDNIGHT: number = Date.parse(NEXT_DAY);

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

  const commitOf = (batch: PreparedBatch): Write => ({ kind: 'commit', sessions: batch.sessions, packed: packBatch(batch) });

  /** Two frames of one session, in one batch. */
  function both(one: PreparedBatch, other: PreparedBatch): PreparedBatch {
    const sessions = one.sessions.map((advance) => ({
      ...advance,
      frames: [one, other].flatMap((batch) => batch.sessions[0]?.frames ?? []),
    }));
    return { ...one, sessions, chunks: [...one.chunks, ...other.chunks] };
  }

  test('[AK4] a transaction whose answer was lost knows its own work when it is done again; a resend is a duplicate', async () => {
    const database = newDatabase();
    const store = await open(database);
    for (const session of ['s1', 's2']) await store.openSession(sessionRecord({ session }));
    const collections = collectionsOf(admin.db(database));
    const attempt = (writes: readonly Write[], earlier: EarlierAnswers) =>
      transact(admin, 10_000, (session) => new Transaction(collections, session, earlier).run(writes));
    // The second moves the session again, the third is refused: its new frame is not stored and must not be said to be.
    const writes: Write[] = [
      commitOf(batchOf({ firstSeq: 1, count: 5 })),
      commitOf(batchOf({ firstSeq: 6, count: 5 })),
      commitOf(both(batchOf({ firstSeq: 1, count: 5 }), batchOf({ firstSeq: 11, count: 5 }))),
      { kind: 'end', end: { app: 'demo', session: 's1', endedMs: AT + 9_000, reason: 'idle' } },
      { kind: 'document', write: { kind: 'test', id: 'a', ifRevision: 0, value: 1 }, changes: new Uint8Array() },
    ];
    const ledger = (highSeq: number) => [{ highSeq, gaps: [], lost: 0 }];
    const refused = [{ app: 'demo', session: 's1', firstSeq: 1, count: 5, reason: 'frame-duplicate' }];
    const answers = [
      { committed: true, ledgers: ledger(5) },
      { committed: true, ledgers: ledger(10) },
      { committed: false, refused },
      undefined,
      true,
    ];
    const earlier: EarlierAnswers = new Map();
    expect(await attempt(writes, earlier)).toEqual(answers);
    expect(await attempt(writes, earlier)).toEqual(answers);
    // Folded meanwhile, and a session of its own moved on.
    await store.fold();
    expect(await attempt(writes, earlier)).toEqual(answers);
    expect(await attempt(writes.slice(0, 1), new Map())).toMatchObject([{ committed: false }]);
    expect((await storedEvents(store)).page).toBe(10);
    expect(await store.findSession('demo', 's1')).toMatchObject({ events: 10, ledger: { highSeq: 10 } });
    expect(await store.readChunks('demo', 's1')).toHaveLength(2);
    expect(await store.readDocument('test', 'a')).toEqual({ revision: 1, value: 1 });
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
    const restoring = { stored: { record: sessionRecord(), visits: [], endings: [], chunks: [] }, changes: new Uint8Array(), layouts: [] };
    const attempt = (token: ObjectId) =>
      transact(admin, 10_000, (session) => restoreSession(collections, { ...restoring, token }, session));
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
    let attempts = 0;
    const outcome = await transact(admin, 10_000, async (session) => {
      // The first read is the moment that the whole transaction sees.
      await collections.session.findOne({}, { session });
      if (attempts++ === 0) expect(await store.eraseSome('demo', 'p1')).toMatchObject({ sessions: 1, done: true });
      return new Transaction(collections, session, new Map()).run([commitOf(frameBatch(record, 7))]);
    });
    expect(attempts).toBe(2);
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
      await store.fold();
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

  test('a session whose frames wait is not deleted, nor anything else of it', async () => {
    const database = newDatabase();
    const store = await open(database);
    const record = await storeSession(store, sessionRecord(), { frames: 1, endedMs: null });
    await store.fold();
    expect(await store.commit(frameBatch(record, 4))).toMatchObject({ committed: true });
    const collections = collectionsOf(admin.db(database));
    const before = await collections.session.find().toArray();
    const erased = admin.withSession((session) =>
      session.withTransaction(() => eraseSome(collections, { app: 'demo', visitor: 'p1' }, session), {
        readConcern: { level: 'snapshot' },
      }),
    );
    await expect(erased).rejects.toThrow(Overtaken);
    expect(await collections.session.find().toArray()).toEqual(before);
    expect(await collections.visit.countDocuments()).toBe(1);
    expect(await store.compareDay(DAY)).toMatchObject({ chunks: 2, events: 6, differing: 0 });
    await store.close();
  });

  test('frames that are folded while their session is erased are erased, too', async () => {
    const database = newDatabase();
    const store = await open(database);
    await storeSession(store, sessionRecord(), { endedMs: null });
    const collections = collectionsOf(admin.db(database));
    let attempts = 0;
    const erased = await transact(admin, 10_000, async (session) => {
      await collections.session.findOne({}, { session });
      if (attempts++ === 0) await store.fold();
      return eraseSome(collections, { app: 'demo', visitor: 'p1' }, session);
    });
    expect(attempts).toBe(2);
    expect(erased).toMatchObject({ sessions: 1, chunks: 2, events: 6, done: true });
    expect(await storedRollups(store)).toEqual([]);
    expect(await collections.chunk.countDocuments()).toBe(0);
    await store.close();
  });

  test('a fold that read a batch which another node folded meanwhile spreads nothing twice', async () => {
    const database = newDatabase();
    const store = await open(database);
    await storeSession(store, sessionRecord());
    const collections = collectionsOf(admin.db(database));
    const newest = new ObjectId('f'.repeat(24));
    let attempts = 0;
    await transact(admin, 10_000, async (session) => {
      await collections.session.findOne({}, { session });
      if (attempts++ === 0) await store.fold();
      return foldSome(collections, { batch: newest, change: newest }, session);
    });
    expect(attempts).toBe(2);
    expect(await collections.chunk.countDocuments()).toBe(1);
    expect(await store.compareDay(DAY)).toMatchObject({ chunks: 2, events: 6, differing: 0 });
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

  test('a step deletes a bounded number of documents, and of runs that it has to count again', async () => {
    const database = newDatabase();
    const store = await open(database);
    const record = await store.openSession(sessionRecord());
    const [chunk] = frameBatch(record, 1).chunks;
    if (!chunk) throw new Error('no chunk');
    const stored = (length: number) => Array.from({ length }, (_, i) => chunkDocuments([{ ...chunk, firstSeq: 1 + 3 * i }])).flat();
    const chunks = collectionsOf(admin.db(database)).chunk;
    const expiry = { app: 'demo', kind: 'chunks', beforeDay: '2026-01-06' } as const;
    await chunks.insertMany(stored(2 * DELETED_MAX + 1));
    const steps = [await store.expireSome(expiry), await store.expireSome(expiry), await store.expireSome(expiry)];
    expect(steps).toEqual([
      { removed: DELETED_MAX, done: false },
      { removed: DELETED_MAX, done: false },
      { removed: 1, done: true },
    ]);
    await chunks.insertMany(stored(2 * RUNS_MAX + 1));
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ visits: 1, chunks: RUNS_MAX, sessions: 0, done: false });
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ visits: 0, chunks: RUNS_MAX, sessions: 0, done: false });
    expect(await store.eraseSome('demo', 'p1')).toMatchObject({ chunks: 1, sessions: 1, done: true });
    await store.close();
  });

  test('[HE6] the latest visit was last seen when its latest event came, folded or not; an end is no event, nor what the session did in an earlier visit', async () => {
    const database = newDatabase();
    const store = await open(database);
    const seen = async () => (await store.latestVisit('demo', 'p1'))?.lastSeenMs;
    await store.openSession(sessionRecord());
    await store.commit(batchOf({ firstSeq: 1, count: 5 }));
    await store.endSession({ app: 'demo', session: 's1', endedMs: AT + 9_000, reason: 'idle' });
    const kept = await collectionsOf(admin.db(database)).visit.findOne();
    expect([kept?.lastSeenMs, await seen()]).toEqual([AT, AT + 1]);
    await store.fold();
    expect(await seen()).toBe(AT + 1);
    // Comes back to begin another visit; a frame of the one before comes late.
    await store.openSession(sessionRecord({ visit: 'v2', lastSeenMs: AT + 3 }));
    expect(await seen()).toBe(AT + 3);
    await store.commit(batchOf({ firstSeq: 6, count: 5 }));
    expect(await seen()).toBe(AT + 3);
    const { rows } = await store.listVisits({ app: 'demo', descending: false });
    expect(rows.map(({ visit, lastSeenMs }) => [visit, lastSeenMs])).toEqual([
      ['v1', AT + 6],
      ['v2', AT + 3],
    ]);
    await store.close();
  });

  test('what one session brought between two folds is one run; what came on two days is two, and each day finds its own', async () => {
    const database = newDatabase();
    const store = await open(database);
    const record = await storeSession(store, sessionAt(MIDNIGHT - 450), { frames: 3, endedMs: null });
    await store.fold();
    const runs = await collectionsOf(admin.db(database)).chunk.find().sort({ _id: 1 }).toArray();
    // Of the three frames one came before midnight.
    expect(runs.map(({ _id, count, frames }) => [_id.firstSeq, count, frames !== undefined])).toEqual([
      [1, 3, false],
      [4, 6, true],
    ]);
    const sent = [1, 4, 7].flatMap((firstSeq) => frameBatch(record, firstSeq, MIDNIGHT - 450).chunks);
    expect((await store.readSession('demo', 's1'))?.chunks).toEqual(sent);
    for (const day of [DAY, NEXT_DAY]) expect(await store.compareDay(day)).toMatchObject({ differing: 0 });
    await store.close();
  });

  test('a run that lies over midnight loses the frames before it when they expire, and no others', async () => {
    const database = newDatabase();
    const store = await open(database);
    await store.openSession(sessionRecord());
    // All came after midnight; by their clocks the first two happened before it.
    const batches = [MIDNIGHT - 2, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1].map((atMs, i) => {
      const batch = batchOf({ firstSeq: 1 + i, count: 1 });
      return { ...batch, chunks: batch.chunks.map((chunk) => ({ ...chunk, startMs: atMs, endMs: atMs, receivedMs: MIDNIGHT + 10 + i })) };
    });
    for (const batch of batches) await store.commit(batch);
    expect(await store.expireSome({ app: 'demo', kind: 'chunks', beforeDay: NEXT_DAY })).toEqual({ removed: 1, done: true });
    const kept = batches.slice(2).flatMap(({ chunks }) => chunks);
    expect((await store.readSession('demo', 's1'))?.chunks).toEqual(kept);
    expect(await collectionsOf(admin.db(database)).chunk.countDocuments()).toBe(1);
    expect(await store.expireSome({ app: 'demo', kind: 'chunks', beforeDay: NEXT_DAY })).toEqual({ removed: 0, done: true });
    await store.close();
  });

  test('a batch that is larger than a document may be is stored all the same', async () => {
    const store = await open();
    const record = await store.openSession(sessionRecord());
    const batch = frameBatch(record, 1);
    const [advance] = batch.sessions;
    const [chunk] = batch.chunks;
    if (!advance || !chunk) throw new Error('no frame');
    const numbers = Array.from({ length: 180 }, (_, i) => 1 + 3 * i);
    const frames = numbers.map((firstSeq) => ({ firstSeq, count: 3, baseSeq: 1 }));
    const chunks = numbers.map((firstSeq) => ({ ...chunk, firstSeq, bytes: new Uint8Array(100_000).fill(firstSeq % 256) }));
    const setAside = [{ app: 'demo', session: 's1', firstSeq: 541, count: 1, reason: 'frame-malformed', sha256: 'ab', atMs: AT }];
    const large = { ...batch, sessions: [{ ...advance, frames: [...frames, { firstSeq: 541, count: 1, baseSeq: 1 }] }], chunks, setAside };
    expect(packBatch(large).length).toBeGreaterThan(16 * 1024 * 1024);
    expect(await store.commit(packBatch(large))).toMatchObject({ committed: true, ledgers: [{ highSeq: 541 }] });
    expect((await store.readSession('demo', 's1'))?.chunks).toEqual(chunks);
    expect((await storedEvents(store)).page).toBe(3);
    expect(await store.listSetAside('demo', 9)).toEqual(setAside);
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

  test('what was committed is folded after so long, or so many writes, the last of them included', async () => {
    for (const [due, passMs] of [
      [{ foldAfterBatches: 2 }, 0],
      [{ foldAfterMs: 500 }, 500],
    ] as const) {
      const database = newDatabase();
      const clock = new SimulatedClock(AT);
      const store = await open(database, { clock, ...due });
      await store.openSession(sessionRecord());
      await store.commit(batchOf({ firstSeq: 1, count: 5 }));
      clock.advance(passMs);
      const { batch, chunk } = collectionsOf(admin.db(database));
      await expect.poll(() => chunk.countDocuments(), { timeout: 5_000 }).toBe(1);
      expect(await batch.countDocuments()).toBe(0);
      await store.close();
    }
  });

  test('a question outwaits a fold that another node left unfinished: half an answer would look like a whole one', async () => {
    const database = newDatabase();
    const store = await open(database, { timeoutMs: 2_000 });
    await store.openSession(sessionRecord());
    await store.commit(batchOf({ firstSeq: 1, count: 5 }));
    const unfinished = admin.startSession();
    unfinished.startTransaction();
    await collectionsOf(admin.db(database)).batch.deleteMany({}, { session: unfinished });
    const asked = store.readChunks('demo', 's1');
    // Gives up first.
    await expect(store.fold()).rejects.toMatchObject({ code: 'store-away' });
    await unfinished.abortTransaction();
    expect(await asked).toEqual([Uint8Array.of(1, 5)]);
    await unfinished.endSession();
    await store.close();
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

  test('a database of version 1 is read, folded and gone on with; its version is raised, so that who knows only that one refuses it', async () => {
    const database = newDatabase();
    const db = admin.db(database);
    const token = new ObjectId();
    const record = sessionRecord({ events: 6, ledger: { highSeq: 6, gaps: [], lost: 0 } });
    const { app, session } = record;
    const batches = [1, 4].map((firstSeq) => frameBatch(record, firstSeq));
    const chunks = batches.flatMap((batch) => batch.chunks);
    const visit = { app, visit: 'v1', visitor: 'p1', startedMs: AT, lastSeenMs: AT, session, newVisitor: true };
    const counted = new Contribution();
    counted.addVisit(record, AT, true);
    const aside = { app, session, firstSeq: 7, count: 1, reason: 'frame-malformed', sha256: 'ab', atMs: AT };
    const old: Readonly<Record<string, readonly object[]>> = {
      document: [{ _id: SCHEMA_ID, version: 1 }],
      session: [{ _id: { app, session }, ...record, revision: 3, urlNamedMs: 0, ended: false, durationMs: 0 }],
      visit: [{ _id: { app, visit: 'v1' }, ...visit }],
      chunk: chunks.map(({ app: _app, session: _session, firstSeq, bytes, ...times }) => {
        return { _id: { app, session, firstSeq }, ...times, bytes: new Binary(bytes), token };
      }),
      set_aside: [{ _id: new ObjectId(), ...aside, token }],
      change: [...batches.map(({ changes }) => changes), counted.added()].map((bytes) => ({
        _id: new ObjectId(),
        bytes: new Binary(bytes),
      })),
    };
    for (const [name, documents] of Object.entries(old)) await db.collection(name).insertMany([...documents]);

    const store = await open(database);
    expect(await db.collection<{ _id: typeof SCHEMA_ID }>('document').findOne({ _id: SCHEMA_ID })).toEqual({ _id: SCHEMA_ID, version: 2 });
    expect(await store.readSession(app, session)).toEqual({ record, endings: [], visits: [visit], chunks });
    expect(await store.listSetAside(app, 9)).toEqual([aside]);
    expect(await store.compareDay(DAY)).toMatchObject({ chunks: 2, events: 6, differing: 0 });
    expect(await db.collection('change').countDocuments()).toBe(0);
    expect(await store.commit(frameBatch(record, 4))).toMatchObject({ committed: false, refused: [{ reason: 'frame-duplicate' }] });
    expect(await store.commit(frameBatch(record, 7))).toMatchObject({ committed: true });
    expect(await store.compareDay(DAY)).toMatchObject({ chunks: 3, events: 9, differing: 0 });
    expect(await store.eraseSome(app, 'p1')).toMatchObject({ visits: 1, sessions: 1, chunks: 3, setAside: 1, uncounted: 0, done: true });
    expect(await storedRollups(store)).toEqual([]);
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
