import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppDetail, AuditList, KeyList } from '../../../engine/protocol/administration.ts';
import type { AppList } from '../../../engine/protocol/api.ts';
import { openWorld, PUBLIC_URL, seedShops, type World } from '../fixture/services-world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await seedShops(world);
});
afterEach(() => world.close());

const NEW = { name: 'Müller & Söhne', origins: ['https://mueller.example'], timeZone: 'Europe/Berlin' };
const FOR_EVER = { chunks: null, sessions: null, rollups: null };
const create = (body: object) => world.request<AppDetail & { code?: string }>('owner', 'POST', '/api/apps', body);
const detail = async (app = 'shop') => (await world.request<AppDetail>('owner', 'GET', `/api/apps/${app}`)).body;
const change = (body: object, app = 'shop') =>
  world.request<AppDetail & { code?: string }>('owner', 'PUT', `/api/apps/${app}`, {
    revision: 1,
    name: 'Shop',
    origins: ['https://shop.example'],
    timeZone: 'UTC',
    retention: FOR_EVER,
    ...body,
  });
const archive = (archived: boolean, app = 'shop') =>
  world.request<AppDetail & { code?: string }>('owner', 'PUT', `/api/apps/${app}/archived`, { archived });
const remove = (name: string, app = 'shop') =>
  world.request<AppDetail & { code?: string }>('owner', 'POST', `/api/apps/${app}/delete`, { name });
const refused = (status: number, code: string) => ({ status, body: { code } });

describe('an app is made', () => {
  it('with a key from its name, with that as its first public key, and a snippet that says so', async () => {
    const { status, body } = await create(NEW);
    expect([status, body]).toEqual([
      200,
      { ...NEW, key: 'muller-sohne', retention: FOR_EVER, state: 'active', createdMs: world.clock.nowMs(), revision: 1 },
    ]);
    expect(await detail('muller-sohne')).toEqual(body);
    const { apps } = (await world.request<AppList>('owner', 'GET', '/api/apps')).body;
    expect(apps.find(({ key }) => key === 'muller-sohne')?.snippet).toBe(
      `<script async src="${PUBLIC_URL}/datalab.js" data-app="muller-sohne"></script>`,
    );
    await world.written();
    const { entries } = (await world.request<AuditList>('owner', 'GET', '/api/audit')).body;
    expect(entries).toMatchObject([{ by: 'Olga', what: 'app.create', target: 'muller-sohne', status: 200, from: '10.0.x.x' }]);
  });

  it('beside others of its name, also ten at once: each has a key of its own', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => create(NEW)));
    const keys = made.map(({ status, body }) => (status === 200 ? body.key : body.code)).sort();
    expect(new Set(keys).size).toBe(10);
    expect(keys).toContain('muller-sohne-10');
  });

  it('with the key that is wanted, once', async () => {
    const both = await Promise.all([create({ ...NEW, key: 'mine' }), create({ ...NEW, key: 'mine' })]);
    expect(both.map(({ status, body }) => body.code ?? status).sort()).toEqual([200, 'app-exists']);
    expect(await create({ ...NEW, key: 'shop' })).toMatchObject(refused(409, 'app-exists'));
  });

  it('never with a key that is another app’s public key, and not half', async () => {
    const { keys } = (await world.request<KeyList>('admin', 'POST', '/api/keys/shop')).body;
    const key = keys.find((each) => each.key !== 'shop')?.key ?? '';
    expect(await create({ ...NEW, key })).toMatchObject(refused(409, 'app-exists'));
    expect(await world.request('owner', 'GET', `/api/apps/${key}`)).toMatchObject(refused(404, 'app-unknown'));
    // Where the key is made of the name, the next one is taken.
    await world.ask('apptoken', 'POST', '/internal/apptoken/ensure', { body: { app: 'shop', key: 'muller-sohne' } });
    expect((await create(NEW)).body.key).toBe('muller-sohne-2');
  });

  it.each([
    [{ origins: ['https://shop.example:443', 'https://shop.example', 'http://0x7f.1:80'] }, ['https://shop.example', 'http://127.0.0.1']],
    [{ origins: ['http://localhost:*', 'http://localhost:8080'] }, ['http://localhost:*', 'http://localhost:8080']],
    [{ origins: [] }, []],
  ])('with origins as browsers say them, each once: %j', async (more, origins) => {
    expect((await create({ ...NEW, ...more })).body.origins).toEqual(origins);
  });

  it('not with what makes no sense', async () => {
    for (const more of [
      { origins: ['https://shop.example/'] },
      { origins: ['https://shop.example/path'] },
      { origins: ['https://*.example'] },
      { origins: ['*'] },
      { origins: ['null'] },
      { origins: ['https://user@shop.example'] },
      { origins: ['https://SHOP.example'] },
      { origins: ['ftp://shop.example'] },
      { origins: ['https://shop.example:99999'] },
      { origins: ['https://1.2.3.4.5'] },
      { origins: 'https://shop.example' },
      { origins: Array.from({ length: 51 }, (_, at) => `https://s${at}.example`) },
      { timeZone: 'Europe/Nowhere' },
      { timeZone: '+02:00' },
      { timeZone: '' },
      { timeZone: 'UTC\u0000' },
      { name: '' },
      { name: 'x'.repeat(81) },
      { name: '\ud800' },
      { key: '' },
      { key: 'a.b' },
      { key: 'a b' },
      { key: 'x'.repeat(65) },
      { state: 'active' },
    ]) {
      expect([more, await create({ ...NEW, ...more })]).toMatchObject([more, refused(400, 'query-invalid')]);
      expect((await world.request<AppList>('owner', 'GET', '/api/apps')).body.apps).toHaveLength(2);
    }
    // Nor its public key alone.
    expect((await world.ask<{ keys: { key: string }[] }>('apptoken', 'GET', '/internal/apptoken/all')).keys.map(({ key }) => key)).toEqual([
      'other',
      'shop',
    ]);
  });

  it('by the settings only where it is missing; what was changed since stays', async () => {
    await change({ name: 'Renamed' });
    await seedShops(world);
    expect((await detail()).name).toBe('Renamed');
    expect((await world.request<AppList>('owner', 'GET', '/api/apps')).body.apps.map(({ key }) => key)).toEqual(['other', 'shop']);
  });
});

