import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { documentsContract } from './documents.contract.ts';
import type { Collection, Documents } from './documents.ts';
import { AnswerCutter } from './fixtures/answer-cutter.ts';
import { openMongoDocuments } from './mongo-documents.ts';

/** A MongoDB, 4.4 or newer, of any topology; every test uses a database of its own there, and drops it. */
const SERVER = process.env['DATALAB_TEST_MONGODB_URI'];
if (!SERVER) console.warn('Documents in MongoDB are not tested: DATALAB_TEST_MONGODB_URI names no server.');
const ADDRESS = SERVER ?? 'mongodb://unused';

const PREFIX = `datalab_documents_${process.pid}_${Date.now().toString(36)}`;
const databases: string[] = [];

function newDatabase(): string {
  const name = `${PREFIX}_${databases.length}`;
  databases.push(name);
  return name;
}

type User = { readonly email?: string; readonly visits?: number };
const USERS = { name: 'user', indexes: [{ field: 'email', unique: true }, { field: 'visits' }] } as const;

describe.skipIf(!SERVER)('MongoDB documents', { timeout: 30_000 }, () => {
  const admin = new MongoClient(ADDRESS);
  afterAll(async () => {
    for (const name of databases) await admin.db(name).dropDatabase();
    await admin.close();
  });

  documentsContract(() => openMongoDocuments({ uri: ADDRESS, database: newDatabase() }));

  test('any client of MongoDB reads what is stored: fields beside id and revision', async () => {
    const database = newDatabase();
    const documents = await openMongoDocuments({ uri: ADDRESS, database });
    await (await documents.collection<User>(USERS)).insert('u1', { email: 'a', visits: 1 });
    expect(await admin.db(database).collection('user').findOne({ 'value.email': 'a' })).toMatchObject({
      _id: 'u1',
      revision: 1,
      value: { email: 'a', visits: 1 },
    });
    await documents.close();
  });

  test('nodes that start at the same time make the same collection; updates of all count', async () => {
    const database = newDatabase();
    const nodes = await Promise.all(Array.from({ length: 4 }, () => openMongoDocuments({ uri: ADDRESS, database })));
    const users = await Promise.all(nodes.map((node) => node.collection<User>(USERS)));
    const inserted = await Promise.all(users.map((some) => some.insert('u1', { visits: 0 })));
    expect(inserted.filter(Boolean)).toHaveLength(1);
    await Promise.all(users.map((some) => some.update('u1', ({ visits = 0 }) => ({ visits: visits + 1 }))));
    expect(await users[0]?.get('u1')).toEqual({ id: 'u1', revision: 5, value: { visits: 4 } });
    for (const node of nodes) await node.close();
  });

  test('a database of a newer version is refused', async () => {
    const database = newDatabase();
    await (await openMongoDocuments({ uri: ADDRESS, database })).close();
    const { matchedCount } = await admin
      .db(database)
      .collection('schema_version')
      .updateOne({}, { $set: { version: 2 } });
    expect(matchedCount).toBe(1);
    await expect(openMongoDocuments({ uri: ADDRESS, database })).rejects.toMatchObject({ code: 'store-newer' });
  });

  describe('answers that are lost', () => {
    let cutter: AnswerCutter;
    let documents: Documents;
    let users: Collection<User>;
    beforeEach(async () => {
      const [host = '127.0.0.1', port = '27017'] = new URL(ADDRESS).host.split(':');
      cutter = new AnswerCutter({ host, port: Number(port) });
      const between = new URL(ADDRESS);
      between.host = `127.0.0.1:${await cutter.listen()}`;
      // Or the driver would ask the server for its own address, and go there.
      between.searchParams.delete('replicaSet');
      between.searchParams.set('directConnection', 'true');
      documents = await openMongoDocuments({ uri: between.href, database: newDatabase(), timeoutMs: 2_000 });
      users = await documents.collection<User>(USERS);
    });
    afterEach(async () => {
      await documents.close();
      await cutter.close();
    });

    for (const times of [1, 3]) {
      test(`an insert that lost ${times} of its answers was done, once`, async () => {
        cutter.loseAnswers('insert', times);
        expect(await users.insert('u1', { email: 'a' })).toBe(true);
        expect(cutter.lost).toBe(times);
        expect(await users.list()).toEqual([{ id: 'u1', revision: 1, value: { email: 'a' } }]);
      });

      test(`a replacement that lost ${times} of its answers was done, once`, async () => {
        await users.insert('u1', { visits: 1 });
        cutter.loseAnswers('update', times);
        expect(await users.replace('u1', 1, { visits: 2 })).toBe(true);
        expect(cutter.lost).toBe(times);
        expect(await users.get('u1')).toEqual({ id: 'u1', revision: 2, value: { visits: 2 } });
      });

      test(`a removal that lost ${times} of its answers was done`, async () => {
        await users.insert('u1', {});
        cutter.loseAnswers('delete', times);
        expect(await users.remove('u1', 1)).toBe(true);
        expect(cutter.lost).toBe(times);
        expect(await users.count()).toBe(0);
      });
    }

    test('of updates that race while answers are lost, each counts once', async () => {
      await users.insert('u1', { visits: 0 });
      cutter.loseAnswers('update', 3);
      await Promise.all(Array.from({ length: 6 }, () => users.update('u1', ({ visits = 0 }) => ({ visits: visits + 1 }))));
      expect(cutter.lost).toBe(3);
      expect(await users.get('u1')).toEqual({ id: 'u1', revision: 7, value: { visits: 6 } });
    });

    test('a lost answer does not make another’s write one’s own', async () => {
      await users.insert('u1', { email: 'a' });
      await users.insert('u2', {});
      await users.replace('u2', 1, { visits: 1 });
      for (const [command, write] of [
        ['insert', () => users.insert('u1', { email: 'b' })],
        ['insert', () => users.insert('u3', { email: 'a' })],
        ['update', () => users.replace('u2', 1, { visits: 2 })],
        ['update', () => users.replace('u2', 2, { email: 'a' })],
        ['delete', () => users.remove('u2', 1)],
      ] as const) {
        cutter.loseAnswers(command, 1);
        expect(await write()).toBe(false);
        expect(cutter.lost).toBe(1);
      }
      expect(await users.list()).toEqual([
        { id: 'u1', revision: 1, value: { email: 'a' } },
        { id: 'u2', revision: 2, value: { visits: 1 } },
      ]);
    });

    test('when no answer comes at all the store is away', async () => {
      cutter.loseAnswers('insert', 1_000);
      await expect(users.insert('u1', {})).rejects.toMatchObject({ code: 'store-away' });
      cutter.loseAnswers('insert', 0);
      await cutter.close();
      await expect(users.get('u1')).rejects.toMatchObject({ code: 'store-away' });
      const startMs = performance.now();
      const writes = Array.from({ length: 10 }, (_, i) => users.insert(`w${i}`, {}));
      for (const { reason } of (await Promise.allSettled(writes)) as PromiseRejectedResult[])
        expect(reason).toMatchObject({ code: 'store-away' });
      // Its own time, and a command that was begun within it: not a turn of that long for each of those before it.
      expect(performance.now() - startMs).toBeLessThan(6_000);
    });
  });
});

test('where nothing listens the store is away; an address that is none is a setting', async () => {
  const nowhere = openMongoDocuments({ uri: 'mongodb://127.0.0.1:1', database: 'd', timeoutMs: 200 });
  await expect(nowhere).rejects.toMatchObject({ code: 'store-away' });
  const secret = openMongoDocuments({ uri: 'http://admin:secret@127.0.0.1', database: 'd', timeoutMs: 200 });
  await expect(secret).rejects.toMatchObject({ code: 'setting-invalid', message: expect.not.stringContaining('secret') });
});
