/** Forged words of who one is, and what is written down (faults.md 39, 45, 48); ops/faults/README.md says where the others are proved. */
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditEntry, type AuditList, DEFAULT_APP_CONFIG, type KeyList } from '../../engine/protocol/administration.ts';
import { encodePost } from '../../engine/protocol/codec/post.ts';
import type { HelloAnswer } from '../../engine/protocol/hello.ts';
import { IDENTITY_HEADER, Seals } from '../../gateway/access/sealed-identity.ts';
import { type AbusedNode, eventually, hello, ORIGIN, OTHER_ORIGIN, openNode, openSocket, postHello, request } from './fixture/stranger.ts';

// Thousands of requests: on a busy machine they take longer than a test does.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: AbusedNode;
let base: string;
beforeAll(async () => {
  world = await openNode();
  ({ base } = world);
});
afterAll(() => world.close());

const refusalOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code];

/** A request with headers that `fetch` does not let one set. */
function forged(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const { port } = new URL(base);
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on('error', reject);
  });
}

describe('39: a hello', () => {
  it('39: with a wrong key, a right one of another site, a wrong origin or none is refused', async () => {
    for (const [app, origin, code] of [
      ['nobody', ORIGIN, 'app-unknown'],
      ['Shop', ORIGIN, 'app-unknown'],
      ['__proto__', ORIGIN, 'app-unknown'],
      ['shop', OTHER_ORIGIN, 'origin-refused'],
      ['other', ORIGIN, 'origin-refused'],
      ['shop', base, 'origin-refused'],
      ['shop', 'null', 'origin-refused'],
      ['shop', `${ORIGIN}:444`, 'origin-refused'],
      ['shop', `${ORIGIN}, ${ORIGIN}`, 'origin-refused'],
    ] as const)
      expect([app, origin, ...(await refusalOf(await postHello(base, { app }, { origin })))]).toEqual([app, origin, 403, code]);
    for (const headers of [{}, { referer: `${ORIGIN}/` }, { 'x-origin': ORIGIN }, { host: 'shop.example' }])
      expect(await refusalOf(await postHello(base, {}, headers))).toEqual([403, 'origin-refused']);
  });

  it('39: forged forwarding headers make no other address, host or scheme of whoever sends them', async () => {
    const small = await openNode({ DATALAB_HELLOS_PER_MIN: '5' });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const address = `203.0.113.${i}`;
      const forwarded = { 'x-forwarded-for': address, 'x-real-ip': address, 'cf-connecting-ip': address, forwarded: `for=${address}` };
      const answer = await postHello(small.node.url, {}, { origin: ORIGIN, ...forwarded });
      await answer.text();
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    await small.close();

    const elsewhere = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      forwarded: 'host=evil.example',
    };
    const answer = await postHello(base, {}, { origin: ORIGIN, ...elsewhere });
    expect(answer.headers.get('set-cookie')).not.toMatch(/Secure/i);
    const { socketUrl, postUrl, pollUrl } = (await answer.json()) as HelloAnswer;
    expect([socketUrl, postUrl, pollUrl]).toEqual([`${base.replace('http', 'ws')}/api/socket`, `${base}/api/frames`, `${base}/api/poll`]);
  });

  it('39: a cookie says who one is under our own names alone; no forwarding header lends one', async () => {
    const { host } = new URL(base);
    const cookie = world.owner;
    expect(await forged('GET', '/api/account', { host, cookie })).toBe(200);
    for (const other of [
      'evil.example',
      `evil.example:${host.split(':')[1]}`,
      `${host}.evil.example`,
      `evil.example@${host}`,
      `${host}/x`,
      `${host}#x`,
    ]) {
      const headers = { cookie, 'x-forwarded-host': host, 'x-original-host': host, forwarded: `host=${host}` };
      expect([other, [400, 403].includes(await forged('GET', '/api/account', { ...headers, host: other }))]).toEqual([other, true]);
    }
    // Nor does an address of ours, or a seal that is not.
    const seal = new Seals('a secret that is not of this node!').seal(
      { identity: { kind: 'service', name: 'user' }, address: '', source: '' },
      Date.now(),
    );
    const inner = [
      { [IDENTITY_HEADER]: seal },
      { [IDENTITY_HEADER]: '' },
      { [IDENTITY_HEADER]: 'e30.e30' },
      { 'x-forwarded-for': '127.0.0.1' },
    ];
    for (const headers of inner)
      for (const path of ['/internal/user/count', '/internal/app/all', '/internal/apptoken/all', '/api/account'])
        expect([path, (await request(base, 'GET', path, headers)).status]).toEqual([path, 401]);
    // Whoever acts is written down with the address of their connection.
    await request(base, 'PUT', '/api/account', { cookie, 'x-forwarded-for': '203.0.113.9' }, { name: 'Ada Test' });
    const { entries } = await world.ask<AuditList>('GET', '/api/audit?limit=200');
    expect(new Set(entries.map(({ from }) => from))).toEqual(new Set(['127.0']));
  });
});

