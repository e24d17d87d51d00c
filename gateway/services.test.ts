/** The services as one process, and each as a process's worth of its own behind the gateway: the same walk through both. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Me, OneTimeLink, UserList } from '../engine/protocol/account.ts';
import {
  type AppDetail,
  type AuditList,
  type ConfigConfirmed,
  type ConfigHistory,
  DEFAULT_APP_CONFIG,
  type KeyList,
  type TokenMade,
} from '../engine/protocol/administration.ts';
import type { AppList, SessionList } from '../engine/protocol/api.ts';
import { encodeFrame } from '../engine/protocol/codec/frame.ts';
import { type HelloAnswer, SOCKET_PROTOCOL } from '../engine/protocol/hello.ts';
import type { LiveMessage } from '../engine/protocol/live.ts';
import type { ServerMessage } from '../engine/protocol/messages.ts';
import { freePort } from '../ops/faults/node-process.ts';
import { OWNER, useLink } from './access/fixture/sign-in.ts';
import { type Node, startNode } from './main.ts';
import { type LoneService, startLoneService } from './services/lone-service.ts';
import { SERVICE_NAMES, type ServiceName } from './services/services.ts';
import { readSettings } from './settings.ts';

const ORIGIN = 'https://shop.example';
const SECRET = 'a secret that all processes share';

/** Resolves once it holds: for what services tell each other in their own time. */
async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

