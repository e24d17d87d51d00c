/** People of one app look for another's (faults.md 47). */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { UserList } from '../../engine/protocol/account.ts';
import { DEFAULT_APP_CONFIG, type KeyList } from '../../engine/protocol/administration.ts';
import type { SessionDetail } from '../../engine/protocol/api.ts';
import { type AbusedNode, eventually, frameOf, hello, OTHER_ORIGIN, openLive, openNode, openSocket, request } from './fixture/stranger.ts';

// Thousands of requests: on a busy machine they take longer than a test does.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: AbusedNode;
let base: string;
beforeAll(async () => {
  world = await openNode();
  ({ base } = world);
});
afterAll(() => world.close());

type Attempt = readonly [method: string, path: string, as: string | Readonly<Record<string, string>>, body: object | undefined];

/** What only B, the app `other`, has: found in no answer to anybody of A, the app `shop`. */
const OF_B = 'only-in-b';
const ROUTES: readonly [method: string, path: string, body?: object][] = [
  ['GET', '/api/sessions?app=!'],
  ['GET', `/api/sessions?app=!&bots=true&limit=500&text=${OF_B}`],
  ['GET', '/api/sessions?app=!&live=true'],
  ['GET', '/api/sessions/@?app=!'],
  ['GET', '/api/sessions/@/chunks?app=!'],
  ['GET', '/api/pages?app=!'],
  ['GET', `/api/heatmap?app=!&url=${encodeURIComponent(`${OTHER_ORIGIN}/${OF_B}`)}&layer=click&widthClass=laptop`],
  ['GET', '/api/trackers/!/confirmed'],
  ['GET', '/api/apps/!'],
  ['GET', '/api/config/!'],
  ['GET', '/api/keys/!'],
  ['GET', '/api/users?app=!'],
  ['GET', '/api/audit?app=!'],
  ['POST', '/api/sessions/@/control?app=!', { paused: true }],
  ['POST', '/api/sessions/@/end?app=!'],
  ['POST', '/api/events?app=!', { events: [{ name: 'x' }] }],
  ['PUT', '/api/apps/!/archived', { archived: true }],
  ['POST', '/api/apps/!/delete', { name: 'Other' }],
  ['POST', '/api/apps/!/check', { url: `${OTHER_ORIGIN}/` }],
  ['PUT', '/api/config/!', { basedOn: 0, config: DEFAULT_APP_CONFIG }],
  ['POST', '/api/config/!/roll-back', { basedOn: 1, to: 1 }],
  ['POST', '/api/keys/!'],
  ['POST', '/api/keys/!/tokens', { name: 'x', scopes: ['reports.read'], expiresMs: 1_900_000_000_000 }],
  ['PUT', '/api/keys/!/public/other', { endsMs: 1 }],
  ['DELETE', '/api/keys/!/tokens/#'],
  ['POST', '/api/users/invitations?app=!', { email: 'eve@evil.example', role: 'admin' }],
  ['DELETE', '/api/users/invitations/~?app=!'],
];
/** Of all apps. */
const ROUTES_OF_ALL = [
  '/api/apps',
  '/api/users',
  '/api/audit',
  '/api/account',
  '/healthz',
  `/internal/app/all`,
  '/internal/config/all',
  '/api/sessions',
];

/** Ways to say B where A may be asked for; last comes A itself, with B’s ids in its address. */
const IN_QUERY = [
  ...['other', 'other&app=shop', 'shop&app=other', 'shop&App=other', 'shop&app[]=other', 'shop&app%5B%24ne%5D=x', '*', '', 'shop%00other'],
  ...[
    'shop,other',
    'shop%26app%3Dother',
    'shop;app=other',
    'shop%2Fother',
    'other%20',
    'OTHER',
    '__proto__',
    'shop#&app=other',
    'shop%0Aother',
  ],
];
const IN_PATH = [
  'other',
  'other?app=shop',
  'shop%2F..%2Fother',
  'shop%00other',
  '%2e%2e%2fother',
  'OTHER',
  '__proto__',
  'other%2F',
  'shop;other',
];

