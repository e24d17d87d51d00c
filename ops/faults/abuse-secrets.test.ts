/** What must not be kept is planted wherever strangers and people may put it, and looked for wherever it could be found (faults.md 49). */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { OneTimeLink, UserList } from '../../engine/protocol/account.ts';
import type { TokenMade } from '../../engine/protocol/administration.ts';
import type { SessionList } from '../../engine/protocol/api.ts';
import { encodePost } from '../../engine/protocol/codec/post.ts';
import { OWNER, useLink } from '../../gateway/access/fixture/sign-in.ts';
import { frameOf, hello, ORIGIN, openLive, openSocket, postHello, ROOMY, request } from './fixture/stranger.ts';
import { freePort } from './node-process.ts';

// Thousands of requests: on a busy machine they take longer than a test does.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MAIN = join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');
const dataDir = mkdtempSync(join(tmpdir(), 'datalab-secrets-'));
let base: string;
let printed = '';
let stop: () => Promise<void>;

// A process of its own: its log is what it prints, at the level that says most.
beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...ROOMY,
      DATALAB_PORT: port,
      DATALAB_PUBLIC_URL: base,
      DATALAB_DATA_DIR: dataDir,
      DATALAB_LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  stop = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    if (child.exitCode === null) await exited;
  };
  await new Promise<void>((resolve, reject) => {
    const read = (data: Buffer) => {
      printed += data;
      if (printed.includes('End it with')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`the node did not start: ${printed}`)));
  });
});
afterAll(async () => {
  await stop();
  rmSync(dataDir, { recursive: true });
});

/** Everything that was planted, with where: each is looked for as it is and in base64. */
const planted = new Map<string, string>();
/** A value that nobody else says. @param where it is put */
function secret(where: string, value = `s3cret${randomBytes(12).toString('hex')}`): string {
  planted.set(value, where);
  return value;
}

