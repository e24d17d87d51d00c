import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { DatalabError, ERRORS } from '../../engine/errors/errors.ts';
import { ACTIONS, type Action, type Identity, may, type ROLES, type SCOPES } from '../../engine/protocol/access.ts';
import { type Act, guard } from './guard.ts';
import { type Asker, Seals } from './sealed-identity.ts';

const user = (role: (typeof ROLES)[number] | 'nobody' | 'owner'): Identity => ({
  kind: 'user',
  id: 'u1',
  name: 'Ada',
  isOwner: role === 'owner',
  roles: role === 'nobody' || role === 'owner' ? {} : { shop: role },
  signIn: 's1',
});
const token = (...scopes: (typeof SCOPES)[number][]): Identity => ({ kind: 'token', id: 't1', name: 'job', app: 'shop', scopes });
const WHO: Readonly<Record<string, Identity | null>> = {
  nobody: null,
  'without a role': user('nobody'),
  viewer: user('viewer'),
  analyst: user('analyst'),
  operator: user('operator'),
  admin: user('admin'),
  owner: user('owner'),
  'token: events': token('events.write'),
  'token: reports': token('reports.read'),
  service: { kind: 'service', name: 'user' },
};

/** Every cell, written out: what is not named may not. */
const MAY: Readonly<Record<Action, readonly string[]>> = {
  track: Object.keys(WHO),
  'sign-in': Object.keys(WHO),
  account: ['without a role', 'viewer', 'analyst', 'operator', 'admin', 'owner'],
  'reports.read': ['viewer', 'analyst', 'operator', 'admin', 'owner', 'token: reports'],
  'replays.read': ['analyst', 'operator', 'admin', 'owner', 'token: reports'],
  'settings.read': ['analyst', 'operator', 'admin', 'owner'],
  'actors.watch': ['operator', 'admin', 'owner'],
  'sessions.control': ['operator', 'admin', 'owner'],
  'settings.change': ['admin', 'owner'],
  'keys.manage': ['admin', 'owner'],
  'people.manage': ['admin', 'owner'],
  'audit.read': ['admin', 'owner'],
  'apps.manage': ['owner'],
  'users.manage': ['owner'],
  'events.write': ['token: events'],
  internal: ['service'],
};

const cells = (Object.keys(ACTIONS) as Action[]).flatMap((action) => Object.keys(WHO).map((who) => [action, who] as const));

describe('the table of rights', () => {
  it.each(cells)('%s by %s', (action, who) => {
    expect(may(WHO[who] ?? null, action, 'shop')).toBe(MAY[action].includes(who));
  });

  it.each(cells.filter(([action]) => !['public', 'signed-in', 'service', 'owner'].includes(ACTIONS[action].level)))(
    '%s by %s in another app is for owners alone',
    (action, who) => {
      for (const app of ['other', undefined, '__proto__', 'constructor'])
        expect(may(WHO[who] ?? null, action, app)).toBe(who === 'owner' && ACTIONS[action].level !== 'token');
    },
  );
});

describe('the page about it', () => {
  it('has the same table, cell by cell', () => {
    const who = ['viewer', 'analyst', 'operator', 'admin', 'owner', 'token: events', 'token: reports'];
    const rows = (Object.keys(ACTIONS) as Action[])
      .filter((action) => action !== 'internal')
      .map((action) => [`\`${action}\``, ...who.map((each) => (MAY[action].includes(each) ? '✓' : '')), ACTIONS[action].about]);
    const lines = [['action', ...who, 'what it is'], ['---', ...who.map(() => ':-:'), '---'], ...rows].map(
      (cells) => `| ${cells.join(' | ')} |`,
    );
    const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
    expect(page.split('<!-- begin: held by guard.test.ts -->\n')[1]?.split('<!-- end -->')[0]).toBe(`${lines.join('\n')}\n`);
  });
});

/** A server with one route of each action, asked by whoever `who` says. */
async function setUp() {
  const app = Fastify();
  const acts: Act[] = [];
  const world = { asker: { identity: null, address: '10.0.x.x', source: '' } as Asker, acts, app };
  app.setErrorHandler((error, _request, reply) => {
    const code = error instanceof DatalabError ? error.code : 'internal';
    reply.code(ERRORS[code].status).send({ code });
  });
  guard(app, {
    nowMs: () => 7,
    identify: async () => world.asker,
    isOwnHost: (host) => host === 'lab.example',
    audit: (act) => acts.push(act),
  });
  for (const action of Object.keys(ACTIONS) as Action[]) {
    app.get(`/${action}/:app`, { config: { action } }, async () => action);
    app.post(`/${action}/:app/:thing`, { config: { action, act: `${action}.tried` } }, async () => action);
  }
  return world;
}

