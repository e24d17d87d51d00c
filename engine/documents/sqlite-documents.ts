import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatalabError } from '../errors/errors.ts';
import { CheckedCollection, checkSpec, type Rows, type Selection } from './checked-collection.ts';
import type { CollectionSpec, Documents, Stored } from './documents.ts';
import type { PlainObject } from './plain-value.ts';

/** Version of the file, in its `user_version`: one table a collection with `id`, `revision`, `document`. */
const SCHEMA_VERSION = 1;
/** How long a statement waits for another program that holds the file. Everything else on this thread waits, too. */
const BUSY_WAIT_MS = 1_000;

/** SQLite's extended result code SQLITE_CONSTRAINT_UNIQUE. */
const UNIQUE_VIOLATED = 2_067;

type Row = { readonly id: string; readonly revision: number; readonly document: string };

/**
 * Documents in one SQLite file, made with its folder when missing, that only its owner may read: there may be hashes of passwords in it.
 * Works on the calling thread: writes are small and rare. WAL, synchronous FULL and secure_delete, as in the store's file: what was
 * acknowledged survives a power cut, and what is deleted is overwritten once SQLite moves its log into the file, on close at the latest.
 * @throws DatalabError `data-unwritable` or `store-newer`
 */
export function openSqliteDocuments({ file }: { readonly file: string }): Documents {
  const db = openFile(file);
  return {
    collection: async <T extends object>(spec: CollectionSpec) => {
      checkSpec(spec);
      return new CheckedCollection<T>(spec, rowsOf(db, spec));
    },
    close: async () => {
      if (db.isOpen) db.close();
    },
  };
}

function openFile(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Before SQLite opens it: its log and index files take over the mode.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    db = new DatabaseSync(file, { timeout: BUSY_WAIT_MS });
    requireVersion(db, file);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof DatalabError) throw error;
    throw new DatalabError('data-unwritable', `The file ${file} cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}

function requireVersion(db: DatabaseSync, file: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version <= SCHEMA_VERSION) return;
  throw new DatalabError('store-newer', `${file} was written by a newer datalab (version ${version}, this one knows ${SCHEMA_VERSION}).`);
}

function rowsOf(db: DatabaseSync, spec: CollectionSpec): Rows {
  makeTable(db, spec);
  const table = `"${spec.name}"`;
  const prepared = (sql: string) => asked(() => db.prepare(sql));
  const get = prepared(`SELECT id, revision, document FROM ${table} WHERE id = ?`);
  const count = prepared(`SELECT count(*) AS documents FROM ${table}`);
  // DO NOTHING and OR IGNORE: whatever is unique, id or field.
  const insert = prepared(`INSERT INTO ${table} VALUES (?, 1, ?) ON CONFLICT DO NOTHING`);
  const replace = prepared(`UPDATE OR IGNORE ${table} SET revision = revision + 1, document = ? WHERE id = ? AND revision = ?`);
  const remove = prepared(`DELETE FROM ${table} WHERE id = ? AND revision = coalesce(?, revision)`);
  return {
    get: async (id) => {
      const row = asked(() => get.get(id) as Row | undefined);
      return row ? storedOf(row) : null;
    },
    select: async (selection) => {
      const { sql, values } = selectOf(table, selection);
      return asked(() => db.prepare(sql).all(...values) as Row[]).map(storedOf);
    },
    count: async () => Number(asked(() => count.get())?.['documents']),
    insert: async (id, value) => asked(() => insert.run(id, JSON.stringify(value))).changes === 1,
    replace: async (id, revision, value) => asked(() => replace.run(JSON.stringify(value), id, revision)).changes === 1,
    remove: async (id, revision) => asked(() => remove.run(id, revision)).changes === 1,
  };
}

/** Table and indexes. */
function makeTable(db: DatabaseSync, { name, indexes = [] }: CollectionSpec): void {
  const statements = indexes.map(({ field, unique = false }) =>
    unique
      ? `CREATE UNIQUE INDEX IF NOT EXISTS "${name}_one_by_${field}" ON "${name}" (${columnOf(field)})`
      : `CREATE INDEX IF NOT EXISTS "${name}_by_${field}" ON "${name}" (${columnOf(field)}, id)`,
  );
  const table = `CREATE TABLE IF NOT EXISTS "${name}" (id TEXT NOT NULL PRIMARY KEY, revision INTEGER NOT NULL, document TEXT NOT NULL) STRICT`;
  asked(() => db.exec(table));
  try {
    for (const statement of statements) db.exec(statement);
  } catch (error) {
    const what = `The collection ${name} cannot have its index: ${(error as Error).message}`;
    throw new DatalabError((error as { errcode?: number }).errcode === UNIQUE_VIOLATED ? 'setting-invalid' : 'store-away', `${what}.`, {
      cause: error,
    });
  }
}

/** What of the document an index is over; a query must say the same. Null where the document lacks it. */
function columnOf(field: string): string {
  return `json_extract(document, '$.${field}')`;
}

function selectOf(table: string, { where, after, descending, limit }: Selection): { sql: string; values: (string | number)[] } {
  const conditions = [where && `${columnOf(where.field)} = ?`, after !== null && `id ${descending ? '<' : '>'} ?`].filter(Boolean);
  const narrowed = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return {
    sql: `SELECT id, revision, document FROM ${table} ${narrowed} ORDER BY id ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
    values: [...(where ? [where.equals] : []), ...(after === null ? [] : [after]), limit],
  };
}

function storedOf({ id, revision, document }: Row): Stored<PlainObject> {
  return { id, revision, value: JSON.parse(document) as PlainObject };
}

/** The file is locked or closed, the disk full: nothing was written, and trying again may help. */
function asked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new DatalabError('store-away', `SQLite cannot answer: ${(error as Error).message}.`, { cause: error });
  }
}