it('47: in 10,000 attempts nobody of app A sees a document of app B, or changes one', async () => {
  // B has one of everything.
  const url = `${OTHER_ORIGIN}/${OF_B}`;
  const target = await hello(base, { app: 'other', url, referrer: `https://${OF_B}.example/`, language: OF_B }, { origin: OTHER_ORIGIN });
  const peer = await openSocket(target, OTHER_ORIGIN);
  const page = { kind: 'start', atMs: Date.now(), title: OF_B, referrer: '' } as const;
  peer.socket.send(frameOf(1, [page, { kind: 'identify', atMs: Date.now(), id: OF_B }], url));
  await peer.until(({ type }) => type === 'ACK');
  const name = `${OF_B} job`;
  await world.ask('POST', '/api/keys/other/tokens', { name, scopes: ['reports.read'], expiresMs: Date.now() + 86_400_000 });
  await world.ask('POST', '/api/users/invitations?app=other', { email: `${OF_B}@other.example`, role: 'viewer' });
  const { versions } = await world.ask<{ versions: { version: number }[] }>('GET', '/api/config/other');
  await world.ask('PUT', '/api/config/other', { basedOn: versions[0]?.version ?? 0, note: OF_B, config: DEFAULT_APP_CONFIG });
  const state = async () => {
    const [keys, users] = [await world.ask<KeyList>('GET', '/api/keys/other'), await world.ask<UserList>('GET', '/api/users?app=other')];
    const rest = ['/api/apps/other', '/api/config/other', `/api/sessions/${target.session}?app=other`, '/api/sessions?app=other&bots=true'];
    const without = (key: string, value: unknown) =>
      key === 'lastUsedMs' || key === 'lastSeenMs' || key === 'firstEvent' ? undefined : value;
    return JSON.parse(JSON.stringify([keys, users, await Promise.all(rest.map((path) => world.ask('GET', path)))], without)) as [
      KeyList,
      UserList,
      object,
    ];
  };
  const before = await state();
  expect(JSON.stringify(before).split(OF_B).length).toBeGreaterThan(5);
  const tokenId = before[0].tokens.find((token) => token.name === name)?.id ?? '';
  const invitation = before[1].invitations[0]?.id ?? '';

  const roles = ['viewer', 'analyst', 'operator', 'admin'];
  const people = await Promise.all(roles.map((role) => world.invite(`A-${role}`, role)));
  const token = await world.apiToken('shop');
  const askers = [...people, { authorization: `Bearer ${token}` }, ''];
  const { row } = await world.ask<SessionDetail>('GET', `/api/sessions/${target.session}?app=other`);
  const idsOfB = [target.session, row.visit, row.visitor, tokenId, invitation, target.resume];
  const fill = (path: string, id = target.session) => path.replace('@', id).replace('#', tokenId).replace('~', invitation);
  const attempts: Attempt[] = [];
  for (const as of askers) {
    for (const path of ROUTES_OF_ALL) attempts.push(['GET', path, as, undefined], ['GET', `${path}?app=other`, as, undefined]);
    for (const [method, path, body] of ROUTES) {
      const ways = path.includes('app=!') ? IN_QUERY : IN_PATH;
      // What changes something is written down each time, so that it costs more: fewer of those.
      for (const way of [...(method === 'GET' ? ways : ways.slice(0, 5)), 'shop']) {
        // What an admin of A does to A is none of these attempts.
        if (way === 'shop' && method !== 'GET' && !/[@#~]|public/.test(path)) continue;
        const ids = method === 'GET' && path.includes('@') ? idsOfB : idsOfB.slice(0, 1);
        for (const id of ids) attempts.push([method, fill(path.replace('!', way), id), as, body]);
      }
    }
  }
  const seen: unknown[] = [];
  let tried = 0;
  const tryOne = async ([method, path, as, body]: Attempt) => {
    const answer = await request(base, method, path, as, body);
    const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
    // A refusal names the session that was asked for, and so does the log of what was tried; no other answer does.
    const isSeen = text.includes(OF_B) || (answer.ok && !path.startsWith('/api/audit') && text.includes(target.session));
    if (isSeen || answer.status >= 500) seen.push([method, path, as, answer.status, text.slice(0, 200)]);
    tried++;
  };
  const tryAll = async (some: readonly Attempt[]) => {
    const rest = some.values();
    const one = async () => {
      for (const attempt of rest) await tryOne(attempt);
    };
    await Promise.all(Array.from({ length: 16 }, one));
  };
  await tryAll(attempts);
  // Again and again what changes nothing: what was refused once is not given at the second time.
  const asked = attempts.filter(([method]) => method === 'GET');
  while (tried < 9_000) await tryAll(asked.slice(0, 9_000 - tried));
  // By the socket of the UI.
  for (const cookie of people) {
    const live = await openLive(base, cookie);
    const watches = ['watch-pulse', 'watch-newest', 'watch-stored', 'watch-actors'];
    const more = { sort: 'startedMs', descending: true, offset: 0, limit: 500 };
    for (let i = 0; i < 250; i++, tried++) {
      const type = watches[i % watches.length];
      live.socket.send(JSON.stringify({ type, app: 'other', ...(type === 'watch-actors' ? more : {}) }));
    }
    // What happens in B meanwhile is not told either.
    peer.socket.send(frameOf(people.indexOf(cookie) + 3, [{ kind: 'move', atMs: Date.now(), x: 1, y: 1, restMs: 0 }], url));
    await peer.until((message) => message.type === 'ACK' && message.seq >= people.indexOf(cookie) + 3);
    await eventually(
      async () => live.said.filter(({ type }) => type === 'refused').length,
      (refused) => refused === 250,
    );
    expect(new Set(live.said.map(({ type }) => type))).toEqual(new Set(['welcome', 'refused']));
    live.socket.terminate();
  }
  expect(seen).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(10_000);
  peer.socket.terminate();
  const [keys, users, rest] = await state();
  expect([keys, users]).toEqual([before[0], before[1]]);
  expect(rest).toMatchObject([{ state: 'active' }, {}, { controls: [] }, { total: 1 }]);
});
