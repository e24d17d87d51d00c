import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteDocuments } from '../../../engine/documents/sqlite-documents.ts';
import type { AuditEntry, AuditList } from '../../../engine/protocol/administration.ts';
import type { Act } from '../../access/guard.ts';
import { openWorld, seedShops, type Who, type World } from '../fixture/services-world.ts';
import { ACTS, type ActRecord, AuditLog, RETAINED_MS } from './audit-log.ts';

const DAY_MS = 86_400_000;

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await seedShops(world);
});
afterEach(() => world.close());

const write = (act: Partial<Act>) =>
  world.ask('app', 'POST', '/internal/app/audit', {
    body: { atMs: world.clock.nowMs(), by: 'Ada', what: 'a.b', from: '10.0.x.x', status: 200, detail: '', ...act },
  });
async function list(query: Record<string, string> = {}, who: Who = 'owner'): Promise<readonly AuditEntry[]> {
  const { status, body } = await world.request<AuditList>(who, 'GET', `/api/audit?${new URLSearchParams(query)}`);
  expect(status).toBe(200);
  return body.entries;
}
const targets = (entries: readonly AuditEntry[]) => entries.map(({ target }) => target).join('');

it('acts stand in the order in which they were done, also those of one moment, also when the clock steps back', async () => {
  for (const target of 'abc') await write({ target });
  world.clock.stepWall(-3_600_000);
  for (const target of 'de') await write({ target });
  world.clock.advance(1);
  await Promise.all([...'fgh'].map((target) => write({ target })));
  expect(targets(await list())).toBe('hgfedcba');
});

it('pages follow each other by the last id: every act once, whatever is written meanwhile', async () => {
  for (let at = 0; at < 25; at++) await write({ target: `${at} ` });
  let seen = '';
  for (let page = await list({ limit: '7' }); page.length > 0; page = await list({ limit: '7', before: page.at(-1)?.id ?? '' })) {
    expect(page.length).toBeLessThanOrEqual(7);
    seen += targets(page);
    await write({ target: 'later ' });
  }
  expect(seen).toBe(Array.from({ length: 25 }, (_, at) => `${24 - at} `).join(''));
});

it('acts are found by app, by who did them, and by both; an admin reads those of the own app alone', async () => {
  await write({ target: '1', by: 'Ada', app: 'shop' });
  await write({ target: '2', by: 'Bob', app: 'shop' });
  await write({ target: '3', by: 'Ada', app: 'other' });
  await write({ target: '4', by: 'Ada' });
  // No two of app and name look like another two.
  await write({ target: '5', by: 'x Ada', app: 'shop' });
  await write({ target: '6', by: 'Ada', app: 'shop x' });
  expect(targets(await list())).toBe('654321');
  expect(targets(await list({ by: 'Ada' }))).toBe('6431');
  expect(targets(await list({ app: 'shop' }))).toBe('521');
  expect(targets(await list({ app: 'shop', by: 'Ada' }))).toBe('1');
  expect(targets(await list({ app: 'shop' }, 'admin'))).toBe('521');
  expect(await list({ by: 'Nobody' })).toEqual([]);
  for (const query of ['', '?by=Ada', '?app=other', '?app=shop&app=other', '?app=', '?app[]=shop'])
    expect((await world.request('admin', 'GET', `/api/audit${query}`)).status).toBe(403);
});

it.each(['limit=0', 'limit=201', 'limit=x', 'before=%24', `before=${'x'.repeat(65)}`, `by=${'x'.repeat(81)}`, 'app=a.b', 'since=1'])(
  'what makes no sense is refused: %s',
  async (query) => {
    expect(await world.request('owner', 'GET', `/api/audit?${query}`)).toMatchObject({ status: 400, body: { code: 'query-invalid' } });
  },
);

it('an act is kept 400 days, and removed within one more', async () => {
  for (let at = 0; at < 3; at++) {
    await write({ target: `${at}` });
    world.clock.advance(DAY_MS);
  }
  // The daily pass is not waited for by anybody; what it removes is gone in its own time.
  const settled = async (expected: string) => {
    while (targets(await list()) !== expected) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  world.clock.advance(RETAINED_MS - 3 * DAY_MS);
  await settled('210');
  world.clock.advance(DAY_MS);
  await settled('21');
  world.clock.advance(30 * DAY_MS);
  await settled('');
});

it('more than a thousand that are old go in one pass', async () => {
  const documents = openSqliteDocuments({ file: join(world.folder, 'acts.sqlite') });
  const log = new AuditLog(await documents.collection<ActRecord>(ACTS), world.clock);
  const act = { by: 'Ada', what: 'a.b', from: '', status: 200, detail: '' };
  for (let at = 0; at < 1_001; at++) await log.write({ ...act, atMs: world.clock.nowMs() });
  world.clock.stepWall(RETAINED_MS);
  await log.write({ ...act, atMs: world.clock.nowMs() });
  expect(await log.removeOld()).toBe(0);
  world.clock.stepWall(1);
  expect(await log.removeOld()).toBe(1_001);
  expect(await log.list({})).toHaveLength(1);
  await documents.close();
}, 20_000);

it('an attempt with nonsense in it is written down, cut', async () => {
  const nonsense = '😀'.repeat(5_000);
  await write({ by: `\ud800${nonsense}`, app: `$ne.${nonsense}`, target: nonsense, detail: '\udc00{"$ne":null}' });
  const [entry] = await list();
  expect(entry?.by.length).toBe(200);
  expect([entry?.app?.length, entry?.target?.length]).toEqual([256, 256]);
  expect(JSON.stringify(entry).isWellFormed()).toBe(true);
  await world.request('owner', 'PUT', `/api/apps/${'x'.repeat(60)}%00/archived`, { archived: true });
  await world.request('owner', 'DELETE', `/api/keys/shop/tokens/${'%F0%9F%98%80'.repeat(10)}`);
  await world.written();
  expect((await list()).slice(0, 2).map(({ what, status }) => `${what} ${status}`)).toEqual(['token.end 400', 'app.archive 400']);
});

it('a refused act is written down like one that was done; a secret is never', async () => {
  const expiresMs = world.clock.nowMs() + DAY_MS;
  const made = await world.request<{ token: string }>('admin', 'POST', '/api/keys/shop/tokens', {
    name: 'job',
    scopes: ['reports.read'],
    expiresMs,
  });
  const odd = { name: 'job', scopes: [], expiresMs, secret: 'planted', more: [{ password: 'planted', token: 'planted' }] };
  for (const who of ['admin', 'viewer'] as const) await world.request(who, 'POST', '/api/keys/shop/tokens', odd);
  await world.request('nobody', 'DELETE', '/api/keys/shop/tokens/t1', { password: 'planted' });
  await world.written();
  const entries = await list();
  expect(entries.map(({ by, what, status, app, from }) => [by, what, status, app, from])).toEqual([
    ['somebody', 'token.end', 401, 'shop', '10.0.x.x'],
    ['Vi', 'token.create', 403, 'shop', '10.0.x.x'],
    ['Ada', 'token.create', 400, 'shop', '10.0.x.x'],
    ['Ada', 'token.create', 200, 'shop', '10.0.x.x'],
  ]);
  expect(entries.find(({ status }) => status === 400)?.detail).toContain('"secret":"…"');
  expect(made.body.token).toMatch(/^dl_/);
  for (const secret of [made.body.token, 'planted']) expect(JSON.stringify(entries)).not.toContain(secret);
});
