import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../engine/clock/simulated-clock.ts';
import { type KeyList, SNIPPET_CHECK_ANSWER } from '../../../engine/protocol/administration.ts';
import { openWorld } from '../fixture/services-world.ts';
import { type Fetched, fetchPage, PAGE_MAX_BYTES, PAGE_TIMEOUT_MS } from './fetch-page.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A website on this machine, one handler a path. */
const pages = new Map<string, Handler>();
const asked: string[] = [];
const site = createServer((request, response) => {
  asked.push(`${request.headers.host}${request.url}`);
  const handler = pages.get(request.url ?? '');
  if (handler) handler(request, response);
  else response.writeHead(404, { 'content-type': 'text/html' }).end('gone');
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  port = (site.address() as AddressInfo).port;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

const own = () => `http://127.0.0.1:${port}`;
const get = (url: string, more: Partial<Parameters<typeof fetchPage>[1]> = {}) =>
  fetchPage(url, { clock: new SimulatedClock(), origins: [own()], publicUrl: 'http://localhost:8080', ...more });
const problem = (fetched: Fetched) => ('problem' in fetched ? fetched.problem : `no problem: ${fetched.page.status}`);
const html =
  (body: string): Handler =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(body);
const redirect =
  (location: string, status = 302): Handler =>
  (_request, response) =>
    response.writeHead(status, { location }).end();

describe('a page is fetched', () => {
  it('as anybody would see it: without cookies or names, with all its policies', async () => {
    let headers: IncomingMessage['headers'] = {};
    pages.set('/page', (request, response) => {
      headers = request.headers;
      response.setHeader('content-security-policy', ["script-src 'self', img-src *", "connect-src 'none'"]);
      response.writeHead(203, { 'content-type': 'text/html', 'set-cookie': 'a=b' }).end('<p>Hello');
    });
    const fetched = await get(`${own()}/page#part`);
    expect(fetched).toMatchObject({ page: { status: 203, contentType: 'text/html', html: '<p>Hello' } });
    expect('page' in fetched && fetched.page.securityPolicies.map((policy) => policy.trim())).toEqual([
      "script-src 'self'",
      'img-src *',
      "connect-src 'none'",
    ]);
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('authorization');
  });

  it('through at most three redirects', async () => {
    pages.set('/to-3', redirect('/to-2'));
    pages.set('/to-2', redirect(`${own()}/to-1`, 308));
    pages.set('/to-1', redirect('to-0', 301));
    pages.set('/to-0', html('<p>There'));
    pages.set('/to-4', redirect('/to-3'));
    expect(await get(`${own()}/to-3`)).toMatchObject({ page: { html: '<p>There', url: new URL(`${own()}/to-0`) } });
    expect(problem(await get(`${own()}/to-4`))).toContain('more than 3 times');
  });

  it('from where its name led when it was looked at, once; what the name says later is of no matter', async () => {
    pages.set('/', html('<p>Here'));
    let lookUps = 0;
    const resolve = async () => [{ address: lookUps++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    const origin = `http://shop.local:${port}`;
    expect(await get(origin, { origins: [origin], resolve })).toMatchObject({ page: { html: '<p>Here' } });
    expect([lookUps, asked.at(-1)]).toEqual([1, `shop.local:${port}/`]);
  });

  it('up to 2 MiB, also where it never ends', async () => {
    let hasEnded = () => {};
    const ended = new Promise<void>((resolve) => {
      hasEnded = resolve;
    });
    pages.set('/endless', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more).on('close', hasEnded);
      more();
    });
    const fetched = await get(`${own()}/endless`);
    expect('page' in fetched && fetched.page.html.length).toBe(PAGE_MAX_BYTES);
    await ended;
  });

  it.each<[string, Handler]>([
    ['says nothing', () => {}],
    [
      'stops in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).write('<p>');
      },
    ],
  ])('within four seconds: one that %s is given up, and its connection ended', async (_what, handler) => {
    const clock = new SimulatedClock();
    const closed = new Promise<void>((resolve) => {
      pages.set('/slow', (request, response) => {
        response.on('close', resolve);
        handler(request, response);
        // Once the request is here: no earlier, or nothing would be under way.
        setImmediate(() => clock.advance(PAGE_TIMEOUT_MS));
      });
    });
    expect(problem(await get(`${own()}/slow`, { clock }))).toContain('did not answer within 4 seconds');
    await closed;
    expect(clock.pending).toBe(0);
  });

  it('unless it is packed in spite of being asked for as it is: then nothing of it is read', async () => {
    pages.set('/packed', (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('<p>'));
    expect(await get(`${own()}/packed`)).toMatchObject({ page: { html: '' } });
  });
});

describe('nothing is fetched', () => {
  it.each([
    ['of another origin', () => 'https://elsewhere.example/', 'is not one of the app’s origins'],
    ['of another port', () => 'http://127.0.0.1:1/', 'is not one of the app’s origins'],
    ['of another scheme', () => own().replace('http', 'https'), 'is not one of the app’s origins'],
    ['by another name of the same machine', () => `http://localhost:${port}/`, 'is not one of the app’s origins'],
    ['with a name and password', () => own().replace('//', '//a:b@'), 'leave them out'],
    ['with an origin for a name', () => `${own()}@elsewhere.example/`, 'leave them out'],
    ['that is no page', () => 'file:///etc/passwd', 'no address of a page'],
    ['that is no address', () => 'http://', 'no address of a page'],
  ])('%s', async (_what, url, words) => {
    const before = asked.length;
    expect(problem(await get(url()))).toContain(words);
    expect(asked.length).toBe(before);
  });

  it.each([
    'http://127.0.0.1:1/',
    'https://elsewhere.example/',
    'http://169.254.169.254/latest/meta-data/',
    '//elsewhere.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://[',
  ])('where a page of the app redirects beyond its origins: %s', async (location) => {
    pages.set('/away', redirect(location));
    const before = asked.length;
    expect(problem(await get(`${own()}/away`))).toMatch(/redirects to .* not one of the app’s origins|no address of a page/);
    expect(asked.length).toBe(before + 1);
  });

  const PRIVATE = ['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'];
  const PRIVATE_6 = [
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ];
  it.each([...PRIVATE, ...PRIVATE_6, 'nonsense'])('of a name that leads into a private network: %s', async (address) => {
    const origins = [`http://shop.example:${port}`];
    const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
    const before = asked.length;
    for (const publicUrl of ['http://localhost:8080', 'https://lab.example', ''])
      expect(problem(await get(`${origins[0]}/page`, { origins, resolve, publicUrl }))).toContain('within a private network');
    expect(asked.length).toBe(before);
  });

  it.each(['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254'])(
    'of a link’s own addresses, also where names of one’s own network are looked up: %s',
    async (address) => {
      const origins = [`http://cloud.local:${port}`];
      const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
      expect(problem(await get(`${origins[0]}/page`, { origins, resolve }))).toContain('within a private network');
    },
  );

  it('of this machine where we are not of it ourselves', async () => {
    expect(problem(await get(`${own()}/page`, { publicUrl: 'https://lab.example' }))).toContain('within a private network');
  });
});

it('it is said why a page cannot be reached', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
  expect(problem(await get(`${url}/`, { origins: [url] }))).toContain('takes no connections');
  const unknown = { origins: ['http://nowhere.example'], resolve: () => Promise.reject(new Error('ENOTFOUND')) };
  expect(problem(await get('http://nowhere.example/', unknown))).toContain('There is no host nowhere.example');
  pages.set('/cut', (request) => request.socket.destroy());
  expect(problem(await get(`${own()}/cut`))).toContain('cannot be reached');
});

it('the check asks for the page, with the keys that the app has by now', async () => {
  const world = await openWorld({ publicUrl: 'http://localhost:8080' });
  await world.ask('app', 'POST', '/internal/app/seed', {
    body: { apps: [{ key: 'shop', name: 'Shop', origins: ['http://127.0.0.1:*'] }] },
  });
  pages.set('/shop', html('<script async src="http://localhost:8080/datalab.js" data-app="shop"></script>'));
  const check = async (path: string) => {
    const { status, body } = await world.request<object>('analyst', 'POST', '/api/apps/shop/check', { url: own() + path });
    expect([status, Object.keys(body).sort()]).toEqual([200, [...SNIPPET_CHECK_ANSWER.required].sort()]);
    return body;
  };
  expect(await check('/shop')).toEqual({ found: true, message: 'The snippet is there, with the key shop.' });
  expect(await check('/nothing')).toMatchObject({ found: false, message: expect.stringContaining('answered 404') });
  const { keys } = (await world.request<KeyList>('admin', 'POST', '/api/keys/shop')).body;
  await world.request('admin', 'PUT', '/api/keys/shop/public/shop', { endsMs: world.clock.nowMs() + 1_000 });
  expect(await check('/shop')).toMatchObject({ found: true });
  world.clock.advance(1_000);
  const newer = keys.find(({ key }) => key !== 'shop')?.key;
  expect(await check('/shop')).toMatchObject({ found: false, message: expect.stringContaining(`has ended. Replace it by ${newer}`) });
  await world.close();
});