describe('the guard', () => {
  it.each(cells)('lets through what the table allows, and nothing else: %s by %s', async (action, who) => {
    const world = await setUp();
    world.asker = { ...world.asker, identity: WHO[who] ?? null };
    const headers = { host: 'lab.example' };
    const isAllowed = MAY[action].includes(who);
    const { statusCode } = await world.app.inject({ url: `/${action}/shop`, headers });
    expect(statusCode).toBe(isAllowed ? 200 : who === 'nobody' ? 401 : 403);
    if (action === 'track') return;
    const done = await world.app.inject({
      method: 'POST',
      url: `/${action}/shop/x1`,
      headers,
      payload: { password: 'hunter2', note: 'n' },
    });
    expect(done.statusCode).toBe(statusCode);
    const by = who === 'nobody' ? 'somebody' : who === 'service' ? 'service user' : who.startsWith('token') ? 'job' : 'Ada';
    expect(world.acts).toEqual([
      { atMs: 7, by, what: `${action}.tried`, app: 'shop', target: 'x1', from: '10.0.x.x', status: statusCode, detail: expect.any(String) },
    ]);
    expect(world.acts[0]?.detail).not.toContain('hunter2');
  });

  it.each([
    ['another site’s page', { host: 'lab.example', origin: 'https://evil.example' }],
    ['a page without an origin', { host: 'lab.example', origin: 'null' }],
    ['a form of another site', { host: 'lab.example', 'sec-fetch-site': 'cross-site' }],
    ['a sister of our host', { host: 'lab.example', 'sec-fetch-site': 'same-site' }],
    ['another host', { host: 'evil.example', origin: 'https://evil.example' }],
  ])('%s changes nothing, whoever is signed in', async (_what, headers) => {
    const world = await setUp();
    world.asker = { ...world.asker, identity: user('owner') };
    const { statusCode } = await world.app.inject({ method: 'POST', url: '/settings.change/shop/x1', headers, payload: {} });
    expect(statusCode).toBe(403);
    const own = { host: 'lab.example', origin: 'http://lab.example', 'sec-fetch-site': 'same-origin' };
    expect((await world.app.inject({ method: 'POST', url: '/settings.change/shop/x1', headers: own, payload: {} })).statusCode).toBe(200);
  });

  it('of an address that is written down, credentials and query stay behind', async () => {
    const { app, acts } = await setUp();
    const payload = { url: 'https://me:CREDS@shop.example/page?token=SECRET#part' };
    await app.inject({ method: 'POST', url: '/sign-in/shop/x1', headers: { host: 'lab.example' }, payload });
    expect(acts[0]?.detail).toBe('{"url":"https://shop.example/page"}');
  });

  it('a route without an action, and a change without an act, cannot be made', async () => {
    const [free, silent] = [(await setUp()).app, (await setUp()).app];
    free.get('/free', async () => 'x');
    await expect(free.ready()).rejects.toThrow('says no action');
    silent.post('/free', { config: { action: 'settings.change' } }, async () => 'x');
    await expect(silent.ready()).rejects.toThrow('says no act');
  });
});

describe('a sealed identity', () => {
  const asker: Asker = { identity: user('admin'), address: '10.0.x.x', source: 'q' };
  const seals = new Seals('s'.repeat(32));

  it('is opened by whoever has the secret, for a minute', () => {
    const sealed = seals.seal(asker, 1_000);
    expect(seals.open(sealed, 60_999)).toEqual(asker);
    expect(seals.open(sealed, 61_000)).toBeNull();
  });

  it('altered, cut, made up or sealed with another secret it is none', () => {
    const sealed = seals.seal(asker, 1_000);
    const [text = '', mac = ''] = sealed.split('.');
    const others = [new Seals('t'.repeat(32)).seal(asker, 1_000), '', '.', text, `${text}.`, `${text}x.${mac}`, `.${mac}`, `${mac}.${mac}`];
    for (let at = 0; at < sealed.length; at++)
      others.push(`${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`);
    for (const other of others.filter((each) => each !== sealed)) expect(seals.open(other, 1_000)).toBeNull();
  });
});
