/** What strangers send that is no input of ours (faults.md 33–42); ops/faults/README.md says where the others are proved. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { INBOX_MAX_FRAMES } from '../../actors/session/inbox.ts';
import type { SessionDetail } from '../../engine/protocol/api.ts';
import { encodePost } from '../../engine/protocol/codec/post.ts';
import type { Event } from '../../engine/protocol/events.ts';
import { LIFECYCLE_EVENTS } from '../../engine/protocol/lifecycle.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';
import { type AbusedNode, frameOf, hello, ORIGIN, openLive, openNode, openSocket, postHello, request } from './fixture/stranger.ts';

// Thousands of requests: on a busy machine they take longer than a test does.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: AbusedNode;
let base: string;
beforeAll(async () => {
  world = await openNode();
  ({ base } = world);
});
afterAll(() => world.close());

const ask = (method: string, path: string, body?: unknown) => request(base, method, path, world.owner, body);
const detail = async (session: string) => (await (await ask('GET', `/api/sessions/${session}?app=shop`)).json()) as SessionDetail;
const move = (): Event => ({ kind: 'move', atMs: Date.now(), x: 1, y: 2, restMs: 0 });
const acked = (seq: number) => (message: ServerMessage) => message.type === 'ACK' && message.seq >= seq;

/** Names that mean something to a state machine, to the lifecycle, or to an object. */
const NAMES = [
  ...['xstate.stop', 'xstate.init', 'xstate.error.actor.0', 'xstate.done.state', 'xstate.after.1.x', 'xstate.promise.resolve', '*', ''],
  ...LIFECYCLE_EVENTS,
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'mousemove', 'ACK', 'END', 'CONTROL', 'goodbye'],
];

it('33: names of inner events, what is no object and what has no type are refused one by one; the actor stands where it stood', async () => {
  const answer = await hello(base);
  const peer = await openSocket(answer);
  peer.socket.send(frameOf(1, [move()]));
  await peer.until(acked(1));
  const before = await detail(answer.session);
  const event = { x: 1, y: 2 };
  const texts = [
    ...NAMES.map((type) => JSON.stringify({ type, timestamp: Date.now(), event })),
    ...[7, null, true, ['MOUSEMOVE'], { $ne: 1 }].map((type) => JSON.stringify({ type, timestamp: Date.now(), event })),
    ...['null', 'true', '7', '"xstate.stop"', '[]', '[{"type":"GOODBYE"}]', '{}', JSON.stringify({ timestamp: Date.now(), event })],
    ...['', ' ', 'GOODBYE', '{"type":"GOODBYE"', '{"type":"GOODBYE","more":1}', '\u0000', '{"__proto__":{"type":"GOODBYE"}}'],
  ];
  for (const text of texts) peer.socket.send(text);
  peer.socket.send(JSON.stringify({ type: 'MOUSEMOVE', timestamp: Date.now(), event }));
  await peer.until(acked(texts.length + 2));
  const refused = peer.said.filter((message) => message.type === 'REFUSED').sort((a, b) => (a.firstSeq ?? 0) - (b.firstSeq ?? 0));
  // Texts are numbered as they come; none is to be sent again.
  expect(refused.map(({ firstSeq, lastSeq, retry }) => [firstSeq, lastSeq, retry])).toEqual(texts.map((_, i) => [i + 2, i + 2, false]));
  const after = await detail(answer.session);
  expect(after.row).toMatchObject({ state: 'LISTEN', events: 2 });
  expect(after.transitions).toEqual(before.transitions);
  expect(after.controls).toEqual([]);
  peer.socket.terminate();
});

it('33: the same on the socket of the UI: each is refused, and it goes on', async () => {
  const live = await openLive(base, world.owner);
  const texts = [
    ...NAMES.map((type) => JSON.stringify({ type, app: 'shop' })),
    'null',
    '7',
    '[]',
    '{}',
    '',
    '{"app":"shop"}',
    '{"type":null}',
  ];
  for (const text of texts) live.socket.send(text);
  live.socket.send(Buffer.from('{"type":"watch-pulse","app":"shop"}'), { binary: true });
  live.socket.send('{"type":"watch-pulse","app":"shop"}');
  await live.until(({ type }) => type === 'pulse');
  expect(live.said.filter(({ type }) => type === 'refused')).toHaveLength(texts.length + 1);
  live.socket.terminate();
});

