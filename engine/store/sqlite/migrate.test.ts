/** Files that older versions wrote, as they wrote them: each becomes one of today's and keeps what it held. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { frameBatch, sessionRecord, URL_A } from '../fixtures/records.ts';
import { DATABASE_FILE } from './open-database.ts';
import { MIGRATIONS } from './schema.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-migrate-'));
afterAll(() => rmSync(root, { recursive: true }));

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(root, 'data-'));
});

function unpack(version: number): void {
  const packed = readFileSync(new URL(`fixtures/version-${version}.sqlite.gz`, import.meta.url));
  writeFileSync(join(dataDir, DATABASE_FILE), gunzipSync(packed));
}

/** The schema as text, however it came about. */
function schemaOf(dir: string): unknown[] {
  const db = new DatabaseSync(join(dir, DATABASE_FILE), { readOnly: true });
  const tables = db.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' ORDER BY name").all();
  const columns = tables.map(({ name }) => db.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)').all(name ?? ''));
  const version = db.prepare('PRAGMA user_version').get();
  db.close();
  return [tables, columns, version];
}

test('a file of version 1 keeps its sessions, chunks and sums, and takes new frames', async () => {
  unpack(1);
  const store = await openSqliteStore({ dataDir });
  const { rows } = await store.listSessions({ app: 'demo', descending: false });
  expect(rows.map(({ session, endReason, ledger }) => [session, endReason, ledger.highSeq])).toEqual([
    ['s1', 'goodbye', 3],
    ['s2', undefined, 3],
    ['s3', undefined, 3],
  ]);
  expect(await store.readChunks('demo', 's1')).toHaveLength(1);
  expect(await store.readRollup('page', { app: 'demo', where: { url: URL_A } })).toMatchObject([{ views: 3, clicks: 3, events: 9 }]);
  expect(await store.commit(frameBatch(await store.openSession(sessionRecord({ session: 's2' })), 4))).toMatchObject({ committed: true });
  // What its ends counted was not kept: those days are left alone by a rebuild, not emptied.
  expect(await store.rollupDays()).toEqual([]);
  await store.close();
  const db = new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly: true });
  expect(db.prepare('SELECT visit, session, newVisitor FROM visit ORDER BY visit').all()).toEqual([
    { visit: 'v1', session: 's1', newVisitor: 1 },
    { visit: 'v2', session: 's3', newVisitor: 0 },
  ]);
  expect(db.prepare('SELECT count(*) AS chunks FROM chunk JOIN chunk_arrival ON id BETWEEN firstId AND lastId').get()).toEqual({
    chunks: 4,
  });
  db.close();
});

test('a file of version 2 keeps what it had added up and what it had not', async () => {
  unpack(2);
  const store = await openSqliteStore({ dataDir });
  expect(await store.readRollup('page', { app: 'demo', where: { url: URL_A } })).toMatchObject([{ events: 12 }]);
  expect(await store.readSession('demo', 's2')).toMatchObject({ record: { events: 6 }, chunks: [{ firstSeq: 1 }, { firstSeq: 4 }] });
  for (const day of await store.rollupDays()) expect(await store.compareDay(day)).toMatchObject({ differing: 0 });
  expect(await store.commit(frameBatch(await store.openSession(sessionRecord({ session: 's2' })), 7))).toMatchObject({ committed: true });
  expect((await store.readSession('demo', 's2'))?.chunks.map(({ firstSeq }) => firstSeq)).toEqual([1, 4, 7]);
  await store.close();
});

test.each([1, 2])('a migrated file of version %i has the schema of a new one, and opening it again changes nothing', async (version) => {
  unpack(version);
  for (let i = 0; i < 2; i++) await (await openSqliteStore({ dataDir })).close();
  const fresh = mkdtempSync(join(root, 'data-'));
  await (await openSqliteStore({ dataDir: fresh })).close();
  expect(schemaOf(dataDir)).toEqual(schemaOf(fresh));
});

test('a migration that fails leaves the file as it was', () => {
  unpack(1);
  const db = new DatabaseSync(join(dataDir, DATABASE_FILE));
  db.exec('CREATE TABLE document (of INTEGER)');
  db.close();
  const before = schemaOf(dataDir);
  return openSqliteStore({ dataDir }).then(
    () => expect.unreachable(),
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'data-unwritable', message: expect.stringContaining('document') });
      expect(schemaOf(dataDir)).toEqual(before);
    },
  );
});

test('every version but the newest has a stored file here', () => {
  for (let version = 1; version < MIGRATIONS.length; version++) expect(() => unpack(version)).not.toThrow();
});