describe.each(['in one process', 'each alone'])('services, %s', (shape) => {
  const isAlone = shape === 'each alone';
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-services-'));
  const alone = new Map<ServiceName, LoneService>();
  let node: Node;
  let owner: string;
  let nodePort: string;

  const settings = (port: string, elsewhere = '') =>
    readSettings({
      DATALAB_PORT: port,
      DATALAB_DATA_DIR: dataDir,
      DATALAB_LOG_LEVEL: 'silent',
      DATALAB_REQUESTS_PER_MIN: '1000000',
      DATALAB_PUBLIC_URL: `http://127.0.0.1:${nodePort}`,
      DATALAB_APPS: `shop|Shop|${ORIGIN};other|Other|https://other.example`,
      ...(isAlone && { DATALAB_SERVICE_SECRET: SECRET, DATALAB_SERVICES_ELSEWHERE: elsewhere }),
    });

  beforeAll(async () => {
    nodePort = await freePort();
    if (isAlone) {
      // Ports are known only once they listen, and each must know all: so they listen twice.
      const ports = new Map<ServiceName, string>();
      for (const name of SERVICE_NAMES) {
        const first = await startLoneService(name, settings('0', SERVICE_NAMES.map((each) => `${each}=http://127.0.0.1:1`).join()));
        ports.set(name, new URL(first.url).port);
        await first.stop();
      }
      const elsewhere = SERVICE_NAMES.map((name) => `${name}=http://127.0.0.1:${ports.get(name)}`).join();
      for (const name of SERVICE_NAMES) alone.set(name, await startLoneService(name, settings(ports.get(name) ?? '', elsewhere)));
      node = await startNode(settings(nodePort, elsewhere));
    } else node = await startNode(settings(nodePort));
    owner = await useLink(node.setUpUrl, OWNER);
  });

  afterAll(async () => {
    await node.stop();
    for (const service of alone.values()) await service.stop();
    rmSync(dataDir, { recursive: true });
  });

  const request = (method: string, path: string, body?: unknown, cookie = owner, headers: Record<string, string> = {}) =>
    fetch(node.url + path, {
      method,
      headers: { ...(cookie && { cookie }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  async function ask<T>(method: string, path: string, body?: unknown, cookie = owner): Promise<T> {
    const answer = await request(method, path, body, cookie);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }
  const hello = (app: string, more: object = {}) => {
    const nowMs = Date.now();
    const body = { app, session_start: nowMs, sentAtMs: nowMs, referrer: '', browser: 'x', OS: 'x', url: `${ORIGIN}/`, tab: 't', ...more };
    return fetch(`${node.url}/api/hello`, {
      method: 'POST',
      headers: { origin: ORIGIN, 'content-type': 'text/plain' },
      body: JSON.stringify(body),
    });
  };

  it('the set-up link made the first owner, once; nobody else gets in', async () => {
    expect(await ask<Me>('GET', '/api/account')).toMatchObject({ name: OWNER.name, isOwner: true });
    await expect(useLink(node.setUpUrl, { ...OWNER, email: 'eve@evil.example' })).rejects.toThrow('410');
    for (const path of [
      '/api/account',
      '/api/apps',
      '/api/sessions?app=shop',
      '/api/users',
      '/api/config/shop',
      '/api/keys/shop',
      '/api/audit',
    ])
      expect([path, (await request('GET', path, undefined, '')).status]).toEqual([path, 401]);
    const { apps } = await ask<AppList>('GET', '/api/apps');
    expect(apps.map(({ key }) => key).sort()).toEqual(['other', 'shop']);
  });

  it('who is invited to one app sees and does there what the role allows, and nothing elsewhere', async () => {
    const { link } = await ask<OneTimeLink>('POST', '/api/users/invitations?app=shop', { email: 'vi@test.example', role: 'viewer' });
    const viewer = await useLink(link, { name: 'Vi', password: 'a long enough phrase' });
    const seen = await ask<AppList>('GET', '/api/apps', undefined, viewer);
    expect(seen.apps.map(({ key }) => key)).toEqual(['shop']);
    const status = async (method: string, path: string, body?: unknown) => (await request(method, path, body, viewer)).status;
    expect(await status('GET', '/api/sessions?app=shop')).toBe(200);
    expect(await status('GET', '/api/sessions?app=other')).toBe(403);
    expect(await status('GET', '/api/config/shop')).toBe(403);
    expect(await status('PUT', '/api/config/shop', { basedOn: 0, config: DEFAULT_APP_CONFIG })).toBe(403);
    // The UI's socket asks the same of every message.
    const said: LiveMessage[] = [];
    const live = new WebSocket(`${node.url.replace('http', 'ws')}/api/live`, { origin: node.url, headers: { cookie: viewer } });
    await new Promise<void>((resolve) => {
      live.on('message', (data) => {
        said.push(JSON.parse(String(data)) as LiveMessage);
        if (said.filter(({ type }) => type !== 'welcome').length === 3) resolve();
      });
      live.on('open', () => {
        const page = { sort: 'startedMs', descending: true, offset: 0, limit: 10 };
        for (const wanted of [
          { type: 'watch-actors', app: 'shop', ...page },
          { type: 'watch-newest', app: 'other' },
          { type: 'watch-newest', app: 'shop' },
        ])
          live.send(JSON.stringify(wanted));
      });
    });
    live.close();
    expect(said.map(({ type }) => type)).toEqual(['welcome', 'refused', 'refused', 'newest']);
    const stranger = new WebSocket(`${node.url.replace('http', 'ws')}/api/live`, { origin: node.url });
    expect(await new Promise((resolve) => stranger.on('error', ({ message }) => resolve(message)))).toMatch('401');

    const { users } = await ask<UserList>('GET', '/api/users?app=shop');
    const id = users.find(({ name }) => name === 'Vi')?.id;
    await ask('PUT', `/api/users/${id}/role?app=shop`, { role: 'analyst' });
    // What was believed of a sign-in is asked again within seconds.
    await eventually(
      () => status('GET', '/api/config/shop'),
      (now) => now === 200,
    );
    expect(await status('GET', '/api/config/other')).toBe(403);
  }, 30_000);

  it('[CT1] [CT2] a changed configuration reaches connected trackers at once; they confirm; it can be rolled back', async () => {
    const answer = (await (await hello('shop')).json()) as HelloAnswer;
    const socket = new WebSocket(answer.socketUrl, [SOCKET_PROTOCOL, answer.ticket], { origin: ORIGIN });
    const told: ServerMessage[] = [];
    let wake = () => {};
    socket.on('message', (data) => {
      told.push(JSON.parse(String(data)) as ServerMessage);
      wake();
    });
    await new Promise((resolve) => socket.on('open', resolve));
    const control = async (holds: (message: Extract<ServerMessage, { type: 'CONTROL' }>) => boolean) => {
      for (;;) {
        const found = told.find((message) => message.type === 'CONTROL' && holds(message));
        if (found?.type === 'CONTROL') return found.config;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const { versions } = await ask<ConfigHistory>('GET', '/api/config/shop');
    const basedOn = versions[0]?.version ?? 0;
    const config = { ...DEFAULT_APP_CONFIG, moveSampleMs: 120, mask: '.price', off: ['hover'] };
    await ask('PUT', '/api/config/shop', { basedOn, note: 'less', config });
    const wanted = await control(({ config: now }) => now.moveSampleMs === 120);
    expect(wanted).toMatchObject({ mask: '.price', off: ['hover'], recording: false });
    const confirmed = () => ask<ConfigConfirmed>('GET', '/api/trackers/shop/confirmed');
    expect(await confirmed()).toMatchObject({ connected: 1, confirmed: 0 });
    const atMs = Date.now();
    const said = {
      kind: 'configured',
      atMs,
      revision: wanted.revision,
      moveSampleMs: 120,
      recording: 0,
      paused: 0,
      mask: '.price',
    } as const;
    const page = { url: `${ORIGIN}/`, viewportWidth: 9, viewportHeight: 9, pageWidth: 9, pageHeight: 9 };
    socket.send(encodeFrame({ firstSeq: 1, baseSeq: 1, goodbye: false, startMs: atMs, page, events: [said] }));
    await eventually(confirmed, (now) => now.confirmed === 1);
    // Somebody else was faster.
    expect((await request('PUT', '/api/config/shop', { basedOn, note: '', config })).status).toBe(409);
    const latest = (await ask<ConfigHistory>('GET', '/api/config/shop')).versions[0];
    expect(latest).toMatchObject({ note: 'less', by: OWNER.name });
    await ask('POST', '/api/config/shop/roll-back', { basedOn: latest?.version, to: basedOn });
    await control(({ config: now }) => now.moveSampleMs === 50 && now.revision > wanted.revision);
    socket.close();
  }, 30_000);

  it('[HE9] consent that the app needs is asked of every hello', async () => {
    const { versions } = await ask<ConfigHistory>('GET', '/api/config/other');
    await ask('PUT', '/api/config/other', {
      basedOn: versions[0]?.version ?? 0,
      config: { ...DEFAULT_APP_CONFIG, consent: 'needed', doNotTrack: 'respect' },
    });
    const status = async (more: object, headers: Record<string, string> = {}) => {
      const nowMs = Date.now();
      const body = {
        app: 'other',
        session_start: nowMs,
        sentAtMs: nowMs,
        referrer: '',
        browser: 'x',
        OS: 'x',
        url: 'https://other.example/',
        tab: 't',
      };
      const answer = await fetch(`${node.url}/api/hello`, {
        method: 'POST',
        headers: { origin: 'https://other.example', 'content-type': 'text/plain', ...headers },
        body: JSON.stringify({ ...body, ...more }),
      });
      return [answer.status, ((await answer.json()) as { code?: string }).code];
    };
    await eventually(
      () => status({}),
      ([code]) => code === 403,
    );
    expect(await status({})).toEqual([403, 'consent-missing']);
    expect(await status({ consent: true }, { dnt: '1' })).toEqual([403, 'consent-missing']);
    expect((await ask<SessionList>('GET', '/api/sessions?app=other&bots=true')).total).toBe(0);
    expect((await status({ consent: true }))[0]).toBe(200);
  }, 30_000);

  it('[HE10] public keys are rotated without breaking pages; one that has ended is refused', async () => {
    const { keys } = await ask<KeyList>('POST', '/api/keys/shop');
    const made = keys.map(({ key }) => key).find((key) => key !== 'shop') ?? '';
    await eventually(
      async () => (await hello(made)).status,
      (status) => status === 200,
    );
    expect((await hello('shop')).status).toBe(200);
    await ask('PUT', '/api/keys/shop/public/shop', { endsMs: Date.now() });
    await eventually(
      async () => (await hello('shop')).status,
      (status) => status === 403,
    );
    expect((await hello(made)).status).toBe(200);
    expect((await request('PUT', `/api/keys/shop/public/${made}`, { endsMs: Date.now() })).status).toBe(409);
    // Both keys' sessions are of one app.
    expect((await ask<SessionList>('GET', '/api/sessions?app=shop&bots=true')).total).toBeGreaterThanOrEqual(3);
    await ask('PUT', '/api/keys/shop/public/shop', { endsMs: null });
  }, 30_000);

  it('a server tells events with a token: stored once for a key, however often they are told; the token opens nothing else', async () => {
    const expiresMs = Date.now() + 86_400_000;
    const { token } = await ask<TokenMade>('POST', '/api/keys/shop/tokens', { name: 'shop server', scopes: ['events.write'], expiresMs });
    const body = { user: 'u-17', events: [{ name: 'paid', props: { amount: 12 } }, { name: 'shipped' }] };
    const tell = (more: Record<string, string> = {}, app = 'shop') =>
      request('POST', `/api/events?app=${app}`, body, '', { authorization: `Bearer ${token}`, ...more });
    await eventually(
      async () => (await tell({ 'idempotency-key': 'order-1' })).status,
      (status) => status === 200,
    );
    const again = await tell({ 'idempotency-key': 'order-1' });
    expect([again.status, await again.json()]).toMatchObject([200, { stored: 2 }]);
    const rows = await ask<SessionList>('GET', '/api/sessions?app=shop&text=API');
    expect(rows.rows.map(({ events, browser }) => [events, browser])).toEqual([[3, 'API (shop server)']]);
    expect((await tell({}, 'other')).status).toBe(403);
    const opens = async (path: string) => (await request('GET', path, undefined, '', { authorization: `Bearer ${token}` })).status;
    expect([await opens('/api/sessions?app=shop'), await opens('/api/keys/shop'), await opens('/api/account')]).toEqual([403, 403, 403]);
    const listed = await ask<KeyList>('GET', '/api/keys/shop');
    expect(JSON.stringify(listed)).not.toContain(token);
    expect(JSON.stringify(listed)).not.toContain(createHash('sha256').update(token).digest('hex'));
    await ask('DELETE', `/api/keys/shop/tokens/${listed.tokens[0]?.id}`);
    await eventually(
      async () => (await tell()).status,
      (status) => status === 401,
    );
  }, 30_000);

  it('every act is written down: who, when, what, from where, refused ones as well, and no secret', async () => {
    const { entries } = await eventually(
      () => ask<AuditList>('GET', '/api/audit?limit=200'),
      ({ entries: found }) => found.some(({ what }) => what === 'token.end'),
    );
    const acts = new Set(entries.map(({ what, status }) => `${what} ${status < 400}`));
    for (const act of [
      'link.use true',
      'link.use false',
      'user.invite true',
      'user.role true',
      'config.change true',
      'config.change false',
    ])
      expect(acts).toContain(act);
    for (const act of ['config.roll-back true', 'key.create true', 'key.end true', 'key.end false', 'token.create true', 'token.end true'])
      expect(acts).toContain(act);
    expect(entries.every(({ from, by, atMs }) => from === '127.0' && by !== '' && atMs > 0)).toBe(true);
    expect(JSON.stringify(entries)).not.toContain(OWNER.password);
  }, 30_000);

  it('an app is deleted with all its data, and nothing of another’s', async () => {
    const made = await ask<AppDetail>('POST', '/api/apps', { name: 'Old shop', origins: [ORIGIN], timeZone: 'UTC' });
    await eventually(
      async () => (await hello(made.key)).status,
      (status) => status === 200,
    );
    const before = (await ask<SessionList>('GET', '/api/sessions?app=shop&bots=true')).total;
    expect((await request('POST', `/api/apps/${made.key}/delete`, { name: 'old shop' })).status).toBe(400);
    await ask('POST', `/api/apps/${made.key}/delete`, { name: 'Old shop' });
    await eventually(
      async () => (await request('GET', `/api/apps/${made.key}`)).status,
      (status) => status === 404,
    );
    expect((await hello(made.key)).status).toBe(403);
    expect((await ask<SessionList>('GET', '/api/sessions?app=shop&bots=true')).total).toBe(before);
    await expect(ask('GET', `/api/sessions?app=${made.key}`)).rejects.toThrow('404');
  }, 60_000);

  it.runIf(isAlone)('a service that is away is said, by itself alone; hellos go on', async () => {
    await alone.get('config')?.stop();
    const answer = await request('GET', '/api/config/shop');
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'service-away', retry: true }]);
    expect((await request('GET', '/api/keys/shop')).status).toBe(200);
    expect((await hello('shop')).status).toBe(200);
    const health = await ask<{ services: object; status: string }>('GET', '/healthz');
    expect(health).toMatchObject({ status: 'ok', services: { config: 'away', user: 'ok', userauth: 'ok', app: 'ok', apptoken: 'ok' } });
  });

  it.runIf(isAlone)('a service that runs alone answers to nobody but our own processes', async () => {
    const url = alone.get('user')?.url ?? '';
    for (const path of ['/api/users', '/internal/user/count', '/api/users?app=shop'])
      expect((await fetch(url + path, { headers: { cookie: owner } })).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
