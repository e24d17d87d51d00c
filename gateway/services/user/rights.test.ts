/** Routes of user and userauth: who may ask each, and that no operator comes to a query by any of them (faults 36, 46). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorBodies } from '../../../engine/documents/fixtures/operator-bodies.ts';
import { IDENTITY_HEADER } from '../../access/sealed-identity.ts';
import { openWorld, routesOf, seedShops, WHO, type Who, type World } from '../fixture/services-world.ts';
import { openAccounts } from '../userauth/fixture/accounts-world.ts';
import { listening } from '../userauth/fixture/between.ts';
import { tokenHash } from '../userauth/tokens.ts';

const ALL = Object.keys(WHO) as Who[];
const USERS: Who[] = ['admin elsewhere', 'viewer', 'analyst', 'operator', 'admin', 'owner'];
const ADMINS: Who[] = ['admin', 'owner'];
const OWNER: Who[] = ['owner'];
const SERVICE: Who[] = ['service'];
const token = 'T'.repeat(43);
const email = 'x@lab.example';
const user = { name: 'x', email, isOwner: false, roles: {} };

/** Each route: an address and a body that it would take, who may; nobody else may. */
const ROUTES: Readonly<Record<string, { url?: string; body?: object; may: readonly Who[] }>> = {
  'GET /api/sign-in': { may: ALL },
  'POST /api/sign-in': { body: { email, password: 'p', code: '123456' }, may: ALL },
  'POST /api/sign-out': { body: {}, may: USERS },
  'POST /api/links/look': { body: { token }, may: ALL },
  'POST /api/links/use': { body: { token, name: 'x', email, password: 'a long enough phrase' }, may: ALL },
  'GET /api/account': { may: USERS },
  'PUT /api/account': { body: { name: 'x' }, may: USERS },
  'PUT /api/account/password': { body: { old: 'x', password: 'a long enough phrase' }, may: USERS },
  'POST /api/account/codes': { may: USERS },
  'PUT /api/account/codes': { body: { code: '123456' }, may: USERS },
  'POST /api/account/codes/remove': { body: { password: 'x' }, may: USERS },
  'GET /api/account/sign-ins': { may: USERS },
  'POST /api/account/sign-ins/:signIn/end': { may: USERS },
  'GET /api/users': { url: '/api/users?app=shop', may: ADMINS },
  'POST /api/users/invitations': { url: '/api/users/invitations?app=shop', body: { email, role: 'viewer' }, may: ADMINS },
  'DELETE /api/users/invitations/:invitation': { url: '/api/users/invitations/:invitation?app=shop', may: ADMINS },
  'PUT /api/users/:user/role': { url: '/api/users/:user/role?app=shop', body: { role: 'viewer' }, may: ADMINS },
  'PUT /api/users/:user/owner': { body: { isOwner: true }, may: OWNER },
  'POST /api/users/:user/reset': { may: OWNER },
  'DELETE /api/users/:user': { may: OWNER },
  'GET /internal/user/users/:user': { may: SERVICE },
  'PUT /internal/user/users/:user': { body: { name: 'x' }, may: SERVICE },
  'GET /internal/user/by-email': { url: `/internal/user/by-email?email=${email}`, may: SERVICE },
  'GET /internal/user/count': { may: SERVICE },
  'POST /internal/user/users': { body: user, may: SERVICE },
  'POST /internal/user/forget-app': { body: { app: 'nothing' }, may: SERVICE },
  'GET /internal/user/invitations/:invitation': { may: SERVICE },
  'POST /internal/user/invitations/:invitation/take': { body: { id: 'x', name: 'x' }, may: SERVICE },
  'POST /internal/userauth/verify': { body: { token }, may: SERVICE },
  'POST /internal/userauth/links': { body: { kind: 'reset', email, user: 'x', invitation: 'x', ttlMs: 1_000 }, may: SERVICE },
  'POST /internal/userauth/forget-user': { body: { user: 'x' }, may: SERVICE },
  'POST /internal/userauth/set-up': { may: SERVICE },
  'POST /internal/userauth/enter': { body: { name: 'x', email }, may: SERVICE },
};
const names = Object.keys(ROUTES);
const addressOf = (name: string): [string, string] => {
  const [method = '', pattern = ''] = name.split(' ');
  return [method, (ROUTES[name]?.url ?? pattern).replace(/:\w+/, 'k1')];
};

