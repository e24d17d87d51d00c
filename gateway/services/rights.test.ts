/** Routes of app, config and apptoken: who may ask each, and that no operator comes to a query by any of them (faults 36, 46). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_APP_CONFIG } from '../../engine/protocol/administration.ts';
import { openWorld, routesOf, seedShops, WHO, type Who, type World } from './fixture/services-world.ts';

const ALL = Object.keys(WHO) as Who[];
const FROM_ANALYST: Who[] = ['analyst', 'operator', 'admin', 'owner'];
const ADMINS: Who[] = ['admin', 'owner'];
const SERVICE: Who[] = ['service'];
const app = { name: 'Shop', origins: ['https://shop.example'], timeZone: 'UTC' };
const retention = { chunks: 1, sessions: 2, rollups: null };

/** Each route: an address and a body that it would take, who may; nobody else may. */
const ROUTES: Readonly<Record<string, { url?: string; body?: object; may: readonly Who[] }>> = {
  'GET /api/apps': { may: ALL.filter((who) => !['nobody', 'token', 'service'].includes(who)) },
  'GET /api/apps/:app': { may: FROM_ANALYST },
  'POST /api/apps': { body: { ...app, key: 'shop' }, may: ['owner'] },
  'PUT /api/apps/:app': { body: { ...app, retention, revision: 7 }, may: ADMINS },
  'PUT /api/apps/:app/archived': { body: { archived: false }, may: ['owner'] },
  'POST /api/apps/:app/delete': { body: { name: 'not its name' }, may: ['owner'] },
  'POST /api/apps/:app/check': { body: { url: 'https://elsewhere.example/' }, may: FROM_ANALYST },
  'GET /api/audit': { url: '/api/audit?app=shop&by=x&before=x', may: ADMINS },
  'GET /api/config/:app': { may: FROM_ANALYST },
  'PUT /api/config/:app': { body: { basedOn: 7, note: 'n', config: { ...DEFAULT_APP_CONFIG, mask: '.a' } }, may: ADMINS },
  'POST /api/config/:app/roll-back': { body: { basedOn: 7, to: 9 }, may: ADMINS },
  'GET /api/keys/:app': { may: ADMINS },
  'POST /api/keys/:app': { may: ADMINS },
  'PUT /api/keys/:app/public/:key': { body: { endsMs: 7 }, may: ADMINS },
  'POST /api/keys/:app/tokens': { body: { name: 'n', scopes: ['reports.read'], expiresMs: 1_767_225_600_001 }, may: ADMINS },
  'DELETE /api/keys/:app/tokens/:token': { may: ADMINS },
  'GET /internal/app/all': { may: SERVICE },
  'GET /internal/app/apps/:app': { may: SERVICE },
  'POST /internal/app/seed': { body: { apps: [{ key: 'shop', name: 'Shop', origins: ['https://shop.example'] }] }, may: SERVICE },
  'POST /internal/app/audit': {
    body: { atMs: 7, by: 'b', what: 'w', app: 'shop', target: 't', from: 'f', status: 200, detail: 'd' },
    may: SERVICE,
  },
  'PUT /internal/app/apps/:app/deletion': { body: { what: 'chunks', done: 7 }, may: SERVICE },
  'POST /internal/app/apps/:app/deleted': { may: SERVICE },
  'GET /internal/config/all': { may: SERVICE },
  'POST /internal/config/forget-app': { body: { app: 'nothing' }, may: SERVICE },
  'GET /internal/apptoken/all': { may: SERVICE },
  'POST /internal/apptoken/used': { body: { keys: [{ key: 'shop', atMs: 7 }], tokens: [{ id: 'x', atMs: 7 }] }, may: SERVICE },
  'POST /internal/apptoken/ensure': { body: { app: 'shop', key: 'shop' }, may: SERVICE },
  'GET /internal/apptoken/newest': { url: '/internal/apptoken/newest?app=shop', may: SERVICE },
  'GET /internal/apptoken/keys': { url: '/internal/apptoken/keys?app=shop', may: SERVICE },
  'POST /internal/apptoken/forget-app': { body: { app: 'nothing' }, may: SERVICE },
};
const names = Object.keys(ROUTES);

function wanted(name: string, ofApp = 'shop'): { method: string; url: string; body: object | undefined } {
  const [method = '', pattern = ''] = name.split(' ');
  const { url = pattern, body } = ROUTES[name] ?? {};
  return { method, url: url.replace(':app', ofApp).replace('app=shop', `app=${ofApp}`).replace(/:\w+/, 'k1'), body };
}

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await seedShops(world);
});
afterAll(() => world.close());

it('every route of these services is in the table', () => {
  expect(routesOf(world, ['app', 'config', 'apptoken'])).toEqual(names.toSorted());
});

describe.each(names)('%s', (name) => {
  it.each(ALL)('is answered for those who may, and nobody else: %s', async (who) => {
    const { method, url, body } = wanted(name);
    const { status } = await world.request(who, method, url, body);
    if (ROUTES[name]?.may.includes(who)) expect([401, 403, 500, 503]).not.toContain(status);
    else expect(status).toBe(who === 'nobody' ? 401 : 403);
  });
});

it.each(names.filter((name) => wanted(name).url.includes('shop') && name.includes(' /api/')))(
  'an admin of one app reaches nothing of another: %s',
  async (name) => {
    const { method, url, body } = wanted(name, 'other');
    for (const asked of [url, `${url}${url.includes('?') ? '&' : '?'}app=shop`])
      expect((await world.request('admin', method, asked, body)).status).toBe(403);
  },
);

/** All ways to put `bad` in the place of a text within `body`. */
function* spoiled(body: unknown, bad: unknown): Generator<unknown> {
  if (typeof body === 'string') yield bad;
  else if (Array.isArray(body)) for (const [at, item] of body.entries()) for (const other of spoiled(item, bad)) yield body.with(at, other);
  else if (typeof body === 'object' && body !== null)
    for (const [key, value] of Object.entries(body)) for (const other of spoiled(value, bad)) yield { ...body, [key]: other };
}

const OPERATORS = [
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$in',
  '$nin',
  '$exists',
  '$regex',
  '$where',
  '$not',
  '$or',
  '$and',
  '$expr',
  '$type',
  '$eq',
];
const OPERANDS = [null, '', 1, true, ['x'], {}, '.*', { $ne: null }];

it('no operator in the place of a text comes to a query, in any body or address of these services', async () => {
  const before = world.lookedUp.length;
  let bodies = 0;
  for (const name of names) {
    const { method, url, body } = wanted(name);
    const who = ROUTES[name]?.may.includes('owner') ? 'owner' : 'service';
    const [path, query] = url.split('?');
    for (const operator of OPERATORS) {
      const bad = { [operator]: OPERANDS[bodies % OPERANDS.length] };
      for (const other of body ? [...spoiled(body, bad), bad, { ...body, ...bad }] : []) {
        bodies++;
        expect([name, other, (await world.request(who, method, url, other)).status]).toEqual([name, other, 400]);
      }
      if (query === undefined) continue;
      const spelled = `${path}?${query.replaceAll('=', `[${operator}]=`)}`;
      expect([spelled, (await world.request(who, method, spelled)).status]).toEqual([spelled, 400]);
    }
  }
  expect(bodies).toBeGreaterThan(500);
  await world.written();
  expect(world.lookedUp.slice(before).filter((what) => typeof what !== 'string' && typeof what !== 'number')).toEqual([]);
});
