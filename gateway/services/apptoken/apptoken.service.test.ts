import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyList, TokenMade } from '../../../engine/protocol/administration.ts';
import type { AppList } from '../../../engine/protocol/api.ts';
import { openWorld, seedShops, type World } from '../fixture/services-world.ts';

const DAY_MS = 86_400_000;
const TWO_YEARS_MS = 2 * 366 * DAY_MS;

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await seedShops(world);
});
afterEach(() => world.close());

type Answer = KeyList & { code?: string };
const list = async (app = 'shop') => (await world.request<KeyList>('owner', 'GET', `/api/keys/${app}`)).body;
const makeKey = async (app = 'shop') => {
  const before = new Set((await list(app)).keys.map(({ key }) => key));
  world.clock.advance(1);
  const { keys } = (await world.request<KeyList>('owner', 'POST', `/api/keys/${app}`)).body;
  return keys.find(({ key }) => !before.has(key))?.key ?? '';
};
const end = (key: string, endsMs: unknown, app = 'shop') =>
  world.request<Answer>('owner', 'PUT', `/api/keys/${app}/public/${key}`, { endsMs });
const makeToken = (more: object = {}, app = 'shop') =>
  world.request<TokenMade & { code?: string }>('admin', 'POST', `/api/keys/${app}/tokens`, {
    name: 'job',
    scopes: ['events.write'],
    expiresMs: world.clock.nowMs() + DAY_MS,
    ...more,
  });
const endToken = (token: string, app = 'shop') => world.request<Answer>('owner', 'DELETE', `/api/keys/${app}/tokens/${token}`);
type All = {
  version: number;
  keys: { key: string; app: string; endsMs?: number }[];
  tokens: { id: string; name: string; app: string; scopes: string[]; hash: string; expiresMs: number }[];
};
const all = (query = '') => world.ask<All>('apptoken', 'GET', `/internal/apptoken/all${query}`);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const refused = (status: number, code: string) => ({ status, body: { code } });

describe('public keys', () => {
  it('begin with the app’s own; more are made, the newest first, for pages to change over', async () => {
    expect((await list()).keys).toEqual([{ key: 'shop', createdMs: world.clock.nowMs(), createdBy: '' }]);
    const [second, third] = [await makeKey(), await makeKey()];
    const { keys } = await list();
    expect(keys.map(({ key, createdBy }) => [key, createdBy])).toEqual([
      [third, 'Olga'],
      [second, 'Olga'],
      ['shop', ''],
    ]);
    expect(second).toMatch(/^[\w-]{16}$/);
  });

  it('end now, or at a time ahead, or go on again; nodes are told at once', async () => {
    const second = await makeKey();
    const nowMs = world.clock.nowMs();
    const { version } = await all();
    const told = all(`?after=${version}&waitMs=20000`);
    expect((await end('shop', nowMs + DAY_MS)).body.keys).toMatchObject([{ key: second }, { key: 'shop', endsMs: nowMs + DAY_MS }]);
    expect((await told).keys).toContainEqual({ key: 'shop', app: 'shop', endsMs: nowMs + DAY_MS });
    await end('shop', null);
    expect((await list()).keys.every((key) => !('endsMs' in key))).toBe(true);
    // Not before now: what was taken until now was taken.
    await end('shop', 7);
    expect((await all()).keys).toContainEqual({ key: 'shop', app: 'shop', endsMs: nowMs });
    for (const bad of [-1, 1.5, '7', undefined, {}, true]) expect(await end('shop', bad)).toMatchObject(refused(400, 'query-invalid'));
  });

  it('are never all ended, neither now nor later, nor by two people at once', async () => {
    expect(await end('shop', world.clock.nowMs())).toMatchObject(refused(409, 'key-last'));
    const second = await makeKey();
    expect((await end('shop', world.clock.nowMs() + DAY_MS)).status).toBe(200);
    expect(await end(second, world.clock.nowMs() + 2 * DAY_MS)).toMatchObject(refused(409, 'key-last'));
    const third = await makeKey();
    const both = await Promise.all([end(second, 0), end(third, 0)]);
    expect(both.map(({ status, body }) => body.code ?? status).sort()).toEqual([200, 'key-last']);
    expect((await list()).keys.filter(({ endsMs }) => endsMs === undefined)).toHaveLength(1);
  });

  it('are ended by their own app alone', async () => {
    const second = await makeKey();
    await makeKey('other');
    expect(await end(second, 0, 'other')).toMatchObject(refused(404, 'key-unknown'));
    expect(await end('nothing', 0)).toMatchObject(refused(404, 'key-unknown'));
    expect(await end('nothing', 0, 'nothing')).toMatchObject(refused(404, 'key-unknown'));
    expect((await list()).keys.every((key) => !('endsMs' in key))).toBe(true);
  });

  it('of another app are no app’s own: they cannot be ensured', async () => {
    const second = await makeKey();
    const ensure = (app: string, key: string) => world.ask('apptoken', 'POST', '/internal/apptoken/ensure', { body: { app, key } });
    await expect(ensure('other', second)).rejects.toMatchObject({ code: 'app-exists' });
    await expect(ensure('other', 'shop')).rejects.toMatchObject({ code: 'app-exists' });
    const before = await all();
    await ensure('shop', 'shop');
    // Neither is one that has ended opened again.
    await end('shop', 0);
    await ensure('shop', 'shop');
    expect((await list()).keys.find(({ key }) => key === 'shop')?.endsMs).toBe(world.clock.nowMs());
    expect((await all()).keys.length).toBe(before.keys.length);
  });

  it('stand in the snippet: the newest of those that are not to end', async () => {
    const snippet = async () => (await world.request<AppList>('viewer', 'GET', '/api/apps')).body.apps[0]?.snippet;
    const [second, third] = [await makeKey(), await makeKey()];
    expect(await snippet()).toContain(`data-app="${third}"`);
    await end(third, world.clock.nowMs() + DAY_MS);
    expect(await snippet()).toContain(`data-app="${second}"`);
  });

  it('tell when they were used last: to the minute, never back, never ahead of now', async () => {
    const nowMs = world.clock.nowMs();
    const used = (atMs: number, key = 'shop') =>
      world.ask('apptoken', 'POST', '/internal/apptoken/used', { body: { keys: [{ key, atMs }], tokens: [] } });
    const lastUsedMs = async () => (await list()).keys[0]?.lastUsedMs;
    world.clock.advance(10 * 60_000);
    await used(nowMs + 61_234);
    expect(await lastUsedMs()).toBe(nowMs + 60_000);
    await used(nowMs + 1_000);
    expect(await lastUsedMs()).toBe(nowMs + 60_000);
    await used(nowMs + DAY_MS);
    expect(await lastUsedMs()).toBe(nowMs + 600_000);
    await used(nowMs, 'nothing');
  });
});

