import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DatalabError, ERRORS } from '../../engine/errors/errors.ts';
import { IDENTITY_HEADER, Seals } from '../access/sealed-identity.ts';
import { type Ask, type Call, callThere, createAsk } from './call.ts';
import { SERVICE_NAMES, type ServiceName } from './services.ts';

const NOW_MS = 1_767_225_600_000;
const seals = new Seals('a secret of at least 32 characters');

/** A service that answers as each test wants. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const service = createServer((request, response) => answer(request, response));
let url = '';
let ask: Ask;
const askAt = (at: string) =>
  createAsk(
    Object.fromEntries(SERVICE_NAMES.map((name) => [name, callThere(name, at)])) as Record<ServiceName, Call>,
    seals,
    () => NOW_MS,
    'gateway',
  );
beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  ask = askAt(url);
});
afterAll(() => {
  service.closeAllConnections();
  service.close();
});

const text =
  (status: number, body: string, headers: Record<string, string> = {}): typeof answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

async function refusalOf(asked: Promise<unknown>): Promise<DatalabError> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof DatalabError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

it('a service is asked in the name of who wants it, else in one’s own, and its answer read', async () => {
  const seen: unknown[] = [];
  answer = (request, response) => {
    const sealed = String(request.headers[IDENTITY_HEADER]);
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push([request.method, request.url, body, request.headers['content-type'], seals.open(sealed, NOW_MS)]);
      response.end(body);
    });
  };
  const ada = { identity: { kind: 'service', name: 'ada' }, address: '10.0.x.x', source: 's' } as const;
  expect(await ask('user', 'POST', '/internal/x?a=1', { body: { b: 'ü' }, as: ada })).toEqual({ b: 'ü' });
  expect(await ask('user', 'GET', '/internal/x')).toBeNull();
  const own = { identity: { kind: 'service', name: 'gateway' }, address: '', source: '' };
  expect(seen).toEqual([
    ['POST', '/internal/x?a=1', '{"b":"ü"}', 'application/json', ada],
    ['GET', '/internal/x', '', undefined, own],
  ]);
});

it('what a service refuses with is thrown here as it was said', async () => {
  answer = text(404, JSON.stringify({ code: 'user-unknown', message: 'There is no such user.', retry: false }));
  expect(await refusalOf(ask('user', 'GET', '/x'))).toMatchObject({ code: 'user-unknown', message: 'There is no such user.' });
});

it.each<[string, typeof answer]>([
  ['says nothing', () => {}],
  ['stops in the middle of its answer', (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('{"a":')],
  ['sends its answer without end', (_request, response) => void response.writeHead(200).write('{"a":"')],
])('a service that %s is away once its time is over', async (_what, how) => {
  answer = how;
  const { code, message } = await refusalOf(ask('user', 'GET', '/x', { timeoutMs: 50 }));
  expect([code, message]).toEqual(['service-away', expect.stringContaining('The service user does not answer')]);
});

it.each<[string, typeof answer]>([
  ['cuts the connection', (request) => void request.socket.destroy()],
  [
    'cuts it in the middle of its answer',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":', () => response.destroy());
    },
  ],
  ['speaks no HTTP', (request) => void request.socket.end('SSH-2.0-x\r\n')],
])('a service that %s is away at once', async (_what, how) => {
  answer = how;
  expect((await refusalOf(ask('user', 'GET', '/x'))).code).toBe('service-away');
});

it('a service that takes no connections is away', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  for (const at of [`http://127.0.0.1:${port}`, 'http://user.invalid:8001', 'nonsense'])
    expect((await refusalOf(askAt(at)('user', 'GET', '/x'))).code).toBe('service-away');
});

it.each<[string, typeof answer]>([
  ['a page', text(200, '<!doctype html>', { 'content-type': 'text/html' })],
  ['half an answer', text(200, '{"a":')],
  ['a redirect', text(302, '', { location: 'https://elsewhere.example/' })],
  ['not modified', text(304, '')],
  ['a refusal that is a page', text(502, '<h1>Bad gateway</h1>')],
  ['a refusal without words', text(500, '{"code":"not-found"}')],
  ['a refusal that is null', text(500, 'null')],
  ['a refusal that is a list', text(500, '[]')],
  ['a refusal with a code that is not ours', text(400, '{"code":"made-up","message":"m"}')],
  ['a refusal with a code that every object has', text(400, '{"code":"constructor","message":"m"}')],
  ['a refusal with a code that is no text', text(400, '{"code":{"$ne":1},"message":"m"}')],
  ['nothing, and that it refused', text(403, '')],
])('an answer that is none of ours is our own fault: %s', async (_what, how) => {
  answer = how;
  const { code } = await refusalOf(ask('user', 'GET', '/x'));
  expect(code).toBe('internal');
  expect(ERRORS[code].status).toBe(500);
});

it('what a service sets of cookies comes through, each for itself', async () => {
  answer = (_request, response) => response.writeHead(200, { 'set-cookie': ['a=1; Path=/', 'b=2, c'] }).end('{}');
  const { headers } = await callThere('userauth', url)({ method: 'GET', path: '/', headers: {}, timeoutMs: 5_000 });
  expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2, c']);
});