it('49: of 200 secrets in addresses, headers, cookies, passwords, links and tokens none is in a log line, a file or an answer', async () => {
  // What people show to be let in.
  const setUp = /set up\s+(\S+)/.exec(printed)?.[1] ?? '';
  secret('the set-up link', setUp.split('#')[1]);
  const password = secret('a password');
  const owner = await useLink(setUp, { ...OWNER, password });
  // The set-up link is printed to be used, once.
  planted.delete(setUp.split('#')[1] ?? '');
  secret('a sign-in', owner.split('=')[1]);
  const post = (path: string, body: unknown, as: string | Record<string, string> = owner) => request(base, 'POST', path, as, body);
  const answers: string[] = [];
  const note = async (answer: Response) => {
    answers.push(`${[...answer.headers].join('\n')}\n${Buffer.from(await answer.arrayBuffer()).toString('latin1')}`);
    return answer.status;
  };
  // Ten guesses lock an email: each has one of its own.
  for (let i = 0; i < 25; i++) {
    const body = { email: `guess-${i}@test.example`, password: secret('a wrong password') };
    expect([401, 429]).toContain(await note(await post('/api/sign-in', body, {})));
  }
  for (let i = 0; i < 5; i++)
    await note(await post('/api/sign-in', { email: OWNER.email, password: secret('a password too many'), more: 1 }, {}));
  for (let i = 0; i < 5; i++)
    await note(
      await request(base, 'PUT', '/api/account/password', owner, { old: secret('a wrong old one'), password: secret('a new one') }),
    );
  for (let i = 0; i < 5; i++) await note(await post('/api/account/codes/remove', { password: secret('a password for codes') }));
  for (let i = 0; i < 10; i++)
    for (const path of ['/api/links/look', '/api/links/use'])
      await note(
        await post(path, { token: secret('a made-up link', randomBytes(32).toString('base64url')), password: secret('its password') }, {}),
      );
  const { link } = (await (
    await post('/api/users/invitations?app=shop', { email: 'vi@test.example', role: 'viewer' })
  ).json()) as OneTimeLink;
  secret('an invitation', link.split('#')[1]);
  const viewer = await useLink(link, { name: 'Vi', password: secret('her password') });
  secret('her sign-in', viewer.split('=')[1]);
  const { users } = (await (await request(base, 'GET', '/api/users', owner)).json()) as UserList;
  const userId = users.find(({ name }) => name === 'Vi')?.id ?? '';
  const reset = (await (await request(base, 'POST', `/api/users/${userId}/reset`, owner)).json()) as OneTimeLink;
  secret('a reset', reset.link.split('#')[1]);
  for (let i = 0; i < 5; i++) {
    const wanted = { name: `job ${i}`, scopes: ['reports.read'], expiresMs: Date.now() + 86_400_000 };
    secret('an API token', ((await (await post('/api/keys/shop/tokens', wanted)).json()) as TokenMade).token);
  }

  // What a tracker's requests hold beside what is kept of them.
  const query = () => `token=${secret('a query')}&mail=${secret('a query')}#${secret('a fragment')}`;
  const full = (host: string, path: string) => `https://${secret('a user')}:${secret('credentials')}@${host}/${path}?${query()}`;
  const headers = () => ({
    origin: ORIGIN,
    cookie: `session=${secret('a site’s cookie')}; datalab=${secret('a cookie that is none of ours')}`,
    authorization: `Bearer ${secret('a header')}`,
    'x-api-key': secret('a header'),
    referer: full('shop.example', 'kept'),
  });
  for (let i = 0; i < 8; i++) {
    const answer = await hello(base, { url: full('shop.example', 'kept'), referrer: full('search.example', 'kept') }, headers());
    secret('a ticket', answer.ticket);
    secret('a resume token', answer.resume);
    const socket = await openSocket(answer);
    // Fields that there are not, and texts that are none.
    for (const text of [
      {
        type: 'MOUSEMOVE',
        timestamp: Date.now(),
        event: { x: 1, y: 1, value: secret('a field too many') },
        key: secret('a field too many'),
      },
      { type: 'MOUSEMOVE', timestamp: Date.now(), event: { x: secret('a bad field'), y: 1 } },
      { type: secret('an unknown type'), timestamp: Date.now(), event: {} },
    ])
      socket.socket.send(JSON.stringify(text));
    socket.socket.send(`{"type":"${secret('no JSON')}`);
    socket.socket.send(JSON.stringify({ type: 'MOUSEMOVE', timestamp: Date.now(), event: { x: 1, y: 1 } }));
    await socket.until((message) => message.type === 'ACK' && message.seq >= 5);
    answers.push(JSON.stringify(socket.said));
    socket.socket.terminate();
  }
  for (let i = 0; i < 5; i++) {
    // Refused, each for another reason.
    await note(await postHello(base, { [secret('a field’s name')]: 1 }, headers()));
    await note(await postHello(base, { url: full('shop.example', 'x') }, { ...headers(), origin: 'https://evil.example' }));
    await note(await postHello(base, { session: 'x', resume: secret('a made-up token') }, headers()));
    const bytes = encodePost({ session: 'x', resume: secret('a made-up token'), frames: [frameOf(1, [])] });
    for (const path of ['/api/frames', '/api/poll'])
      await note(
        await fetch(base + path, { method: 'POST', headers: { ...headers(), 'content-type': 'text/plain' }, body: Buffer.from(bytes) }),
      );
  }

  // What stands in addresses and headers of the API, and in bodies that cannot be read.
  for (const path of ['/api/sessions?app=shop&', '/api/pages?app=', '/healthz?', '/nowhere.js?', '/api/nowhere?', '/?', '/api/account?'])
    for (const as of [owner, {}]) {
      await note(await request(base, 'GET', `${path}key=${secret('an address')}`, as));
      await note(await request(base, 'GET', path, { cookie: `datalab_ui=${secret('a made-up sign-in')}` }));
      await note(
        await request(base, 'GET', path, { authorization: `Bearer ${secret('a made-up token')}`, 'x-datalab-identity': secret('a seal') }),
      );
    }
  const live = await openLive(base, owner);
  live.socket.send(JSON.stringify({ type: 'watch-newest', app: 'shop' }));
  live.socket.send(JSON.stringify({ type: secret('a request of the live socket') }));
  await live.until(({ type }) => type === 'newest');
  await live.until(({ type }) => type === 'refused');
  answers.push(JSON.stringify(live.said));
  live.socket.terminate();

  // All that can be asked afterwards.
  const ask = (path: string) => request(base, 'GET', path, owner);
  const { rows } = (await (await ask('/api/sessions?app=shop&bots=true&limit=500')).json()) as SessionList;
  expect(rows).toHaveLength(8);
  const each = rows.flatMap(({ session }) => [`/api/sessions/${session}?app=shop`, `/api/sessions/${session}/chunks?app=shop`]);
  const lists = [
    'sessions?app=shop&bots=true&limit=500',
    'pages?app=shop',
    'audit?limit=200',
    'users',
    'keys/shop',
    'config/shop',
    'account/sign-ins',
    'account',
  ];
  for (const path of [...each, ...lists.map((list) => `/api/${list}`), '/healthz'])
    expect([path, await note(await ask(path))]).toEqual([path, 200]);
  await stop();

  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile() && file.name !== 'secret');
  const places = new Map([
    ['the log', printed],
    ['an answer', answers.join('\n')],
    ...files.map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), 'latin1')] as const),
  ]);
  const found = [...planted].flatMap(([value, where]) =>
    [...places].filter(([, text]) => text.includes(value) || text.includes(btoa(value))).map(([place]) => `${where}, in ${place}`),
  );
  expect(found).toEqual([]);
  expect(planted.size).toBeGreaterThanOrEqual(200);
  // What is kept of the same addresses is found: it was looked for in the right places.
  for (const [place, text] of places)
    if (/^datalab\.sqlite$|answer/.test(place)) expect([place, text.includes(`${ORIGIN}/kept`)]).toEqual([place, true]);
  expect(files.map(({ name }) => name)).toContain('datalab.sqlite');
});