describe('API tokens', () => {
  it('are shown once; what is kept is a hash, and no file has the token', async () => {
    const { body, headers } = await makeToken({ scopes: ['events.write', 'events.write'] });
    const { token } = body;
    expect(token).toMatch(/^dl_[\w-]{43}$/);
    expect(headers['cache-control']).toBe('no-store');
    const { tokens } = await list();
    expect(tokens).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'job',
        scopes: ['events.write'],
        ending: token.slice(-4),
        createdMs: world.clock.nowMs(),
        createdBy: 'Ada',
        expiresMs: world.clock.nowMs() + DAY_MS,
      },
    ]);
    expect((await all()).tokens).toMatchObject([{ id: tokens[0]?.id, app: 'shop', hash: sha256(token) }]);
    await world.written();
    for (const file of readdirSync(world.folder)) {
      const bytes = readFileSync(join(world.folder, file)).toString('latin1');
      expect([file, bytes.includes(token.slice(3))]).toEqual([file, false]);
    }
  });

  it('are each another', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => makeToken()));
    expect(new Set(made.map(({ body }) => body.token)).size).toBe(20);
    expect((await list()).tokens).toHaveLength(20);
  });

  it('expire ahead, within two years', async () => {
    const nowMs = world.clock.nowMs();
    for (const expiresMs of [nowMs + 1, nowMs + TWO_YEARS_MS]) expect((await makeToken({ expiresMs })).status).toBe(200);
    for (const expiresMs of [nowMs, nowMs - 1, 0, nowMs + TWO_YEARS_MS + 1, 1e300, nowMs + 1.5, `${nowMs + 1}`, null])
      expect(await makeToken({ expiresMs })).toMatchObject(refused(400, 'query-invalid'));
    world.clock.advance(1);
    expect((await all()).tokens).toHaveLength(1);
    // One is to see what has expired.
    expect((await list()).tokens).toHaveLength(2);
  });

  it.each([
    { scopes: [] },
    { scopes: ['everything'] },
    { scopes: 'events.write' },
    { scopes: ['events.write', 'reports.read', 'events.write'] },
    { name: '' },
    { name: 'x'.repeat(81) },
    { name: '\udfff' },
    { app: 'other' },
  ])('are not made of what makes no sense: %j', async (more) => {
    expect(await makeToken(more)).toMatchObject(refused(400, 'query-invalid'));
    expect((await list()).tokens).toEqual([]);
  });

  it('end at once, by their own app alone, once', async () => {
    await makeToken();
    await makeToken({}, 'shop');
    const id = (await list()).tokens[0]?.id ?? '';
    expect(await endToken(id, 'other')).toMatchObject(refused(404, 'key-unknown'));
    const { version, tokens } = await all();
    expect(tokens.map((token) => token.id)).toContain(id);
    const told = all(`?after=${version}&waitMs=20000`);
    const both = await Promise.all([endToken(id), endToken(id)]);
    expect(both.map(({ status, body }) => body.code ?? status).sort()).toEqual([200, 'key-unknown']);
    expect((await told).tokens.map((token) => token.id)).not.toContain(id);
    // A use that is told late brings nothing back.
    await world.ask('apptoken', 'POST', '/internal/apptoken/used', { body: { keys: [], tokens: [{ id, atMs: world.clock.nowMs() }] } });
    expect((await list()).tokens.map((token) => token.id)).not.toContain(id);
  });

  it('tell when they were used last', async () => {
    await makeToken();
    const id = (await list()).tokens[0]?.id ?? '';
    const atMs = world.clock.nowMs();
    world.clock.advance(30_000);
    await world.ask('apptoken', 'POST', '/internal/apptoken/used', { body: { keys: [], tokens: [{ id, atMs: atMs + 20_000 }] } });
    expect((await list()).tokens[0]?.lastUsedMs).toBe(atMs - (atMs % 60_000));
  });
});

it('keys and tokens of an app that nobody knows are none', async () => {
  for (const [method, url, body] of [
    ['GET', '/api/keys/nothing', undefined],
    ['POST', '/api/keys/nothing', undefined],
    ['POST', '/api/keys/nothing/tokens', { name: 'n', scopes: ['reports.read'], expiresMs: world.clock.nowMs() + 1 }],
  ] as const)
    expect(await world.request('owner', method, url, body)).toMatchObject(refused(404, 'app-unknown'));
});
