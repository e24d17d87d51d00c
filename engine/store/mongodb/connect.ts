import { type Db, type IndexDescription, MongoClient, MongoServerError } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';
import { INDEXES } from './collections.ts';
import { isDuplicateKey, openRefusalOf } from './failures.ts';

/**
 * Version of what collections.ts describes. A newer one's documents are not understood here. An older one's are, and stay as
 * they are; the version is raised, since who knows only that one would not find what waits in `batch`.
 *
 * 1: a chunk document per frame, written by the commit. 2: commits append to `batch`, a fold writes runs.
 */
export const SCHEMA_VERSION = 2;
/** `_id` of the document that has it, in the collection `document`. */
export const SCHEMA_ID = { kind: 'schema', id: 'store' } as const;

const NAMESPACE_EXISTS = 48;
const INDEX_DIFFERS = new Set([85, 86]);

type Schema = { readonly _id: typeof SCHEMA_ID; readonly version: number };

export type ConnectOptions = {
  /** `mongodb://…/database`; the database defaults to `datalab`. */ readonly uri: string;
  readonly poolSize: number;
  readonly timeoutMs: number;
};

/**
 * Connects and makes the database ready: collections, indexes, schema version. Safe to be done by several nodes at once.
 * @throws DatalabError `store-away` when nothing answers; `setting-invalid` for an address that is none, a server without
 * transactions or an index that is not ours; `store-newer`
 */
export async function connect({ uri, poolSize, timeoutMs }: ConnectOptions): Promise<{ readonly client: MongoClient; readonly db: Db }> {
  const clients: MongoClient[] = [];
  const connected = async (socketTimeoutMS: number): Promise<MongoClient> => {
    const client = new MongoClient(uri, {
      appName: 'datalab',
      maxPoolSize: poolSize,
      retryWrites: true,
      retryReads: true,
      writeConcern: { w: 'majority' },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS,
      waitQueueTimeoutMS: timeoutMs,
      ignoreUndefined: true,
      // For LostAnswers.
      monitorCommands: true,
    });
    clients.push(client);
    return client.connect();
  };
  try {
    // Unbounded: an index over what a year has left may take minutes to be made.
    const maker = await connected(0);
    const ready = maker.db(databaseOf(uri, maker));
    await requireTransactions(ready);
    await requireVersion(ready);
    await makeCollections(ready);
    await maker.close();
    const client = await connected(timeoutMs);
    return { client, db: client.db(ready.databaseName) };
  } catch (error) {
    await Promise.allSettled(clients.map((client) => client.close()));
    throw openRefusalOf(error);
  }
}

/** Not the driver's default, `test`: nobody means that one. */
function databaseOf(uri: string, client: MongoClient): string {
  return /^[^/]*\/\/[^/?]*\/[^?]/.test(uri) ? client.options.dbName : 'datalab';
}

async function requireTransactions(db: Db): Promise<void> {
  const hello = await db.command({ hello: 1 });
  if (hello['setName'] || hello['msg'] === 'isdbgrid') return;
  throw new DatalabError(
    'setting-invalid',
    'This MongoDB is a standalone server: it has no transactions. Make it a replica set, one member is enough: start it with --replSet rs0, then run rs.initiate().',
  );
}

/** Before anything is written: a newer datalab's database is left as it is. */
async function requireVersion(db: Db): Promise<void> {
  const schemas = db.collection<Schema>('document');
  // An older one's is raised, and one that is not there made, by whichever node is faster.
  const raise = () => schemas.updateOne({ _id: SCHEMA_ID }, { $max: { version: SCHEMA_VERSION } }, { upsert: true });
  const found = await schemas.findOne({ _id: SCHEMA_ID });
  if (!found || found.version < SCHEMA_VERSION) {
    await raise().catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
      return raise();
    });
  }
  const version = found?.version ?? (await schemas.findOne({ _id: SCHEMA_ID }))?.version ?? SCHEMA_VERSION;
  if (version <= SCHEMA_VERSION) return;
  throw new DatalabError(
    'store-newer',
    `The database ${db.databaseName} was written by a newer datalab (version ${version}, this one knows ${SCHEMA_VERSION}).`,
  );
}

async function makeCollections(db: Db): Promise<void> {
  const there = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  const made = Object.entries(INDEXES).map(async ([name, indexes]) => {
    // Made here, since a transaction that makes one would conflict with every other that does.
    if (!there.has(name)) await db.createCollection(name).catch(ignoreExisting);
    if (indexes.length > 0) await makeIndexes(db, name, indexes);
  });
  await Promise.all(made);
}

async function makeIndexes(db: Db, name: string, indexes: readonly IndexDescription[]): Promise<void> {
  try {
    await db.collection(name).createIndexes([...indexes]);
  } catch (error) {
    if (!(error instanceof MongoServerError) || !INDEX_DIFFERS.has(Number(error.code))) throw error;
    throw new DatalabError('setting-invalid', `The collection ${name} has an index that is not ours: ${error.message}. Drop it.`, {
      cause: error,
    });
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error;
}
