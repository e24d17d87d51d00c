import { type ClientSession, ObjectId } from 'mongodb';
import { type Clock, systemClock } from '../../clock/clock.ts';
import { DatalabError } from '../../errors/errors.ts';
import { unpackBatch } from '../packed-batch.ts';
import type { PreparedBatch, Store } from '../store.ts';
import { collectionsOf } from './collections.ts';
import { connect } from './connect.ts';
import { eraseSome } from './erase-some.ts';
import { expireSome } from './expire-some.ts';
import { refusalOf } from './failures.ts';
import { Folder } from './folder.ts';
import { LargeWrites } from './large-writes.ts';
import { Reader } from './reader.ts';
import { restoreSession } from './restore-session.ts';
import { Writer } from './writer.ts';

export type MongoStoreOptions = {
  /** `mongodb://host,host/database?replicaSet=…`; the database is `datalab` when none is named. */ readonly uri: string;
  /** Most connections. One writes, one adds rollups up, the others answer questions. */ readonly poolSize?: number;
  /** Longest that a primary is looked for, that one command may take, and that a transaction is begun anew: then the store is away. */
  readonly timeoutMs?: number;
  /** Most writes, and most of their bytes, that wait for the server. */ readonly writesMax?: number;
  readonly writeBytesMax?: number;
  /** Rollup changes are added up this long after a commit, or sooner after so many batches. */ readonly foldAfterMs?: number;
  readonly foldAfterBatches?: number;
  /** Longest that `ready` waits for the primary. */ readonly readyWaitMs?: number;
  readonly clock?: Clock;
};

/**
 * The store of a deployment with several nodes: one MongoDB, 4.4 or newer, a replica set (one member is enough) or mongos.
 * @throws DatalabError `store-away`, `setting-invalid` or `store-newer`: connect.ts
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<Store> {
  const { uri, poolSize = 16, timeoutMs = 10_000, readyWaitMs = 1_000 } = options;
  const { clock = systemClock, foldAfterMs = 2_000, foldAfterBatches = 256 } = options;
  const { client, db } = await connect({ uri, poolSize, timeoutMs });
  const collections = collectionsOf(db);
  const writer = new Writer(client, collections, {
    writesMax: options.writesMax ?? 20_000,
    bytesMax: options.writeBytesMax ?? 64 * 1024 * 1024,
    timeoutMs,
  });
  const folder = new Folder(client, collections, timeoutMs);
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
  // What fails is tried again: the changes are safe where they are.
  const foldNow = () => void fold().catch(foldLater);
  const foldSoon = () => {
    if (++unfolded >= foldAfterBatches) foldNow();
    else foldLater();
  };

  const write = <T>(...args: Parameters<Writer['write']>): Promise<T> => {
    foldSoon();
    return writer.write(...args) as Promise<T>;
  };
  const writeLarge = <T>(work: (session: ClientSession) => Promise<T>): Promise<T> => {
    foldSoon();
    return large.write(work);
  };
  const read = async <T>(question: () => Promise<T>): Promise<T> => {
    if (closed) throw new DatalabError('store-away', 'The store is closed.');
    try {
      return await question();
    } catch (error) {
      throw refusalOf(error);
    }
  };

  return {
    kind: 'mongodb',
    openSession: (record) => write({ kind: 'open', record }),
    commit: async (given) => {
      const batch = unpacked(given);
      const bytes = batch.changes.byteLength + batch.chunks.reduce((sum, chunk) => sum + chunk.bytes.byteLength, 0);
      return write({ kind: 'commit', batch }, bytes);
    },
    endSession: (end) => write({ kind: 'end', end }),
    applyChanges: (changes, mark) => write({ kind: 'document', write: mark, changes }, changes.byteLength),
    writeDocument: (mark) => write({ kind: 'document', write: mark, changes: new Uint8Array() }),
    fold: () => read(fold),
    findSession: (app, session) => read(() => reader.findSession(app, session)),
    unendedSessions: () => read(() => reader.unendedSessions()),
    latestVisit: (app, visitor) => read(() => reader.latestVisit(app, visitor)),
    listVisits: (query) => read(() => reader.listVisits(query)),
    walkSessions: (walk) => read(() => reader.walkSessions(walk)),
    readSession: (app, session) => read(() => reader.readSession(app, session)),
    listSessions: (query) => read(() => reader.listSessions(query)),
    readChunks: (app, session) => read(() => reader.readChunks(app, session)),
    readRollup: (name, range) => read(() => reader.readRollup(name, range)),
    latestLayout: (app, url, widthClass) => read(() => reader.latestLayout(app, url, widthClass)),
    listSetAside: (app, limit) => read(() => reader.listSetAside(app, limit)),
    rollupDays: () => read(() => reader.rollupDays()),
    compareDay: (day) => read(() => reader.compareDay(day)),
    restoreSession: (stored, changes) => {
      const token = new ObjectId();
      return writeLarge((session) => restoreSession(collections, { stored, changes, token }, session));
    },
    expireSome: async (expiry) => {
      // What waits to be added up would bring rollups back that are deleted here.
      if (expiry.kind === 'rollups') await read(fold);
      return writeLarge((session) => expireSome(collections, expiry, session));
    },
    eraseSome: (app, visitor) => writeLarge((session) => eraseSome(collections, { app, visitor }, session)),
    // Its files and its journal are the server's: it overwrites them by rules of its own. Ours is what waits to be added up.
    scrub: async () => {
      await read(fold);
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
function unpacked(given: PreparedBatch | Uint8Array): PreparedBatch {
  if (!(given instanceof Uint8Array)) return given;
  try {
    return unpackBatch(given);
  } catch (error) {
    throw new DatalabError('internal', `A batch does not unpack: ${(error as Error).message}.`, { cause: error });
  }
}