describe('rights', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await seedShops(world);
  });
  afterAll(() => world.close());

  it('every route of these services is in the table', () => {
    expect(routesOf(world, ['user', 'userauth'])).toEqual(names.toSorted());
  });

  it.each(names)('is answered for those who may, and nobody else: %s', async (name) => {
    const [method, url] = addressOf(name);
    for (const who of ALL) {
      const { status, body } = await world.request<{ code?: string } | null>(who, method, url, ROUTES[name]?.body);
      const isLetIn = !['signed-out', 'not-allowed'].includes(body?.code ?? '');
      expect([who, isLetIn]).toEqual([who, ROUTES[name]?.may.includes(who)]);
      if (isLetIn) expect(status).toBeLessThan(500);
      else expect(status).toBe(who === 'nobody' ? 401 : 403);
    }
  });

  it.each(names.filter((name) => addressOf(name)[1].includes('app=shop')))(
    'an admin of one app reaches nothing of another: %s',
    async (name) => {
      const [method, url] = addressOf(name);
      for (const asked of [url.replace('=shop', '=other'), `${url}&app=other`, url.replace('app=', 'app[]='), url.replace(/\?.*/, '')]) {
        const { status } = await world.request('admin', method, asked, ROUTES[name]?.body);
        expect([asked, [400, 403].includes(status)]).toEqual([asked, true]);
      }
    },
  );
});

/** All ways to put `bad` in the place of a text within `body`. */
function spoiled(body: object, bad: unknown): object[] {
  return Object.entries(body).flatMap(([key, value]) => {
    if (typeof value === 'string') return [{ ...body, [key]: bad }];
    return typeof value === 'object' && value !== null ? [{ ...body, [key]: { shop: bad } }] : [];
  });
}

it('no operator in the place of a text comes to a query, in any body or address of these services', async () => {
  const told: unknown[] = [];
  const { server, seals, clock, passwords, close } = await openAccounts({
    isAudited: false,
    between: (documents) => listening(documents, told),
  });
  const statusAs = (who: Who) => {
    const sealed = seals.seal({ identity: WHO[who], address: '', source: '' }, clock.nowMs());
    const headers = { host: 'lab.example', [IDENTITY_HEADER]: sealed, 'content-type': 'application/json' };
    return async (method: string, url: string, body: object = {}) => {
      const payload = method === 'GET' ? {} : { payload: JSON.stringify(body) };
      return (await server.inject({ method: method as 'GET', url, headers, ...payload })).statusCode;
    };
  };
  const asOwner = statusAs('owner');
  const asService = statusAs('service');
  const bad = operatorBodies();
  expect(bad.length).toBeGreaterThan(500);
  for (const name of names) {
    const [method, url] = addressOf(name);
    const { body = {} } = ROUTES[name] ?? {};
    const isInternal = url.startsWith('/internal');
    const statusOf = isInternal ? asService : asOwner;
    // Nobody but our own services asks what is internal: there, some of them do.
    for (const each of isInternal ? bad.filter((_, at) => at % 10 === 0) : bad) {
      for (const other of Object.keys(body).length > 0 ? [...spoiled(body, each), each] : []) {
        const status = await statusOf(method, url, other);
        if (status !== 400) expect([name, other, status]).toEqual([name, other, 400]);
      }
    }
    const [path, query] = url.split('?');
    for (const operator of query === undefined ? [] : ['$ne', '$gt', '$regex', '$where', '$in', '']) {
      const spelled = `${path}?${query?.replace('=', `[${operator}]=`)}`;
      expect([spelled, await statusOf(method, spelled, body)]).toEqual([spelled, 400]);
    }
  }
  expect(await asService('POST', '/internal/userauth/verify', { token })).toBe(200);
  expect(told).toContain(tokenHash(token));
  expect(told.filter((what) => typeof what !== 'string')).toEqual([]);
  expect(passwords.computed).toBe(0);
  await close();
}, 30_000);
