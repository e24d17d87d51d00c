import { type ClientSession, ObjectId } from 'mongodb';
import { type Clock, systemClock } from '../../clock/clock.ts';
import { DatalabError } from '../../errors/errors.ts';
import { packBatch, unpackAdvances } from '../packed-batch.ts';
import type { PreparedBatch, SessionAdvance, Store } from '../store.ts';
import { collectionsOf } from './collections.ts';
import { connect } from './connect.ts';
import { dropLayouts } from './drop-layouts.ts';
import { eraseSome } from './erase-some.ts';
import { expireSome } from './expire-some.ts';
import { refusalOf } from './failures.ts';
import { Folder } from './folder.ts';
import { LargeWrites } from './large-writes.ts';
import { LostAnswers } from './lost-answers.ts';
import { Reader } from './reader.ts';
import { restoreSession } from './restore-session.ts';
import { Writer } from './writer.ts';

export type MongoStoreOptions = {
  /** `mongodb://host,host/database?replicaSet=…`; the database is `datalab` when none is named. */ readonly uri: string;
  /** Most connections. One writes, one folds, the others answer questions. */ readonly poolSize?: number;
  /** Longest that a primary is looked for, that one command may take, and that a transaction is begun anew: then the store is away. */
  readonly timeoutMs?: number;
  /** Most writes, and most of their bytes, that wait for the server. */ readonly writesMax?: number;
  readonly writeBytesMax?: number;
  /** What was committed is folded this long after a commit, or sooner after so many writes. */ readonly foldAfterMs?: number;
  readonly foldAfterBatches?: number;
  /** Longest that `ready` waits for the primary. */ readonly readyWaitMs?: number;
  readonly clock?: Clock;
};

/**
 * A server gives up the transaction of a node that was killed in its midst after 60 s, unless it is set otherwise. A question
 * outwaits that: half an answer would look like a whole one.
 */
const ABANDONED_MS = 75_000;