/** The same with one character changed, at every position that counts. */
function* altered(token: string): Generator<string> {
  for (let at = 0; at < token.length; at++) yield `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

describe('45: tokens', () => {
  it('45: of an API, altered, cut, swapped or in another place, open nothing', async () => {
    const [token, other] = [await world.apiToken('shop'), await world.apiToken('other')];
    const statusOf = async (headers: Record<string, string>, app = 'shop') =>
      (await request(base, 'GET', `/api/sessions?app=${app}`, headers)).status;
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    const half = Math.floor(token.length / 2);
    const cut = [token.slice(1), token.slice(0, -1), `${token}A`, token.toUpperCase(), token.slice(0, half) + other.slice(half), 'x'];
    for (const wrong of [...[...altered(token)].filter((each) => each !== token), ...cut]) expect(await statusOf(bearer(wrong))).toBe(401);
    expect([await statusOf(bearer(token)), await statusOf(bearer(token), 'other'), await statusOf(bearer(other))]).toEqual([200, 403, 403]);
    // It is no cookie, no seal, no password of somebody; and a cookie's value is no token.
    for (const name of ['datalab_ui', '__Host-datalab', 'datalab']) expect(await statusOf({ cookie: `${name}=${token}` })).toBe(401);
    expect(await statusOf({ [IDENTITY_HEADER]: token })).toBe(401);
    expect(await statusOf({ authorization: `Basic ${btoa(`${token}:`)}` })).toBe(401);
    expect(await statusOf(bearer(world.owner.split('=')[1] ?? ''))).toBe(401);
    // Ended, it is over.
    const { tokens } = await world.ask<KeyList>('GET', '/api/keys/other');
    for (const { id } of tokens) await world.ask('DELETE', `/api/keys/other/tokens/${id}`);
    expect(
      await eventually(
        () => statusOf(bearer(other), 'other'),
        (status) => status !== 200,
      ),
    ).toBe(401);
  });

  it('45: of a session, altered or swapped, neither resume, post nor open a socket', async () => {
    const [mine, theirs, elsewhere] = [
      await hello(base),
      await hello(base),
      await hello(base, { app: 'other', url: `${OTHER_ORIGIN}/` }, { origin: OTHER_ORIGIN }),
    ];
    const { session, resume, ticket } = mine;
    const post = (token: string) =>
      fetch(`${base}/api/frames`, {
        method: 'POST',
        headers: { origin: ORIGIN, 'content-type': 'text/plain' },
        body: Buffer.from(encodePost({ session, resume: token, frames: [] })),
      });
    const wrong = [...altered(resume), theirs.resume, elsewhere.resume, ticket, resume.slice(0, -1), `${resume}A`];
    for (const token of wrong) {
      expect([token, ...(await refusalOf(await postHello(base, { session, resume: token })))]).toEqual([token, 403, 'resume-refused']);
      expect([token, ...(await refusalOf(await post(token)))]).toEqual([token, 403, 'resume-refused']);
    }
    // A session of another app, by that app's key or by ours.
    for (const app of ['shop', 'other'])
      expect((await postHello(base, { app, session: elsewhere.session, resume: elsewhere.resume })).status).toBe(403);
    for (const each of [...altered(ticket)].filter((other) => other !== ticket))
      await expect(openSocket({ ...mine, ticket: each })).rejects.toThrow('401');
    (await openSocket(mine)).socket.terminate();
  });

  it('45: a cookie that was altered or swapped is nobody’s: not another visitor’s, not another user’s', async () => {
    const value = (answer: Response) => answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const visitOf = async (answer: Response) => ((await answer.json()) as HelloAnswer).visit;
    const first = await postHello(base);
    const cookie = value(first);
    const visit = await visitOf(first);
    expect(await visitOf(await postHello(base, {}, { origin: ORIGIN, cookie }))).toBe(visit);
    const [, token = ''] = cookie.split('=');
    const [, mac = ''] = value(await postHello(base)).split('.');
    for (const wrong of [...altered(token), `${token.split('.')[0]}.${mac}`, token.split('.')[0], `${token}A`, world.owner.split('=')[1]]) {
      const answer = await postHello(base, {}, { origin: ORIGIN, cookie: `datalab=${wrong}` });
      expect([answer.status, (await visitOf(answer)) === visit, value(answer) !== '']).toEqual([200, false, true]);
    }
    // A visitor's cookie signs nobody in.
    for (const name of ['datalab', 'datalab_ui', '__Host-datalab'])
      expect((await request(base, 'GET', '/api/account', `${name}=${token}`)).status).toBe(401);
  });
});

it('48: what an operator or an admin does leaves who, when, to what, from where, and what was wanted', async () => {
  const operator = await world.invite('Ole', 'operator');
  const { session } = await hello(base);
  const since = Date.now();
  const act = (method: string, path: string, body?: object, as: string = operator) => request(base, method, path, as, body);
  const acts: readonly [what: string, status: number, done: () => Promise<Response>, target: string | undefined, detail: string][] = [
    ['session.control', 202, () => act('POST', `/api/sessions/${session}/control?app=shop`, { paused: true }), session, '{"paused":true}'],
    ['session.end', 202, () => act('POST', `/api/sessions/${session}/end?app=shop`), session, ''],
  ];
  for (const [what, status, done, target, detail] of acts) {
    expect([what, (await done()).status]).toEqual([what, status]);
    const of = ({ entries }: AuditList) => entries.find((entry) => entry.what === what && entry.target === target);
    const entry: AuditEntry | undefined = of(
      await eventually(
        () => world.ask<AuditList>('GET', '/api/audit?app=shop&limit=200'),
        (list) => of(list) !== undefined,
      ),
    );
    expect(entry).toMatchObject({ by: 'Ole', app: 'shop', status, from: '127.0', detail });
    expect((entry?.atMs ?? 0) >= since && (entry?.atMs ?? 0) <= Date.now()).toBe(true);
  }
  // What was refused as well, and it is said of the log itself who may read it.
  expect((await act('PUT', '/api/config/shop', { basedOn: 0, config: DEFAULT_APP_CONFIG })).status).toBe(403);
  expect((await act('GET', '/api/audit?app=shop')).status).toBe(403);
  const { entries } = await eventually(
    () => world.ask<AuditList>('GET', '/api/audit?app=shop&by=Ole'),
    (list) => list.entries.some(({ what }) => what === 'config.change'),
  );
  expect(entries.map(({ what, status }) => [what, status])).toContainEqual(['config.change', 403]);
});
