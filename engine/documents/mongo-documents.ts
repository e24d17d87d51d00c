import { type Db, MongoClient, MongoParseError, ReadConcern } from 'mongodb';
import { DatalabError } from '../errors/errors.ts';
import { CheckedCollection, checkSpec } from './checked-collection.ts';
import type { CollectionSpec, Documents } from './documents.ts';
import { isDuplicateKey, isOtherIndex, refusalOf } from './mongo-failures.ts';
import { type KeptDocument, MongoRows } from './mongo-rows.ts';

/** Version of what mongo-rows.ts describes. */
const SCHEMA_VERSION = 1;
/** Where it is kept; no collection of a service has an underscore in its name. */
const SCHEMA = { collection: 'schema_version', id: 'documents' } as const;
const CONNECTIONS_MAX = 8;

type Schema = { readonly _id: string; readonly version: number };

export type MongoDocumentsOptions = {
  /** `mongodb://host,host/?replicaSet=…`, with the credentials of this database. */ readonly uri: string;
  readonly database: string;
  /** Longest that a primary is looked for, that one command may take, and that a write is tried anew. Default 10,000. */
  readonly timeoutMs?: number;
};

/**
 * Documents in a MongoDB, 4.4 or newer, of any topology: there are no transactions.
 * @throws DatalabError `store-away` when nothing answers; `setting-invalid` for an address that is none or whose credentials are
 * refused; `store-newer`
 */
export async function openMongoDocuments({ uri, database, timeoutMs = 10_000 }: MongoDocumentsOptions): Promise<Documents> {
  const { client, db } = await connect(uri, database, timeoutMs);
  return {
    collection: async <T extends object>(spec: CollectionSpec) => {
      checkSpec(spec);
      await makeIndexes(db, spec);
      return new CheckedCollection<T>(spec, new MongoRows(db.collection<KeptDocument>(spec.name), timeoutMs));
    },
    close: () => client.close(),
  };
}

async function connect(uri: string, database: string, timeoutMs: number): Promise<{ readonly client: MongoClient; readonly db: Db }> {
  let client: MongoClient | undefined;
  try {
    client = new MongoClient(uri, {
      appName: 'datalab',
      maxPoolSize: CONNECTIONS_MAX,
      // Done by MongoRows, which looks whether the first try was written: a server may forget that it was.
      retryWrites: false,
      retryReads: true,
      writeConcern: { w: 'majority' },
      readPreference: 'primary',
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs,
      waitQueueTimeoutMS: timeoutMs,
    });
    await client.connect();
    const hello = await client.db(database).command({ hello: 1 });
    const isReplicated = Boolean(hello['setName']) || hello['msg'] === 'isdbgrid';
    const db = client.db(database, { readConcern: new ReadConcern(isReplicated ? 'majority' : 'local') });
    await requireVersion(db);
    return { client, db };
  } catch (error) {
    await client?.close();
    throw openRefusalOf(error);
  }
}

/** What opening threw. The address may hold a password and is not repeated. */
function openRefusalOf(error: unknown): DatalabError {
  const refusal = refusalOf(error);
  if (refusal.code !== 'internal') return refusal;
  const what = error instanceof MongoParseError ? 'The address of MongoDB is not one' : 'MongoDB cannot be used';
  return new DatalabError('setting-invalid', `${what}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
}

async function requireVersion(db: Db): Promise<void> {
  const schemas = db.collection<Schema>(SCHEMA.collection);
  const found = await schemas.findOne({ _id: SCHEMA.id });
  if (found && found.version > SCHEMA_VERSION) {
    throw new DatalabError(
      'store-newer',
      `The database ${db.databaseName} was written by a newer datalab (version ${found.version}, this one knows ${SCHEMA_VERSION}).`,
    );
  }
  if (found) return;
  await schemas.insertOne({ _id: SCHEMA.id, version: SCHEMA_VERSION }).catch((error: unknown) => {
    // Another node was faster.
    if (!isDuplicateKey(error)) throw error;
  });
}

/** Sparse: a document without the field is not in it, and takes nothing. */
async function makeIndexes(db: Db, { name, indexes = [] }: CollectionSpec): Promise<void> {
  const wanted = indexes.map(({ field, unique = false }) =>
    unique
      ? { name: `one_by_${field}`, key: { [`value.${field}`]: 1 }, unique: true, sparse: true }
      : { name: `by_${field}`, key: { [`value.${field}`]: 1, _id: 1 } },
  );
  if (wanted.length === 0) return;
  const collection = db.collection(name);
  const refused = (why: string, cause?: unknown) =>
    new DatalabError('setting-invalid', `The collection ${name} cannot have its index: ${why}.`, { cause });
  try {
    await collection.createIndexes(wanted);
    // Some servers build in the background and say yes at once. Without its index nothing would be unique.
    const there = await collection
      .listIndexes()
      .map((index) => String(index['name']))
      .toArray();
    const missing = wanted.find((index) => !there.includes(index.name));
    if (missing) throw refused(`${missing.name} is not there after it was made; is a value in two documents?`);
  } catch (error) {
    throw isOtherIndex(error) || isDuplicateKey(error) ? refused((error as Error).message, error) : refusalOf(error);
  }
}