/**
 * The store of a deployment with several nodes: one MongoDB, 4.4 or newer, a replica set (one member is enough) or mongos.
 * @throws DatalabError `store-away`, `setting-invalid` or `store-newer`: connect.ts
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<Store> {
  const { uri, poolSize = 16, timeoutMs = 10_000, readyWaitMs = 1_000 } = options;
  const { clock = systemClock, foldAfterMs = 2_000, foldAfterBatches = 256 } = options;
  const { client, db } = await connect({ uri, poolSize, timeoutMs });
  const collections = collectionsOf(db);
  const lost = new LostAnswers(client);
  const writer = new Writer(client, collections, lost, {
    writesMax: options.writesMax ?? 20_000,
    bytesMax: options.writeBytesMax ?? 64 * 1024 * 1024,
    timeoutMs,
  });
  const folder = new Folder(client, collections, timeoutMs);
  const patient = new Folder(client, collections, Math.max(timeoutMs, ABANDONED_MS));
  const large = new LargeWrites(client, timeoutMs);
  const reader = new Reader(client, collections);
  let closed: Promise<void> | null = null;
  let cancelFold: (() => void) | null = null;
  let unfolded = 0;
  const fold = () => {
    cancelFold?.();
    cancelFold = null;
    unfolded = 0;
    return folder.fold();
  };
  const foldLater = () => {
    if (!closed) cancelFold ??= clock.after(foldAfterMs, foldNow);
  };
  // What fails is tried again: the batches are safe where they are.
  const foldNow = () => void fold().catch(foldLater);
  const foldSoon = () => {
    if (++unfolded >= foldAfterBatches) foldNow();
    else foldLater();
  };

  // Once it is answered: what makes a fold due is folded with the others. One that failed may have been committed all the same.
  const write = <T>(...args: Parameters<Writer['write']>): Promise<T> => (writer.write(...args) as Promise<T>).finally(foldSoon);
  const writeLarge = <T>(work: (session: ClientSession) => Promise<T>): Promise<T> => large.write(work).finally(foldSoon);
  /** Each attempt folds before it begins: what waits would come into being after what it belongs to was deleted. */
  const remove = <T>(work: (session: ClientSession) => Promise<T>): Promise<T> =>
    writeLarge(async (session) => {
      await folder.fold();
      return work(session);
    });
  const read = async <T>(question: () => Promise<T>): Promise<T> => {
    if (closed) throw new DatalabError('store-away', 'The store is closed.');
    try {
      return await question();
    } catch (error) {
      throw refusalOf(error);
    }
  };

  /** Asks once all that was committed before is folded. If that cannot be, of what is. */
  const readFolded = <T>(question: () => Promise<T>): Promise<T> =>
    read(async () => {
      await patient.fold().catch(foldLater);
      return question();
    });

  return {
    kind: 'mongodb',
    openSession: (record) => write({ kind: 'open', record }),
    commit: async (given) => {
      const { sessions, packed } = packedOf(given);
      return write({ kind: 'commit', sessions, packed }, packed.byteLength);
    },
    endSession: (end) => write({ kind: 'end', end }),
    applyChanges: (changes, mark) => write({ kind: 'document', write: mark, changes }, changes.byteLength),
    writeDocument: (mark) => write({ kind: 'document', write: mark, changes: new Uint8Array() }),
    fold: () => read(fold),
    findSession: (app, session) => read(() => reader.findSession(app, session)),
    unendedSessions: () => read(() => reader.unendedSessions()),
    latestVisit: (app, visitor) => read(() => reader.latestVisit(app, visitor)),
    listVisits: (query) => readFolded(() => reader.listVisits(query)),
    walkSessions: (walk) => read(() => reader.walkSessions(walk)),
    readSession: (app, session) => readFolded(() => reader.readSession(app, session)),
    listSessions: (query) => read(() => reader.listSessions(query)),
    readChunks: (app, session) => readFolded(() => reader.readChunks(app, session)),
    readRollup: (name, range) => readFolded(() => reader.readRollup(name, range)),
    latestLayout: (app, url, widthClass) => readFolded(() => reader.latestLayout(app, url, widthClass)),
    listSetAside: (app, limit) => readFolded(() => reader.listSetAside(app, limit)),
    rollupDays: () => readFolded(() => reader.rollupDays()),
    compareDay: (day) => readFolded(() => reader.compareDay(day)),
    restoreSession: async (stored, changes, layouts = []) => {
      const token = new ObjectId();
      const { app, session: name } = stored.record;
      for (;;) {
        const before = lost.count;
        const restored = await writeLarge((session) => restoreSession(collections, { stored, changes, layouts, token }, session));
        if (!restored || lost.count === before || (await read(() => reader.findSession(app, name)))) return restored;
      }
    },
    expireSome: (expiry) => remove((session) => expireSome(collections, expiry, session)),
    eraseSome: (app, visitor) => remove((session) => eraseSome(collections, { app, visitor }, session)),
    // Its files and its journal are the server's: it overwrites them by rules of its own. Ours is what waits, and what nobody asks for.
    scrub: async () => {
      await read(fold);
      let after: string | null = null;
      do after = await large.write((session) => dropLayouts(collections, after, session));
      while (after !== null);
      return true;
    },
    readDocument: (kind, id) => read(() => reader.readDocument(kind, id)),
    ready: () =>
      new Promise((resolve) => {
        if (closed || !writer.takes) return resolve(false);
        const cancel = clock.after(readyWaitMs, () => resolve(false));
        const answered = (isPrimary: boolean) => {
          cancel();
          resolve(isPrimary);
        };
        db.command({ hello: 1 }, { readPreference: 'primary' }).then(
          (hello) => answered(hello['isWritablePrimary'] === true),
          () => answered(false),
        );
      }),
    close: () => {
      const finish = async () => {
        await Promise.all([writer.close(), large.close()]);
        if (unfolded > 0) await fold().catch(() => undefined);
        await client.close();
      };
      closed ??= finish();
      return closed;
    },
  };
}

/** The bytes of a worker are our own: what does not unpack is a broken promise of ours. */
function packedOf(given: PreparedBatch | Uint8Array): { readonly sessions: readonly SessionAdvance[]; readonly packed: Uint8Array } {
  try {
    if (given instanceof Uint8Array) return { sessions: unpackAdvances(given), packed: given };
    return { sessions: given.sessions, packed: packBatch(given) };
  } catch (error) {
    throw new DatalabError('internal', `A batch does not unpack: ${(error as Error).message}.`, { cause: error });
  }
}
