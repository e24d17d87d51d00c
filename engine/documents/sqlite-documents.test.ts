import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { documentsContract } from './documents.contract.ts';
import { openSqliteDocuments } from './sqlite-documents.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-documents-'));
afterAll(() => rmSync(root, { recursive: true }));
const newFile = () => join(mkdtempSync(join(root, 'data-')), 'folder', 'users.sqlite');

type User = { readonly email?: string; readonly visits?: number };
const USERS = { name: 'user', indexes: [{ field: 'email', unique: true }, { field: 'visits' }] } as const;

documentsContract(async () => openSqliteDocuments({ file: newFile() }));

test('what is stored outlives the process, and any client of SQLite reads it', async () => {
  const file = newFile();
  const first = openSqliteDocuments({ file });
  await (await first.collection<User>(USERS)).insert('u1', { email: 'a', visits: 1 });
  await first.close();
  const db = new DatabaseSync(file, { readOnly: true });
  expect({ ...db.prepare('SELECT * FROM user').get() }).toEqual({ id: 'u1', revision: 1, document: '{"email":"a","visits":1}' });
  db.close();
  const second = openSqliteDocuments({ file });
  const users = await second.collection<User>(USERS);
  expect(await users.insert('u2', { email: 'a' })).toBe(false);
  expect(await users.get('u1')).toEqual({ id: 'u1', revision: 1, value: { email: 'a', visits: 1 } });
  await second.close();
});

test('two that have the same file open see each other, and only one of their writes at a revision is taken', async () => {
  const file = newFile();
  const nodes = [openSqliteDocuments({ file }), openSqliteDocuments({ file })];
  const [one, other] = await Promise.all(nodes.map((node) => node.collection<User>(USERS)));
  await one?.insert('u1', { visits: 0 });
  expect(await other?.replace('u1', 1, { visits: 1 })).toBe(true);
  expect(await one?.replace('u1', 1, { visits: 2 })).toBe(false);
  expect((await one?.get('u1'))?.value).toEqual({ visits: 1 });
  for (const node of nodes) await node.close();
});

test('the file and its log may be read by their owner alone, also when they could be read by all before', async () => {
  const file = newFile();
  const first = openSqliteDocuments({ file });
  await first.close();
  chmodSync(file, 0o644);
  const documents = openSqliteDocuments({ file });
  await (await documents.collection<User>(USERS)).insert('u1', {});
  for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
  await documents.close();
});

test('what was removed or replaced is not in the file any more', async () => {
  const file = newFile();
  const documents = openSqliteDocuments({ file });
  const users = await documents.collection<User>(USERS);
  for (const id of ['u1', 'u2', 'u3']) await users.insert(id, { email: `hash-of-${id}` });
  await users.remove('u1');
  await users.replace('u2', 1, { email: 'new' });
  await documents.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  const bytes = readFileSync(file, 'latin1');
  expect(['u1', 'u2', 'u3'].filter((id) => bytes.includes(`hash-of-${id}`))).toEqual(['u3']);
});

test('what is found by a field is found by its index', async () => {
  const file = newFile();
  const documents = openSqliteDocuments({ file });
  await documents.collection<User>(USERS);
  const db = new DatabaseSync(file, { readOnly: true });
  for (const field of ['email', 'visits']) {
    const sql = `EXPLAIN QUERY PLAN SELECT * FROM "user" WHERE json_extract(document, '$.${field}') = ? ORDER BY id LIMIT ?`;
    expect(
      db
        .prepare(sql)
        .all('a', 1)
        .map((row) => String(row['detail']))
        .join(),
    ).toContain('USING INDEX user_');
  }
  db.close();
  await documents.close();
});

test('a file of a newer version is refused and left as it is', async () => {
  const file = newFile();
  await openSqliteDocuments({ file }).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 2');
  db.close();
  const before = readFileSync(file);
  expect(() => openSqliteDocuments({ file })).toThrow(expect.objectContaining({ code: 'store-newer' }));
  expect(readFileSync(file)).toEqual(before);
});

test('a folder that cannot be written, and a file that is none of SQLite, are refused', () => {
  const file = join(mkdtempSync(join(root, 'data-')), 'text');
  writeFileSync(file, 'This is no database. '.repeat(100));
  for (const path of [join(file, 'users.sqlite'), file]) {
    expect(() => openSqliteDocuments({ file: path })).toThrow(expect.objectContaining({ code: 'data-unwritable' }));
  }
});

test('a file that another program holds is away, and nothing is written; then it goes on', async () => {
  const file = newFile();
  const documents = openSqliteDocuments({ file });
  const users = await documents.collection<User>(USERS);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(users.insert('u1', {})).rejects.toMatchObject({ code: 'store-away' });
  expect(await users.count()).toBe(0);
  other.exec('ROLLBACK');
  expect(await users.insert('u1', {})).toBe(true);
  other.close();
  await documents.close();
});

test('an update that is overtaken every time gives up, and none of its changes is written', async () => {
  const documents = openSqliteDocuments({ file: newFile() });
  const users = await documents.collection<User>(USERS);
  await users.insert('u1', { visits: 0 });
  let attempts = 0;
  const overtaken = users.update('u1', () => {
    // Done by the time it returns: this store works on the calling thread.
    void users.replace('u1', ++attempts, { visits: attempts });
    return { visits: -1 };
  });
  await expect(overtaken).rejects.toMatchObject({ code: 'store-away' });
  expect(attempts).toBe(50);
  expect(await users.get('u1')).toEqual({ id: 'u1', revision: 51, value: { visits: 50 } });
  await documents.close();
});
