/** What every adapter must keep. Each adapter's test runs it on the real thing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Collection, CollectionSpec, Documents } from './documents.ts';
import { operatorBodies } from './fixtures/operator-bodies.ts';

type User = { readonly email?: string; readonly team?: string; readonly level?: number; readonly visits?: number };

const USERS: CollectionSpec = {
  name: 'user',
  indexes: [{ field: 'email', unique: true }, { field: 'team' }, { field: 'level' }],
};

/** A lie to the compiler: what a client's body may be at run time. */
const as = <T>(value: unknown): T => value as T;
const invalid = { code: 'query-invalid' };

/** @param open over nothing yet; called anew for each test */
export function documentsContract(open: () => Promise<Documents>): void {
  describe('documents contract', () => {
    let documents: Documents;
    let users: Collection<User>;
    beforeEach(async () => {
      documents = await open();
      users = await documents.collection<User>(USERS);
    });
    afterEach(() => documents.close());

    test('what was inserted is read as it was, at revision 1; an id is taken once', async () => {
      expect(await users.get('u1')).toBeNull();
      expect(await users.insert('u1', { email: 'a@example.com', level: 3 })).toBe(true);
      expect(await users.insert('u1', { level: 4 })).toBe(false);
      expect(await users.get('u1')).toEqual({ id: 'u1', revision: 1, value: { email: 'a@example.com', level: 3 } });
      expect(await users.count()).toBe(1);
    });

    test('a write needs the revision that is stored, and raises it', async () => {
      await users.insert('u1', { level: 1, team: 'red' });
      expect(await users.replace('u1', 2, { level: 2 })).toBe(false);
      expect(await users.replace('u1', 1, { level: 2 })).toBe(true);
      expect(await users.replace('u1', 1, { level: 3 })).toBe(false);
      expect(await users.get('u1')).toEqual({ id: 'u1', revision: 2, value: { level: 2 } });
      expect(await users.replace('u2', 1, { level: 1 })).toBe(false);
      expect(await users.count()).toBe(1);
    });

    test('a document is removed at its revision, or at any; then it is not there', async () => {
      for (const id of ['u1', 'u2']) await users.insert(id, { level: 1 });
      expect(await users.remove('u1', 2)).toBe(false);
      expect(await users.remove('u1', 1)).toBe(true);
      expect(await users.remove('u1')).toBe(false);
      expect(await users.list()).toMatchObject([{ id: 'u2' }]);
      expect(await users.remove('u2')).toBe(true);
      expect(await users.count()).toBe(0);
    });

    test('what is unique is taken once, by insert and by replace; who lacks it takes nothing; what is given up is free', async () => {
      expect(await users.insert('u1', { email: 'a' })).toBe(true);
      expect(await users.insert('u2', { email: 'a' })).toBe(false);
      expect(await users.insert('u2', {})).toBe(true);
      expect(await users.insert('u3', {})).toBe(true);
      expect(await users.replace('u2', 1, { email: 'a' })).toBe(false);
      expect(await users.get('u2')).toEqual({ id: 'u2', revision: 1, value: {} });
      expect(await users.replace('u1', 1, { email: 'a', level: 2 })).toBe(true);
      expect(await users.replace('u1', 2, {})).toBe(true);
      expect(await users.replace('u2', 1, { email: 'a' })).toBe(true);
    });

    test('of many who insert at once, by id or by what is unique, one succeeds', async () => {
      const sameId = await Promise.all(Array.from({ length: 20 }, (_, level) => users.insert('u1', { level })));
      const sameEmail = await Promise.all(Array.from({ length: 20 }, (_, i) => users.insert(`e${i}`, { email: 'a' })));
      expect([sameId, sameEmail].map((answers) => answers.filter(Boolean))).toEqual([[true], [true]]);
      expect(await users.count()).toBe(2);
    });

    test('documents are found by an indexed field, of the same type, in order of id, a page at a time', async () => {
      for (const id of ['c', 'a', 'd', 'b']) await users.insert(id, { team: id === 'd' ? 'blue' : 'red', level: 1 });
      await users.insert('e', {});
      const idsBy = async (...args: Parameters<typeof users.find>) => (await users.find(...args)).map(({ id }) => id);
      expect(await idsBy({ field: 'team', equals: 'red' })).toEqual(['a', 'b', 'c']);
      expect(await idsBy({ field: 'team', equals: 'red' }, { limit: 2 })).toEqual(['a', 'b']);
      expect(await idsBy({ field: 'team', equals: 'red' }, { after: 'b' })).toEqual(['c']);
      expect(await idsBy({ field: 'team', equals: 'red' }, { after: 'c', descending: true })).toEqual(['b', 'a']);
      expect(await idsBy({ field: 'level', equals: 1 })).toEqual(['a', 'b', 'c', 'd']);
      expect(await idsBy({ field: 'level', equals: '1' })).toEqual([]);
      expect(await idsBy({ field: 'team', equals: '' })).toEqual([]);
      await expect(users.find({ field: 'visits', equals: 1 })).rejects.toMatchObject(invalid);
    });

    test('a list is in order of code points, either way, and is read to its end by pages', async () => {
      const ids = ['', ' ', 'A', 'a', 'a.b', 'ab', 'é', '\uffee', '😀'];
      for (const id of ids.toReversed()) await users.insert(id, {});
      const walk = async (descending: boolean) => {
        const seen: string[] = [];
        for (let page = await users.list({ descending, limit: 2 }); page.length > 0; ) {
          seen.push(...page.map(({ id }) => id));
          page = await users.list({ descending, limit: 2, after: seen.at(-1) ?? '' });
        }
        return seen;
      };
      expect(await walk(false)).toEqual(ids);
      expect(await walk(true)).toEqual(ids.toReversed());
    });

    test('a list has 100 documents unless it is told, and 1,000 at most', async () => {
      for (let i = 0; i < 102; i++) await users.insert(`u${i}`, {});
      expect(await users.list()).toHaveLength(100);
      expect(await users.list({ limit: 1_000 })).toHaveLength(102);
      for (const limit of [0, 1_001, 1.5, -1, Number.NaN]) await expect(users.list({ limit })).rejects.toMatchObject(invalid);
    });

    test('updates that race all count, once each', async () => {
      await users.insert('u1', { visits: 0 });
      const add = ({ visits = 0, ...value }: User): User => ({ ...value, visits: visits + 1 });
      const updates = await Promise.all(Array.from({ length: 20 }, () => users.update('u1', add)));
      expect(updates.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'updated'));
      expect(await users.get('u1')).toEqual({ id: 'u1', revision: 21, value: { visits: 20 } });
      expect(updates.map(({ stored }) => stored?.value.visits).sort((a = 0, b = 0) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    });

    test('an update says what became of it', async () => {
      await users.insert('u1', { email: 'a' });
      await users.insert('u2', { email: 'b' });
      expect(await users.update('u3', (value) => value)).toEqual({ outcome: 'missing', stored: null });
      const before = await users.get('u2');
      expect(await users.update('u2', () => null)).toEqual({ outcome: 'unchanged', stored: before });
      expect(await users.update('u2', () => ({ email: 'a' }))).toEqual({ outcome: 'taken', stored: before });
      expect(await users.update('u2', () => ({ email: 'c' }))).toEqual({
        outcome: 'updated',
        stored: { id: 'u2', revision: 2, value: { email: 'c' } },
      });
      expect(await users.get('u2')).toEqual({ id: 'u2', revision: 2, value: { email: 'c' } });
    });

    test('a value comes back as it was: any JSON, whatever its names are; what is undefined is not kept', async () => {
      const anything = await documents.collection<object>({ name: 'anything' });
      const values: Record<string, object> = {
        numbers: { list: [0, -1, 0.1, 1e21, 2 ** 53, -(2 ** 60), 5e-324, 1.7e308], zero: 0 },
        texts: { empty: '', zero: 'a\0b', lines: '\r\n', emoji: '😀', quotes: `'"\`` },
        nested: { a: [{ b: [[], {}, [null, true, false]] }] },
        names: { '': 1, 'a.b': 2, $set: 3, '%24': 4, 'n\0': 5, _id: 6, _bsontype: 'ObjectId', constructor: 7, toString: 8, __v: 9 },
        reference: { inner: { $ref: 'user', $id: 'u1', $db: 'admin' }, code: { _bsontype: 'Code', code: 'x' } },
      };
      for (const [id, value] of Object.entries(values)) {
        expect(await anything.insert(id, value)).toBe(true);
        expect(await anything.get(id)).toEqual({ id, revision: 1, value });
        expect(await anything.replace(id, 1, value)).toBe(true);
        expect(await anything.get(id)).toEqual({ id, revision: 2, value });
      }
      await anything.insert('undefined', { a: undefined, b: { c: undefined } });
      expect((await anything.get('undefined'))?.value).toStrictEqual({ b: {} });
    });

    test('a key __proto__ does nothing: it is not kept, at any depth', async () => {
      const anything = await documents.collection<object>({ name: 'anything' });
      await anything.insert('p', JSON.parse('{"__proto__":{"isAdmin":true},"a":{"__proto__":{"isAdmin":true},"b":1}}'));
      const value = (await anything.get('p'))?.value ?? {};
      expect(JSON.stringify(value)).toBe('{"a":{"b":1}}');
      expect(Object.assign({}, value)).not.toHaveProperty('isAdmin');
      expect({}).not.toHaveProperty('isAdmin');
    });

    test('what is not plain JSON is refused, and nothing is written', async () => {
      const anything = await documents.collection<object>({ name: 'anything' });
      const circle: { self?: unknown } = {};
      circle.self = circle;
      const deep = JSON.parse(`${'{"a":'.repeat(60)}1${'}'.repeat(60)}`) as object;
      const inner = [
        () => 1,
        new Date(),
        new Map(),
        Symbol('s'),
        1n,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        '\ud800',
        [undefined],
        circle,
        deep,
      ];
      const bodies = [...inner.map((value) => ({ value })), { '\udc00': 1 }, { long: 'x'.repeat(1024 * 1024) }];
      const wholes = [null, undefined, 'text', 1, [], () => 1, new Date(), circle];
      await anything.insert('there', {});
      for (const body of [...bodies, ...wholes]) {
        await expect(anything.insert('x', as<object>(body))).rejects.toMatchObject(invalid);
        await expect(anything.replace('there', 1, as<object>(body))).rejects.toMatchObject(invalid);
      }
      expect(await anything.list()).toEqual([{ id: 'there', revision: 1, value: {} }]);
    });

    test('an indexed field is a text or a number, or absent', async () => {
      for (const email of [null, true, [], ['a'], {}, 'x'.repeat(1_025)]) {
        await expect(users.insert('u1', as<User>({ email }))).rejects.toMatchObject(invalid);
      }
      expect(await users.insert('u1', { email: 'x'.repeat(1_024) })).toBe(true);
    });

    test('an id is any text of up to 256 characters', async () => {
      const ids = ['x'.repeat(256), "'; DROP TABLE user; --", "' OR '1'='1", '"', '$where', 'a\0b', '😀', '{"$ne":null}', '../..', '%'];
      for (const [level, id] of ids.entries()) expect(await users.insert(id, { level })).toBe(true);
      for (const [level, id] of ids.entries()) expect(await users.get(id)).toEqual({ id, revision: 1, value: { level } });
      expect(await users.count()).toBe(ids.length);
      for (const id of ids) expect(await users.remove(id)).toBe(true);
      for (const id of ['x'.repeat(257), '\ud800', as<string>(undefined), as<string>(1), as<string>(null)]) {
        await expect(users.insert(id, {})).rejects.toMatchObject(invalid);
      }
    });

    test('[faults 36] of 500 operator bodies none comes to a query: refused as id, field, operand, bound or revision', {
      timeout: 60_000,
    }, async () => {
      await users.insert('u1', { email: 'a', team: 'red', level: 1 });
      const before = await users.list();
      const bodies = operatorBodies();
      expect(bodies.length).toBeGreaterThanOrEqual(500);
      for (const body of bodies) {
        const calls = [
          () => users.get(as(body)),
          () => users.find({ field: 'email', equals: as(body) }),
          () => users.find({ field: as(body), equals: 'a' }),
          () => users.find({ field: 'email', equals: 'a' }, { after: as(body) }),
          () => users.list({ after: as(body) }),
          () => users.list({ limit: as(body) }),
          () => users.list({ descending: as(body) }),
          () => users.insert(as(body), {}),
          () => users.insert('u2', { email: as(body) }),
          () => users.replace(as(body), 1, {}),
          () => users.replace('u1', as(body), {}),
          () => users.replace('u1', 1, { team: as(body) }),
          () => users.update(as(body), () => ({})),
          () => users.remove(as(body)),
          () => users.remove('u1', as(body)),
        ];
        for (const call of calls) await expect(call()).rejects.toMatchObject(invalid);
      }
      expect(await users.list()).toEqual(before);
    });

    test('[faults 36] 500 operator bodies as text or as a value are text and value, and no more', { timeout: 60_000 }, async () => {
      const anything = await documents.collection<object>({ name: 'anything', indexes: [{ field: 'text' }] });
      const bodies = operatorBodies();
      for (const [i, body] of bodies.entries()) {
        const text = JSON.stringify(body);
        expect(await anything.insert(`${i}${text}`, { text, body })).toBe(true);
        expect(await anything.get(text)).toBeNull();
        expect(await anything.find({ field: 'text', equals: text })).toEqual([{ id: `${i}${text}`, revision: 1, value: { text, body } }]);
      }
      expect(await anything.count()).toBe(bodies.length);
    });

    test('collections know nothing of each other; asked for again, one is the same', async () => {
      const apps = await documents.collection<User>({ ...USERS, name: 'app' });
      await users.insert('x', { email: 'a' });
      expect(await apps.get('x')).toBeNull();
      expect(await apps.insert('x', { email: 'a' })).toBe(true);
      const again = await documents.collection<User>(USERS);
      expect(await again.find({ field: 'email', equals: 'a' })).toHaveLength(1);
    });

    test('an index may be added to what is there; a unique one only if it can be kept', async () => {
      await users.insert('u1', { visits: 1, team: 'red' });
      await users.insert('u2', { visits: 1, team: 'red' });
      const indexed = await documents.collection<User>({ ...USERS, indexes: [{ field: 'visits' }] });
      expect(await indexed.find({ field: 'visits', equals: 1 })).toHaveLength(2);
      const other = documents.collection<User>({ ...USERS, indexes: [{ field: 'visits', unique: true }] });
      await expect(other).rejects.toMatchObject({ code: 'setting-invalid' });
    });

    test('a collection or field that cannot be one is refused', async () => {
      for (const name of ['', 'User', 'a b', 'a"', 'a$', 'a.b', 'a_b']) {
        await expect(documents.collection({ name })).rejects.toMatchObject({ code: 'internal' });
      }
      for (const field of ['', '$a', 'a.b', "a'", '__proto__', 'a"']) {
        await expect(documents.collection({ name: 'a', indexes: [{ field }] })).rejects.toMatchObject({ code: 'internal' });
      }
    });

    test('once it is closed it answers that it is away; closing again does nothing', async () => {
      await users.insert('u1', {});
      await documents.close();
      for (const call of [() => users.get('u1'), () => users.insert('u2', {}), () => users.remove('u1'), () => users.list()]) {
        await expect(call()).rejects.toMatchObject({ code: 'store-away' });
      }
      await documents.close();
    });
  });
}
