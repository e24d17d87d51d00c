/** A real node on a free port with a real store, and clients that are not our tracker: what the protocol promises strangers. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import type { SessionDetail } from '../engine/protocol/api.ts';
import { decodeFrame, encodeFrame } from '../engine/protocol/codec/frame.ts';
import { encodePost } from '../engine/protocol/codec/post.ts';
import { Reader } from '../engine/protocol/codec/reader.ts';
import type { Frame } from '../engine/protocol/events.ts';
import { type HelloAnswer, type HelloRequest, SOCKET_PROTOCOL } from '../engine/protocol/hello.ts';
import type { LiveMessage } from '../engine/protocol/live.ts';
import type { PollAnswer, ServerMessage } from '../engine/protocol/messages.ts';
import { signIn } from './access/fixture/sign-in.ts';
import { type Node, startNode } from './main.ts';
import { readSettings } from './settings.ts';
import { portOf } from './socket/tracker-socket.ts';

const ORIGIN = 'https://shop.example';
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
let dataDir: string;
let node: Node;
/** Of a browser that is signed in to it. */
let cookie: string;

const settings = (more: Record<string, string> = {}) =>
  readSettings({
    DATALAB_PORT: '0',
    DATALAB_DATA_DIR: dataDir,
    DATALAB_GRACE_MS: '400',
    DATALAB_LOG_LEVEL: 'silent',
    DATALAB_REQUESTS_PER_MIN: '1000000',
    DATALAB_APPS: `shop|Shop|${ORIGIN};other|Other|https://other.example`,
    ...more,
  });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'datalab-gateway-'));
  node = await startNode(settings());
  cookie = await signIn(node);
});

afterAll(async () => {
  await node.stop();
  rmSync(dataDir, { recursive: true });
});

function helloBody(more: Partial<HelloRequest> = {}): HelloRequest {
  const nowMs = Date.now();
  return {
    app: 'shop',
    session_start: nowMs,
    sentAtMs: nowMs,
    referrer: 'https://search.example/?q=secret',
    browser: USER_AGENT,
    OS: 'Linux',
    url: `${ORIGIN}/start?utm_source=news&token=secret`,
    tab: 'tab-1',
    ...more,
  };
}

/** Asks as somebody who is signed in. */
function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(node.url + path, { ...init, headers: { cookie, ...init.headers } });
}