/** Each would mean something in a subject, a path, a header, a query or a file's name. */
const BAD_IDS = [
  ...[
    'a.b',
    '.',
    '..',
    '../x',
    '*',
    '>',
    'a b',
    ' ',
    'a\r\nb',
    'a\r\nSet-Cookie: x=1',
    '\n',
    '\u0000',
    'a\u0000b',
    '$ne',
    '%',
    "' OR 1=1 --",
  ],
  ...['ünï', '\u202e', '😀', 'a/b', 'a\\b', '{"$ne":null}', '[object Object]', 'x'.repeat(65), 'x'.repeat(10_240), '.'.repeat(10_240)],
];

it('37: in a hello: refused as malformed, in each of its ids', async () => {
  const sessions = world.node.registry.size;
  for (const name of ['app', 'tab', 'session', 'resume']) {
    for (const id of [...BAD_IDS, '']) {
      const answer = await postHello(base, { [name]: id });
      const { code } = (await answer.json()) as { code: string };
      expect([name, id, answer.status, code]).toEqual([name, id, 400, 'hello-malformed']);
    }
  }
  expect(world.node.registry.size).toBe(sessions);
});

it('37: in a post and a poll: refused, with the right token of the session, too', async () => {
  const { session, resume, ticket } = await hello(base);
  const post = async (path: string, ids: { session: string; resume: string }) => {
    const body = Buffer.from(encodePost({ ...ids, frames: [frameOf(1, [move()])] }));
    return (await fetch(base + path, { method: 'POST', headers: { origin: ORIGIN, 'content-type': 'text/plain' }, body })).status;
  };
  for (const id of [...BAD_IDS, '']) {
    for (const ids of [
      { session: id, resume },
      { session, resume: id },
      { session: id, resume: id },
    ])
      expect([id, [400, 403].includes(await post('/api/frames', ids))]).toEqual([id, true]);
    expect([id, await post('/api/poll', { session, resume: id })]).toEqual([id, 400]);
  }
  expect(await post('/api/poll', { session: 'a.*', resume: ticket })).toBe(400);
  expect((await detail(session)).row.events).toBe(0);
});

/** Where an id stands in an address; `!` is its place. */
const PATHS: readonly [method: string, path: string, body?: object][] = [
  ['GET', '/api/sessions?app=!'],
  ['GET', '/api/pages?app=!'],
  ['GET', '/api/heatmap?app=!&url=x&layer=move&widthClass=mobile'],
  ['GET', '/api/sessions/!?app=shop'],
  ['GET', '/api/sessions/!/chunks?app=shop'],
  ['POST', '/api/sessions/!/control?app=shop', { paused: true }],
  ['POST', '/api/sessions/!/end?app=shop'],
  ['GET', '/api/trackers/!/confirmed'],
  ['GET', '/api/apps/!'],
  ['PUT', '/api/apps/!/archived', { archived: true }],
  ['POST', '/api/apps/!/delete', { name: 'Shop' }],
  ['GET', '/api/config/!'],
  ['POST', '/api/config/!/roll-back', { basedOn: 0, to: 0 }],
  ['GET', '/api/keys/!'],
  ['POST', '/api/keys/!'],
  ['PUT', '/api/keys/shop/public/!', { endsMs: 1 }],
  ['DELETE', '/api/keys/shop/tokens/!'],
  ['GET', '/api/users?app=!'],
  ['POST', '/api/users/invitations?app=!', { email: 'x@x.example', role: 'viewer' }],
  ['DELETE', '/api/users/invitations/!?app=shop'],
  ['PUT', '/api/users/!/role?app=shop', { role: 'viewer' }],
  ['PUT', '/api/users/!/owner', { isOwner: true }],
  ['POST', '/api/users/!/reset'],
  ['DELETE', '/api/users/!'],
  ['POST', '/api/account/sign-ins/!/end'],
  ['GET', '/api/audit?app=!'],
  ['GET', '/api/audit?before=!'],
];

it('37: in an address of the API: refused in every place, for an owner as well, and said in JSON', async () => {
  const unexpected: unknown[] = [];
  for (const [method, path, body] of PATHS) {
    for (const id of BAD_IDS) {
      // Dots that stand alone are taken out of an address by whoever sends it.
      if (/^\.+$/.test(id) && !path.includes('=!')) continue;
      const answer = await ask(method, path.replace('!', encodeURIComponent(id)), body);
      const text = await answer.text();
      const isRefused = [400, 404, 414].includes(answer.status) && answer.headers.get('content-type')?.startsWith('application/json');
      if (!isRefused || answer.headers.get('set-cookie') !== null) unexpected.push([method, path, id.slice(0, 40), answer.status, text]);
    }
  }
  expect(unexpected).toEqual([]);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
});