describe('an app is changed', () => {
  it('by whoever has seen its latest revision: of two at once, one', async () => {
    const both = await Promise.all([change({ name: 'A' }), change({ name: 'B' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const winner = both.find(({ status }) => status === 200)?.body;
    expect(await detail()).toEqual(winner);
    expect(winner?.revision).toBe(2);
    expect(await change({ name: 'C' })).toMatchObject(refused(409, 'changed-meanwhile'));
    expect(await change({ name: 'C', revision: 2 })).toMatchObject({ status: 200, body: { name: 'C', revision: 3 } });
  });

  it.each([
    { chunks: 30, sessions: 30, rollups: 1 },
    { chunks: 29, sessions: 30, rollups: null },
    { chunks: 29, sessions: null, rollups: null },
  ])('keeps its data as long as is said: %j', async (retention) => {
    expect((await change({ retention })).body.retention).toEqual(retention);
  });

  it('keeps no events longer than the sessions that they are of, nor for no days', async () => {
    for (const retention of [
      { chunks: 31, sessions: 30, rollups: null },
      { chunks: null, sessions: 30, rollups: null },
      { chunks: 0, sessions: 30, rollups: null },
      { chunks: 1.5, sessions: 30, rollups: null },
      { chunks: 36_501, sessions: null, rollups: null },
      { chunks: 1, sessions: 1 },
    ]) {
      expect([retention, await change({ retention })]).toMatchObject([retention, refused(400, 'query-invalid')]);
      expect((await detail()).retention).toEqual(FOR_EVER);
    }
  });

  it('not while it is in the archive, where nothing of it changes; once it is out of it, again', async () => {
    expect((await archive(true)).body.state).toBe('archived');
    const { revision } = await detail();
    const config = (await world.request<{ versions: { config: object }[] }>('admin', 'GET', '/api/config/shop')).body.versions[0]?.config;
    const token = { name: 'n', scopes: ['reports.read'], expiresMs: world.clock.nowMs() + 1_000 };
    expect(await change({ revision })).toMatchObject(refused(409, 'app-archived'));
    for (const [method, url, body] of [
      ['POST', '/api/apps/shop/check', { url: 'https://shop.example/' }],
      ['PUT', '/api/config/shop', { basedOn: 0, config }],
      ['POST', '/api/config/shop/roll-back', { basedOn: 0, to: 0 }],
      ['POST', '/api/keys/shop', undefined],
      ['POST', '/api/keys/shop/tokens', token],
    ] as const)
      expect([url, await world.request('admin', method, url, body)]).toMatchObject([url, refused(409, 'app-archived')]);
    const { apps } = (await world.request<AppList>('viewer', 'GET', '/api/apps')).body;
    expect(apps).toMatchObject([{ key: 'shop', state: 'archived' }]);
    expect((await archive(true)).body.revision).toBe(revision);
    expect((await archive(false)).body.state).toBe('active');
    expect((await change({ revision: revision + 1 })).status).toBe(200);
  });

  it('not if nobody knows it', async () => {
    expect(await change({}, 'nothing')).toMatchObject(refused(404, 'app-unknown'));
    expect(await archive(true, 'nothing')).toMatchObject(refused(404, 'app-unknown'));
    expect(await remove('nothing', 'nothing')).toMatchObject(refused(404, 'app-unknown'));
  });
});

describe('an app is deleted', () => {
  it('only by its name as it is', async () => {
    for (const name of ['', 'shop', 'SHOP', ' Shop', 'Shop ']) expect(await remove(name)).toMatchObject(refused(400, 'name-differs'));
    expect((await detail()).state).toBe('active');
  });

  it('once; from then on it takes no change, is not listed, and says how far it is', async () => {
    const both = await Promise.all([remove('Shop'), remove('Shop')]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0]?.body.revision).toBe(both[1]?.body.revision);
    expect(both[0]?.body).toMatchObject({ state: 'deleting', deletion: { what: '', done: 0, startedMs: world.clock.nowMs() } });
    await world.ask('app', 'PUT', '/internal/app/apps/shop/deletion', { body: { what: 'chunks', done: 12 } });
    const { revision, deletion } = await detail();
    expect(deletion).toEqual({ what: 'chunks', done: 12, startedMs: world.clock.nowMs() });
    expect(await change({ revision })).toMatchObject(refused(409, 'changed-meanwhile'));
    expect(await archive(false)).toMatchObject(refused(409, 'changed-meanwhile'));
    expect(await world.request('owner', 'POST', '/api/keys/shop')).toMatchObject(refused(409, 'changed-meanwhile'));
    expect((await world.request<AppList>('owner', 'GET', '/api/apps')).body.apps.map(({ key }) => key)).toEqual(['other']);
    expect(await create({ ...NEW, key: 'shop' })).toMatchObject(refused(409, 'app-exists'));
  });

  it('only after it was begun: nothing of a living app is forgotten', async () => {
    await expect(world.ask('app', 'POST', '/internal/app/apps/shop/deleted')).rejects.toMatchObject({ code: 'changed-meanwhile' });
    const progress = { body: { what: 'chunks', done: 1 } };
    await expect(world.ask('app', 'PUT', '/internal/app/apps/shop/deletion', progress)).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
    expect((await detail()).state).toBe('active');
    expect((await world.request<KeyList>('admin', 'GET', '/api/keys/shop')).body.keys).toHaveLength(1);
  });
});

describe('apps are seen', () => {
  it('by those who have a role in them; owners see all', async () => {
    const keysOf = async (who: 'owner' | 'viewer' | 'admin elsewhere') =>
      (await world.request<AppList>(who, 'GET', '/api/apps')).body.apps.map(({ key }) => key);
    expect(await keysOf('owner')).toEqual(['other', 'shop']);
    expect(await keysOf('viewer')).toEqual(['shop']);
    expect(await keysOf('admin elsewhere')).toEqual(['other']);
  });
});