function postHello(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${node.url}/api/hello`, {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'text/plain', 'user-agent': USER_AGENT, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function hello(more: Partial<HelloRequest> = {}): Promise<HelloAnswer> {
  const response = await postHello(helloBody(more));
  expect(response.status).toBe(200);
  return (await response.json()) as HelloAnswer;
}

/** A socket with a queue of what the server said. */
async function open(answer: HelloAnswer, origin = ORIGIN) {
  const socket = new WebSocket(answer.socketUrl, [SOCKET_PROTOCOL, answer.ticket], { origin });
  const said: ServerMessage[] = [];
  const waiting: (() => void)[] = [];
  const wake = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  socket.on('message', (data) => {
    said.push(JSON.parse(String(data)) as ServerMessage);
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
  });
  return {
    socket,
    said,
    closed,
    async until(found: (message: ServerMessage) => boolean): Promise<ServerMessage> {
      for (;;) {
        const message = said.find(found);
        if (message) return message;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

function frame(firstSeq: number, more: Partial<Frame> = {}): Uint8Array {
  const atMs = Date.now();
  return encodeFrame({
    firstSeq,
    baseSeq: 1,
    goodbye: false,
    startMs: atMs,
    page: { url: `${ORIGIN}/start`, viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 3000 },
    events: [
      { kind: 'move', atMs, x: 100, y: 200, restMs: 10 },
      { kind: 'move', atMs: atMs + 50, x: 110, y: 210, restMs: 0 },
    ],
    ...more,
  });
}

async function storedEvents(session: string): Promise<number> {
  const response = await ask(`/api/sessions/${session}/chunks?app=shop`);
  const reader = new Reader(new Uint8Array(await response.arrayBuffer()));
  let events = 0;
  while (!reader.done) {
    const decoded = decodeFrame(reader.blob(70_000));
    if (!decoded.ok) throw new Error(decoded.reason);
    events += decoded.value.events.length;
  }
  return events;
}

async function detail(session: string): Promise<SessionDetail> {
  return (await (await ask(`/api/sessions/${session}?app=shop`)).json()) as SessionDetail;
}

/** The UI's socket, with what the node said on it. */
function openLive() {
  const socket = new WebSocket(`${node.url.replace('http', 'ws')}/api/live`, { origin: node.url, headers: { cookie } });
  const said: LiveMessage[] = [];
  let wake = () => {};
  socket.on('message', (data) => {
    said.push(JSON.parse(String(data)) as LiveMessage);
    wake();
  });
  const until = async (holds: (message: LiveMessage, index: number) => boolean): Promise<LiveMessage> => {
    for (;;) {
      const message = said.find(holds);
      if (message) return message;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { socket, said, until };
}

/** Asks until it holds: for what the server does in its own time. */
async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

describe('hello', () => {
  it('[HE1] takes the seed’s fields plus ours and answers with all that a tracker needs', async () => {
    const answer = await hello();
    expect(answer).toMatchObject({ resumed: false, ackedSeq: 0, highSeq: 0 });
    expect(answer.session).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(answer.ticketTtlMs).toBeLessThanOrEqual(30_000);
    expect(answer.socketUrl).toMatch(/^ws:\/\/localhost:\d+\/api\/socket$/);
    const { row } = await detail(answer.session);
    expect(row).toMatchObject({
      app: 'shop',
      state: 'CONNECT',
      device: 'desktop',
      browser: 'Firefox',
      os: 'Linux',
      entryUrl: `${ORIGIN}/start`,
    });
  });

  it('[HE1] takes a start with a fraction of a millisecond, and a clock that is hours off', async () => {
    const answer = await hello({ session_start: 7_200_000.25, sentAtMs: 7_260_000.75 });
    const { row } = await detail(answer.session);
    expect(Date.now() - row.startedMs).toBeLessThan(65_000);
    expect(Date.now() - row.startedMs).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    ['not JSON', '{'],
    ['no object', '[]'],
    ['a field missing', JSON.stringify({ app: 'shop' })],
    ['a field too many', JSON.stringify({ ...helloBody(), isAdmin: true })],
    ['a number as text', JSON.stringify({ ...helloBody(), sentAtMs: '12' })],
    ['an operator for a string', JSON.stringify({ ...helloBody(), tab: { $ne: null } })],
    ['an id with other characters', JSON.stringify({ ...helloBody(), tab: 'a.*>\r\n' })],
    ['a key that is structure', `{"__proto__":{"app":"shop"},${JSON.stringify(helloBody()).slice(1)}`],
    ['nesting without end', '['.repeat(30_000)],
  ])('[HE1] refuses %s as malformed', async (_what, body) => {
    const response = await postHello(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'hello-malformed', retry: false });
    expect(response.headers.get('access-control-allow-origin'), 'the page may read why').toBe(ORIGIN);
  });

  it.each([
    'null',
    'https://shop.example.evil.example',
    'https://evilshop.example',
    'https://shop.example:8443',
    'https://SHOP.example',
    'https://shop.example.',
    'http://shop.example',
    'https://shop.exаmple',
    'https://sub.shop.example',
    'https://other.example',
    'https://shop.example@evil.example',
    'https://localhost',
  ])('[HE2] refuses the origin %s', async (origin) => {
    const response = await postHello(helloBody(), { origin: encodeURI(origin) });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'origin-refused' });
  });

  it('[HE2] refuses no origin, and names the allowed one back exactly', async () => {
    const without = await fetch(`${node.url}/api/hello`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify(helloBody()),
    });
    expect(without.status).toBe(403);
    const response = await postHello(helloBody());
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('[HE3] a ticket opens one socket, of fifty that try at once', async () => {
    const answer = await hello();
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => open(answer)));
    const opened = tries.filter((attempt) => attempt.status === 'fulfilled');
    expect(opened).toHaveLength(1);
    for (const { value } of opened) value.socket.terminate();
  });

  it('[HE3] a ticket of another origin, a guessed one and an older one open nothing', async () => {
    const first = await hello();
    await expect(open(first, 'https://other.example')).rejects.toThrow('401');
    await expect(open(first), 'spent by the attempt').rejects.toThrow('401');
    await expect(open({ ...first, ticket: 'AAAAAAAAAAAAAAAAAAAAAA' })).rejects.toThrow('401');
    const second = await hello();
    const again = await hello({ session: second.session, resume: second.resume });
    await expect(open(second)).rejects.toThrow('401');
    (await open(again)).socket.terminate();
  });

  it('[HE4] resumes with its token only', async () => {
    const first = await hello();
    expect((await hello({ session: first.session, resume: first.resume })).session).toBe(first.session);
    for (const resume of ['', 'AAAAAAAAAAAAAAAAAAAAAA', (await hello()).resume]) {
      const response = await postHello(helloBody({ session: first.session, ...(resume ? { resume } : {}) }));
      expect(await response.json()).toMatchObject({ code: 'resume-refused' });
    }
  });

  it('[HE5] [HE6] knows a browser by its cookie, one visit over its tabs, and believes no altered cookie', async () => {
    const first = await postHello(helloBody());
    const cookie = first.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(395 * 86_400);
    const value = cookie.split(';', 1)[0] ?? '';
    const second = await postHello(helloBody({ tab: 'tab-2' }), { cookie: value });
    expect(second.headers.get('set-cookie')).toBeNull();
    const [one, two] = [(await first.json()) as HelloAnswer, (await second.json()) as HelloAnswer];
    expect(two.visit).toBe(one.visit);
    expect(two.session).not.toBe(one.session);
    const altered = await postHello(helloBody(), { cookie: value.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) });
    expect(altered.headers.get('set-cookie')).not.toBeNull();
    expect(((await altered.json()) as HelloAnswer).visit).not.toBe(one.visit);
  });

  it('[HE7] Global Privacy Control is respected', async () => {
    // Counting sessions would count those of other tests, too, which end meanwhile.
    const begun = vi.spyOn(node.registry, 'begin');
    const response = await postHello(helloBody(), { 'sec-gpc': '1' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'consent-missing' });
    expect(begun).not.toHaveBeenCalled();
    begun.mockRestore();
  });

  it('[HE8] cookieless: one visitor by address and user agent, no cookie set and none looked at', async () => {
    const cookie = (await postHello(helloBody())).headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const visitOf = async (more: Partial<HelloRequest>, headers: Record<string, string>) => {
      const response = await postHello(helloBody({ cookieless: true, ...more }), headers);
      expect(response.status).toBe(200);
      expect(response.headers.get('set-cookie')).toBeNull();
      return ((await response.json()) as HelloAnswer).visit;
    };
    const visit = await visitOf({}, {});
    expect(await visitOf({ tab: 'tab-2' }, { cookie })).toBe(visit);
    expect(await visitOf({}, { 'user-agent': `${USER_AGENT} other` })).not.toBe(visit);
  });

  it('[HE3] neither log nor store holds a secret of the page’s address', async () => {
    const answer = await hello();
    await detail(answer.session);
    const files = readdirSync(dataDir).filter((name) => name !== 'secret');
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const text = readFileSync(join(dataDir, name), 'latin1');
      expect(text).not.toContain('token=secret');
      expect(text).not.toContain('q=secret');
      expect(text).not.toContain(answer.ticket);
    }
  });
});

describe('the socket', () => {
  it('[SM1] refuses other protocols and other paths', async () => {
    const answer = await hello();
    const refused = (path: string, protocols: string[]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(answer.socketUrl.replace('/api/socket', path), protocols, { origin: ORIGIN });
        socket.on('error', (error) => resolve(error.message));
        socket.on('open', () => resolve('opened'));
      });
    expect(await refused('/api/socket', [])).toMatch('401');
    expect(await refused('/api/socket', ['datalab.2', answer.ticket])).toMatch('401');
    expect(await refused('/elsewhere', [SOCKET_PROTOCOL, answer.ticket])).toMatch('404');
    expect(await refused('/api/live', [])).toMatch('403');
  });

  it('[SM2] [AK3] [TX1] takes binary frames and seed texts on one socket, and acknowledges what is stored', async () => {
    const answer = await hello();
    const peer = await open(answer);
    peer.socket.send(frame(1));
    await peer.until((message) => message.type === 'ACK' && message.seq === 2);
    const timestamp = Date.now();
    for (const text of [
      { type: 'MOUSECLICK', timestamp, event: { x: 5, y: 6, target: '#buy' } },
      { type: 'URLCHANGE', timestamp, event: { to: `${ORIGIN}/basket`, elapsed: 900 } },
      { type: 'MOUSEHOVER', timestamp: new Date(timestamp).toISOString(), event: { target: '#buy', elapsed: 700 } },
      { type: 'MOUSEMOVE', timestamp, event: { x: 7, y: 8 } },
      { type: 'SESSION_RECORD', timestamp, event: { anything: [1, 2, 3] } },
    ]) {
      peer.socket.send(JSON.stringify(text));
    }
    await peer.until((message) => message.type === 'ACK' && message.seq === 7);
    expect(await storedEvents(answer.session)).toBe(7);
    peer.socket.send('{"type":"GOODBYE"}');
    expect(await peer.closed).toBe(1000);
    const { row } = await eventually(
      () => detail(answer.session),
      (found) => found.row.endReason !== undefined,
    );
    expect(row).toMatchObject({ endReason: 'goodbye', events: 7, clicks: 1 });
  });

  it('[TX2] [AK8] sets a bad text aside, says so, and stores its neighbours', async () => {
    const answer = await hello();
    const peer = await open(answer);
    const good = JSON.stringify({ type: 'MOUSEMOVE', timestamp: Date.now(), event: { x: 1, y: 2 } });
    for (const text of [
      good,
      '{"type":"xstate.stop"}',
      '{}',
      'null',
      good,
      '{"type":"MOUSEMOVE","timestamp":1,"event":{"x":"1","y":{"$gt":0}}}',
      good,
    ])
      peer.socket.send(text);
    await peer.until((message) => message.type === 'ACK' && message.seq === 7);
    expect(await storedEvents(answer.session)).toBe(3);
    expect(
      peer.said
        .filter((message) => message.type === 'REFUSED')
        .map((message) => message.reason)
        .sort(),
    ).toEqual(['event-malformed', 'event-malformed', 'event-unknown', 'event-unknown']);
    expect((await detail(answer.session)).row.state).toBe('LISTEN');
    peer.socket.terminate();
  });

  it('[SM5] closes with 1009 above 64 KiB and never negotiates compression', async () => {
    const answer = await hello();
    const peer = await open(answer);
    expect(peer.socket.extensions).toBe('');
    peer.socket.send(new Uint8Array(65_537));
    expect(await peer.closed).toBe(1009);
  });

  it('[SM5] closes a message of more than 64 fragments', async () => {
    const peer = await open(await hello());
    for (let i = 0; i < 70; i++) peer.socket.send('x', { fin: false });
    expect([1008, 1006]).toContain(await peer.closed);
  });

  it('[SM6] closes a peer that floods it with pings, and only that one', async () => {
    const calm = await open(await hello());
    const peer = await open(await hello());
    for (let i = 0; i < 30; i++) peer.socket.ping();
    expect(await peer.closed).toBe(1008);
    expect(calm.socket.readyState).toBe(WebSocket.OPEN);
    calm.socket.terminate();
  });

  it('[SM7] leaves acks out for a peer that does not read, and ends one that never does', () => {
    const sent: string[] = [];
    let ended = false;
    const peer = {
      readyState: 1,
      OPEN: 1,
      bufferedAmount: 0,
      send: (text: string) => sent.push(text),
      terminate: () => {
        ended = true;
      },
      close: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
    } as const satisfies Parameters<typeof portOf>[0];
    portOf({ ...peer, bufferedAmount: 1_048_577 }).send({ type: 'ACK', seq: 1 });
    portOf({ ...peer, bufferedAmount: 1_048_577 }).send({ type: 'END', reason: 'operator' });
    expect(sent).toEqual(['{"type":"END","reason":"operator"}']);
    portOf({ ...peer, bufferedAmount: 4_194_305 }).send({ type: 'ACK', seq: 2 });
    expect(ended).toBe(true);
  });

  it('[LC5] [AK4] a cut connection waits in CONNECT, resumes with nothing lost and nothing twice, and ends by force after the grace', async () => {
    const answer = await hello();
    const first = await open(answer);
    first.socket.send(frame(1));
    await first.until((message) => message.type === 'ACK');
    first.socket.terminate();
    await eventually(
      () => detail(answer.session),
      ({ row }) => row.state === 'CONNECT',
    );
    const back = await hello({ session: answer.session, resume: answer.resume });
    expect(back).toMatchObject({ session: answer.session, resumed: true, ackedSeq: 2, highSeq: 2 });
    const second = await open(back);
    second.socket.send(frame(1));
    second.socket.send(frame(3));
    await second.until((message) => message.type === 'ACK' && message.seq === 4);
    expect(await storedEvents(answer.session)).toBe(4);
    second.socket.terminate();
    const { row } = await eventually(
      () => detail(answer.session),
      (found) => found.row.endReason !== undefined,
    );
    expect(row).toMatchObject({ endReason: 'connection-interrupt', events: 4 });
    expect((await hello({ session: answer.session, resume: answer.resume })).resumed, 'a tab that returns later').toBe(true);
  });
});

describe('posts', () => {
  const post = (bytes: Uint8Array, origin = ORIGIN) =>
    fetch(`${node.url}/api/frames`, { method: 'POST', headers: { origin, 'content-type': 'text/plain' }, body: Buffer.from(bytes) });

  it('[PO1] [PO2] stores last frames once, whichever ways they came, and ends the session with their goodbye', async () => {
    const answer = await hello();
    const peer = await open(answer);
    const { session, resume } = answer;
    peer.socket.send(frame(1));
    const last = encodePost({ session, resume, frames: [frame(1), frame(3, { goodbye: true })] });
    expect((await post(last)).status).toBe(200);
    expect((await post(last)).status, 'a beacon sent twice').toBe(200);
    const { row } = await eventually(
      () => detail(session),
      (found) => found.row.endReason !== undefined,
    );
    expect(row).toMatchObject({ endReason: 'goodbye', events: 4 });
    expect(await storedEvents(session)).toBe(4);
  });

  it('[PO2] a goodbye that arrives after the next page’s hello stores its events and ends nothing', async () => {
    const first = await hello();
    const { session, resume } = first;
    const next = await eventually(
      () => hello({ session, resume }),
      (answer) => answer.resume !== resume,
    );
    const peer = await open(next);
    expect((await post(encodePost({ session, resume, frames: [frame(1, { goodbye: true })] }))).status).toBe(200);
    await peer.until((message) => message.type === 'ACK' && message.seq === 2);
    expect((await detail(session)).row.state).toBe('LISTEN');
    peer.socket.terminate();
  });

  it('[PO1] refuses a wrong token, a wrong origin and bytes that are none', async () => {
    const { session, resume } = await hello();
    expect((await post(encodePost({ session, resume: 'AAAAAAAAAAAAAAAAAAAAAA', frames: [] }))).status).toBe(403);
    expect((await post(encodePost({ session, resume, frames: [] }), 'https://other.example')).status).toBe(403);
    expect((await post(new Uint8Array([9, 9, 9]))).status).toBe(400);
    expect((await post(new Uint8Array())).status).toBe(400);
  });
});

describe('questions and health', () => {
  it('answers of one app hold nothing of another', async () => {
    const { session } = await hello();
    const response = await ask(`/api/sessions/${session}?app=other`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'session-unknown' });
    expect(await (await ask('/api/sessions?app=other')).json()).toEqual({ rows: [], total: 0 });
  });

  it.each([
    '/api/sessions',
    '/api/sessions?app=shop&limit=9999',
    '/api/sessions?app=shop&sort=__proto__',
    '/api/heatmap?app=shop&url=x&layer=all&widthClass=tv',
  ])('names what is wrong with %s', async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'query-invalid', message: expect.stringContaining('querystring') });
  });

  it('answers only under its own name: a page whose name is made to point here reads nothing', async () => {
    const { port } = new URL(node.url);
    const ask = (host: string) =>
      new Promise<number>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path: '/api/sessions?app=shop', headers: { host, cookie } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        }).on('error', reject);
      });
    expect(await ask(`localhost:${port}`)).toBe(200);
    expect(await ask(`127.0.0.1:${port}`)).toBe(200);
    expect(await ask(`evil.example:${port}`)).toBe(403);
    const socket = (origin: string, host: string) =>
      new Promise<string>((resolve) => {
        const peer = new WebSocket(`ws://127.0.0.1:${port}/api/live`, { origin, headers: { host, cookie } });
        peer.on('error', (error) => resolve(error.message));
        peer.on('open', () => resolve('opened'));
      });
    expect(await socket(`http://evil.example:${port}`, `evil.example:${port}`)).toMatch('403');
    expect(await socket('http://localhost:1', `localhost:${port}`), 'another server on this machine').toMatch('403');
  });

  it('says how it is, with a strict content security policy on everything', async () => {
    const response = await fetch(`${node.url}/healthz`);
    expect(await response.json()).toMatchObject({ status: 'ok', store: 'sqlite' });
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
  });

  it('the UI’s socket answers a watch with a full picture, then with what changed', async () => {
    const { socket, said, until } = openLive();
    await until(({ type }) => type === 'welcome');
    for (const request of ['nonsense', '{"type":"watch-pulse","app":"nobody"}', '{"type":"watch-pulse","app":{"$ne":1}}'])
      socket.send(request);
    const actors = { type: 'watch-actors', app: 'shop', sort: 'startedMs', descending: true, offset: 0, limit: 10 };
    for (const request of [{ type: 'watch-pulse', app: 'shop' }, actors, { type: 'watch-newest', app: 'shop' }])
      socket.send(JSON.stringify(request));
    await until((message) => message.type === 'actors' && message.full);
    expect(said.filter(({ type }) => type === 'refused')).toHaveLength(3);
    const { session } = await hello();
    await until(
      (message) =>
        message.type === 'actors' && !message.full && message.rows.some((row) => row.session === session && row.state === 'CONNECT'),
    );
    await until((message) => message.type === 'newest' && message.rows.some((row) => row.session === session));
    await until((message) => message.type === 'pulse' && message.states.CONNECT > 0);
    socket.close();
  });

  it('a handshake with over-long headers gets an answer, and the node lives', async () => {
    const { port, hostname } = new URL(node.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET /api/socket HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(40_000)}\r\n\r\n`);
      });
      socket.on('data', (data) => resolve(String(data)));
      socket.on('error', () => undefined);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect((await fetch(`${node.url}/healthz`)).status).toBe(200);
  });
});

describe('control', () => {
  const post = (path: string, body?: unknown, headers: Record<string, string> = {}, app = 'shop') =>
    ask(`/api/sessions/${path}?app=${app}`, {
      method: 'POST',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('[CT1] [CT2] [CT5] a change reaches the tracker; the log shows it as confirmed once the tracker’s word is stored', async () => {
    const answer = await hello();
    const peer = await open(answer);
    expect((await post(`${answer.session}/control`, { recording: true, mask: '!' })).status).toBe(202);
    const told = await peer.until(({ type }) => type === 'CONTROL');
    const { config } = told as Extract<ServerMessage, { type: 'CONTROL' }>;
    expect(config).toEqual({ ...answer.config, recording: true, mask: '!', revision: expect.any(Number) });
    const change = { recording: true, mask: '!' };
    expect(await detail(answer.session)).toMatchObject({ controls: [{ by: 'Ada Test', what: 'change', change }], wanted: change });
    expect((await detail(answer.session)).controls[0]).not.toHaveProperty('confirmedMs');

    const { revision, moveSampleMs } = config;
    const atMs = Date.now();
    peer.socket.send(frame(1, { events: [{ kind: 'configured', atMs, revision, moveSampleMs, recording: 1, paused: 0, mask: '' }] }));
    await peer.until(({ type }) => type === 'ACK');
    const applied = { moveSampleMs, recording: true, paused: false, mask: '' };
    expect((await detail(answer.session)).controls).toMatchObject([{ change, confirmedMs: expect.any(Number), applied }]);
    // The next hello says it again.
    const { session, resume } = answer;
    expect((await hello({ session, resume })).config).toEqual(config);
  });

  it('[CT4] an end is told; the last frames are stored, and the session ends by the operator', async () => {
    const answer = await hello();
    const peer = await open(answer);
    expect((await post(`${answer.session}/end`)).status).toBe(202);
    await peer.until(({ type }) => type === 'END');
    peer.socket.send(frame(1, { goodbye: true }));
    expect(await peer.closed).toBe(1008);
    expect((await detail(answer.session)).row).toMatchObject({ endReason: 'operator', events: 2 });
    const again = await post(`${answer.session}/end`);
    expect([again.status, await again.json()]).toMatchObject([404, { code: 'session-unknown' }]);
  });

  it('refuses what is no change, another app’s session and other sites’ pages, and changes nothing then', async () => {
    const { session, config } = await hello();
    const statuses = async (...asked: Promise<Response>[]) => (await Promise.all(asked)).map(({ status }) => status);
    const bad = [{}, { paused: 'yes' }, { moveSampleMs: 1 }, { mask: 'a'.repeat(2_000) }, { flushMs: 50 }, null];
    expect(await statuses(...bad.map((body) => post(`${session}/control`, body)))).toEqual(bad.map(() => 400));
    const wanted = { paused: true };
    expect(
      await statuses(
        post(`${session}/control`, wanted, {}, 'other'),
        post(`${session}/end`, undefined, {}, 'other'),
        post('nobody/control', wanted),
        post(`${session}/control`, wanted, { origin: 'https://evil.example' }),
        post(`${session}/end`, undefined, { origin: 'null' }),
        post(`${session}/control`, wanted, { 'content-type': 'text/plain' }),
      ),
    ).toEqual([404, 404, 404, 403, 403, 400]);
    expect(node.registry.find(session)?.controls).toMatchObject({ config, log: [] });
  });
});

describe('polls', () => {
  function poll(answer: HelloAnswer, frames: readonly Uint8Array[] = [], more: { origin?: string; signal?: AbortSignal } = {}) {
    const { origin = ORIGIN, signal } = more;
    return fetch(answer.pollUrl, {
      method: 'POST',
      headers: { origin, 'content-type': 'text/plain' },
      body: new Uint8Array(encodePost({ session: answer.session, resume: answer.ticket, frames })),
      ...(signal && { signal }),
    });
  }
  const said = async (response: Response) => (await response.json()) as PollAnswer;

  it('[PO3] frames are taken, acknowledged and stored as by a socket', async () => {
    const answer = await hello();
    const first = await poll(answer, [frame(1)]);
    expect(first.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(await said(first)).toEqual({ messages: [{ type: 'ACK', seq: 2 }] });
    expect((await detail(answer.session)).row).toMatchObject({ state: 'LISTEN' });
    expect(await said(await poll(answer, [frame(1), frame(3)]))).toMatchObject({ messages: [{ type: 'ACK' }] });
    expect(
      await eventually(
        () => storedEvents(answer.session),
        (events) => events === 4,
      ),
    ).toBe(4);
  });

  it('[PO3] what the session says waits for the next poll; its end is told once, and then the ticket names nothing', async () => {
    const answer = await hello();
    const waiting = poll(answer, [frame(1)]);
    await waiting;
    expect(node.registry.end(answer.session, 'operator')).toBe(true);
    const told: PollAnswer[] = [];
    // In one answer or in two, as its last record is written before the first of them or after.
    while (told.at(-1)?.closed === undefined) told.push(await said(await poll(answer)));
    expect(told.flatMap(({ messages }) => messages)).toEqual([{ type: 'END', reason: 'operator' }]);
    expect(told.at(-1)?.closed).toBe(1008);
    expect((await poll(answer)).status).toBe(400);
  });

  it('[PO4] a poll waits for something to be said, and gives way to the next one', async () => {
    const answer = await hello();
    await poll(answer, [frame(1)]);
    const waiting = poll(answer);
    const next = poll(answer, [frame(3)]);
    const answers = await Promise.all([waiting, next].map(async (response) => said(await response)));
    expect(answers.flatMap(({ messages }) => messages)).toEqual([{ type: 'ACK', seq: 4 }]);
  });

  it('[PO5] another origin, another session or a used ticket is refused, and takes nothing from whoever holds it', async () => {
    const [answer, other] = [await hello(), await hello({ tab: 'tab-2' })];
    await poll(answer, [frame(1)]);
    for (const [given, origin] of [
      [answer, 'https://other.example'],
      [{ ...answer, session: other.session }, ORIGIN],
      [{ ...answer, ticket: 'unknown' }, ORIGIN],
    ] as const) {
      const response = await poll(given, [frame(3)], { origin });
      expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'ticket-refused', retry: false })]);
    }
    await expect(open(answer), 'the poll redeemed it').rejects.toThrow('401');
    expect(await said(await poll(answer, [frame(3)]))).toEqual({ messages: [{ type: 'ACK', seq: 4 }] });
  });

  it('a goodbye ends the session, a newer hello takes it over', async () => {
    const gone = await hello();
    await poll(gone, [frame(1, { goodbye: true })]);
    expect(
      await eventually(
        () => detail(gone.session),
        ({ row }) => row.endReason !== undefined,
      ),
    ).toMatchObject({
      row: { endReason: 'goodbye' },
    });
    const taken = await hello({ tab: 'tab-3' });
    await poll(taken, [frame(1)]);
    const waiting = poll(taken);
    await hello({ tab: 'tab-3', session: taken.session, resume: taken.resume });
    expect(await said(await waiting)).toEqual({ messages: [], closed: 1008 });
  });
});

describe('start and stop', () => {
  it('a restart keeps what was acknowledged and takes the tracker back', async () => {
    const own = mkdtempSync(join(tmpdir(), 'datalab-restart-'));
    const first = await startNode({ ...settings(), dataDir: own });
    const shared = { node, cookie };
    node = first;
    cookie = await signIn(node);
    const answer = await hello();
    const peer = await open(answer);
    peer.socket.send(frame(1));
    await peer.until((message) => message.type === 'ACK' && message.seq === 2);
    await first.stop();
    expect(await peer.closed).toBe(1012);

    node = await startNode({ ...settings(), dataDir: own });
    const back = await hello({ session: answer.session, resume: answer.resume });
    expect(back).toMatchObject({ session: answer.session, resumed: true, ackedSeq: 2 });
    expect(await storedEvents(answer.session)).toBe(2);
    await node.stop();
    ({ node, cookie } = shared);
    rmSync(own, { recursive: true });
  });

  it('[HE1] a fault of the server’s own is no refusal for ever: the tracker may come again', async () => {
    const own = mkdtempSync(join(tmpdir(), 'datalab-fault-'));
    const shared = node;
    node = await startNode({ ...settings(), dataDir: own });
    const other = new DatabaseSync(join(own, 'datalab.sqlite'), { timeout: 5_000 });
    other.exec('ALTER TABLE visit RENAME TO gone');
    const response = await postHello(JSON.stringify(helloBody()));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'internal', retry: true });
    other.exec('ALTER TABLE gone RENAME TO visit');
    other.close();
    expect((await postHello(JSON.stringify(helloBody()))).status).toBe(200);
    await node.stop();
    node = shared;
    rmSync(own, { recursive: true });
  });

  it('a port in use and an unwritable folder are one sentence that names the setting', async () => {
    const { port } = new URL(node.url);
    await expect(startNode({ ...settings(), port: Number(port), dataDir: join(dataDir, 'second') })).rejects.toThrow(/DATALAB_PORT/);
    await expect(startNode({ ...settings(), dataDir: join(dataDir, 'secret', 'inside-a-file') })).rejects.toThrow(/DATALAB_DATA_DIR/);
  });

  it.each([
    [{ DATALAB_PORT: 'eighty' }, /DATALAB_PORT is “eighty”/],
    [{ DATALAB_PORT: '70000' }, /from 0 to 65535/],
    [{ DATALAB_APPS: 'shop|Shop|https://shop.example/path' }, /DATALAB_APPS/],
    [{ DATALAB_PROT: '8080' }, /DATALAB_PROT is no setting/],
    [{ DATALAB_MONGODB_URI: 'user:secret@localhost' }, /^DATALAB_MONGODB_URI must be an address(?!.*secret)/],
  ])('a bad setting %j is one sentence that names it', (environment, sentence) => {
    expect(() => readSettings(environment as Record<string, string>)).toThrow(sentence);
  });
});