it('37: in a watch of the UI’s socket: refused', async () => {
  const live = await openLive(base, world.owner);
  const ids = BAD_IDS.filter((id) => id.length < 4_000);
  for (const app of ids) live.socket.send(JSON.stringify({ type: 'watch-newest', app }));
  live.socket.send('{"type":"watch-pulse","app":"shop"}');
  await live.until(({ type }) => type === 'pulse');
  expect(live.said.filter(({ type }) => type === 'refused')).toHaveLength(ids.length);
  live.socket.terminate();
});

it('38: a session that floods is told to thin and waits; nothing of it is lost; its neighbour’s acks come meanwhile', async () => {
  const ROUNDS = 20;
  const PER_ROUND = 250;
  const [answer, neighbour] = [await hello(base), await hello(base)];
  const [loud, calm] = [await openSocket(answer), await openSocket(neighbour)];
  const inbox = world.node.registry.find(answer.session)?.inbox;
  const waiting: number[] = [];
  let overtaken = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    for (let i = 1; i <= PER_ROUND; i++) loud.socket.send(frameOf((round - 1) * PER_ROUND + i, [move()]));
    calm.socket.send(frameOf(round, [move()]));
    await calm.until(acked(round));
    waiting.push(inbox?.length ?? 0);
    if (!loud.said.some(acked(round * PER_ROUND))) overtaken++;
  }
  // The neighbour’s frames did not wait until all that were sent before them were stored.
  expect(overtaken).toBeGreaterThan(0);
  expect(Math.max(...waiting)).toBeGreaterThan(0);
  expect(Math.max(...waiting)).toBeLessThanOrEqual(INBOX_MAX_FRAMES);
  await loud.until(acked(ROUNDS * PER_ROUND));
  expect(loud.said.filter(({ type }) => type === 'REFUSED')).toEqual([]);
  expect(loud.said.some((message) => message.type === 'THIN' && message.level > 0)).toBe(true);
  expect((await detail(answer.session)).row).toMatchObject({ events: ROUNDS * PER_ROUND, lostEvents: 0 });
  expect(new Set(calm.said.map(({ type }) => type))).toEqual(new Set(['ACK']));
  expect((await detail(neighbour.session)).row.events).toBe(ROUNDS);
  for (const { socket } of [loud, calm]) socket.terminate();
});

it('40: markup in title, address, referrer and user agent is data: as it was sent, in JSON that no browser takes for a page', async () => {
  const script = '<script>alert(1)</script>';
  const image = '"><img src=x onerror=alert(1)>';
  const answer = await hello(
    base,
    {
      url: `${ORIGIN}/${image}?q=${script}`,
      referrer: `https://evil.example/${image}#${script}`,
      title: script,
      language: image,
      browser: script,
    },
    { origin: ORIGIN, 'user-agent': `${script}${image}` },
  );
  const peer = await openSocket(answer);
  peer.socket.send(frameOf(1, [{ kind: 'start', atMs: Date.now(), title: script, referrer: image }], `${ORIGIN}/${image}`));
  await peer.until(acked(1));
  const encoded = encodeURI(image);
  expect((await detail(answer.session)).row).toMatchObject({
    entryUrl: `${ORIGIN}/${encoded}`,
    referrer: `https://evil.example/${encoded}`,
    language: image,
  });
  const planted = encodeURIComponent(`${script}${image}`);
  const paths = [
    '/api/sessions?app=shop&limit=100&bots=true',
    `/api/sessions/${answer.session}?app=shop`,
    `/api/sessions/${answer.session}/chunks?app=shop`,
    '/api/pages?app=shop',
    // Refusals, which say what was wrong.
    `/api/sessions/${planted}?app=shop`,
    `/api/sessions?app=${planted}`,
    `/api/sessions?app=shop&${planted}=1`,
    `/api/apps/${planted}`,
    `/api/${planted}`,
    `/${planted}.js`,
  ];
  for (const path of paths) {
    const { headers } = await ask('GET', path);
    const policy = headers.get('content-security-policy') ?? '';
    expect([path, headers.get('content-type')]).toEqual([
      path,
      expect.stringMatching(path.includes('/chunks') ? /^application\/octet-stream/ : /^application\/json/),
    ]);
    expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
    for (const part of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
      expect([path, policy]).toEqual([path, expect.stringContaining(part)]);
    expect([path, policy]).toEqual([path, expect.not.stringMatching(/unsafe-|\*|script-src/)]);
  }
  // What is stored is what was sent, not an escaped copy of it: escaping is up to whoever shows it.
  const chunks = Buffer.from(await (await ask('GET', `/api/sessions/${answer.session}/chunks?app=shop`)).arrayBuffer());
  expect(chunks.includes(script)).toBe(true);
  expect(chunks.includes('&lt;')).toBe(false);
  peer.socket.terminate();
});
