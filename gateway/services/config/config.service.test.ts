import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AppConfig, type ConfigHistory, DEFAULT_APP_CONFIG } from '../../../engine/protocol/administration.ts';
import { openWorld, seedShops, type Who, type World } from '../fixture/services-world.ts';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await seedShops(world);
});
afterEach(() => world.close());

const config = (more: Partial<AppConfig>): AppConfig => ({ ...DEFAULT_APP_CONFIG, ...more });
const put = (basedOn: number, more: Partial<AppConfig>, app = 'shop', note?: string) =>
  world.request<ConfigHistory & { code?: string }>('owner', 'PUT', `/api/config/${app}`, {
    basedOn,
    config: config(more),
    ...(note !== undefined && { note }),
  });
const rollBack = (basedOn: number, to: number, who: Who = 'owner') =>
  world.request<ConfigHistory & { code?: string }>(who, 'POST', '/api/config/shop/roll-back', { basedOn, to });
const history = async (app = 'shop') => (await world.request<ConfigHistory>('owner', 'GET', `/api/config/${app}`)).body.versions;
type All = { version: number; configs: { app: string; version: number; atMs: number; config: AppConfig }[] };
const all = (query = '') => world.ask<All>('config', 'GET', `/internal/config/all${query}`);
const refused = (status: number, code: string) => ({ status, body: { code } });

it('before anybody changed it there is version 0, the default', async () => {
  expect(await history()).toEqual([{ version: 0, atMs: 0, by: '', note: '', config: DEFAULT_APP_CONFIG }]);
  expect((await all()).configs).toEqual([]);
});

it('a change makes the next version: who, when, why and all of it; the older ones stay as they were', async () => {
  expect((await put(0, { mask: '.a' }, 'shop', 'first')).status).toBe(200);
  world.clock.advance(5);
  expect((await put(1, { mask: '.b' })).status).toBe(200);
  const nowMs = world.clock.nowMs();
  expect(await history()).toEqual([
    { version: 2, atMs: nowMs, by: 'Olga', note: '', config: config({ mask: '.b' }) },
    { version: 1, atMs: nowMs - 5, by: 'Olga', note: 'first', config: config({ mask: '.a' }) },
    { version: 0, atMs: 0, by: '', note: '', config: DEFAULT_APP_CONFIG },
  ]);
});

it('versions of one moment have times of their own: nodes tell them apart by these', async () => {
  for (const basedOn of [0, 1, 2]) await put(basedOn, {});
  world.clock.stepWall(-60_000);
  await put(3, {});
  const times = (await history()).map(({ atMs }) => atMs);
  expect(times).toEqual([...new Set(times)].sort((a, b) => b - a));
});

it('of two changes at once, or of one based on an older version, one is made; going back likewise', async () => {
  const both = await Promise.all([put(0, { mask: '.a' }), put(0, { mask: '.b' })]);
  expect(both.map(({ body }) => body.code ?? 'made').sort()).toEqual(['changed-meanwhile', 'made']);
  const mixed = await Promise.all([put(1, { mask: '.c' }), rollBack(1, 0)]);
  expect(mixed.map(({ body }) => body.code ?? 'made').sort()).toEqual(['changed-meanwhile', 'made']);
  for (const basedOn of [0, 1, 3, 9_007_199_254_740_991]) expect(await put(basedOn, {})).toMatchObject(refused(409, 'changed-meanwhile'));
  expect(await history()).toHaveLength(3);
});

it('going back makes a version like the older one, which says so', async () => {
  await put(0, { mask: '.a' });
  await put(1, { mask: '.b' });
  expect((await rollBack(2, 1)).body.versions[0]).toMatchObject({ version: 3, note: 'as in version 1', config: { mask: '.a' } });
  expect((await rollBack(3, 0)).body.versions[0]).toMatchObject({ version: 4, config: DEFAULT_APP_CONFIG });
  for (const to of [5, 99, 1e300]) expect(await rollBack(4, to)).toMatchObject(refused(404, 'version-unknown'));
  expect(await history()).toHaveLength(5);
});

it('what makes no sense is refused, and changes nothing', async () => {
  for (const more of [
    { mask: '.a[' },
    { block: 'x'.repeat(1_025) },
    { targetAttribute: 'A B' },
    { moveSampleMs: 0 },
    { recordingPercent: 101 },
    { off: ['start'] },
    { urlKeep: 'a=b' },
    { goals: [{ name: 'x', by: 'target', match: '<' }] },
    { goals: [{ name: 'x', by: 'anything', match: 'x' }] },
    { sessionsPerMin: 0 },
    { more: 1 },
  ] as unknown as Partial<AppConfig>[])
    expect([more, await put(0, more)]).toMatchObject([more, refused(400, 'query-invalid')]);
  expect(await put(0, {}, 'nothing')).toMatchObject(refused(404, 'app-unknown'));
  expect(await world.request('owner', 'GET', '/api/config/nothing')).toMatchObject(refused(404, 'app-unknown'));
  expect(await history()).toHaveLength(1);
});

it('nodes are told the latest of every app, at once when it changes', async () => {
  await put(0, { mask: '.a' });
  await put(0, { mask: '.o' }, 'other');
  const { version, configs } = await all();
  expect(configs.map(({ app, version: of, config: { mask } }) => [app, of, mask]).sort()).toEqual([
    ['other', 1, '.o'],
    ['shop', 1, '.a'],
  ]);
  const next = all(`?after=${version}&waitMs=20000`);
  await put(1, { mask: '.b' });
  const told = await next;
  expect(told.version).toBeGreaterThan(version);
  expect(told.configs.find(({ app }) => app === 'shop')).toMatchObject({ version: 2, config: { mask: '.b' } });
});

it('an app that is forgotten leaves nothing; another’s stays', async () => {
  for (let basedOn = 0; basedOn < 5; basedOn++) await put(basedOn, {});
  await put(0, { mask: '.o' }, 'other');
  await world.ask('config', 'POST', '/internal/config/forget-app', { body: { app: 'shop' } });
  expect((await all()).configs.map(({ app }) => app)).toEqual(['other']);
  expect(await history()).toHaveLength(1);
  expect((await put(0, { mask: '.new' })).body.versions[0]).toMatchObject({ version: 1, config: { mask: '.new' } });
  expect((await all()).configs.map(({ app }) => app).sort()).toEqual(['other', 'shop']);
});
