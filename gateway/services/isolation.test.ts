/** What is one app's is nobody else's (fault 47), and gone once the app is. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuditList, type ConfigHistory, DEFAULT_APP_CONFIG, type KeyList } from '../../engine/protocol/administration.ts';
import { openWorld, routesOf, seedShops, type World } from './fixture/services-world.ts';

/** Stands in everything that is of the app `other`, and nowhere else. */
const MARK = 'othersOwn';
let world: World;
/** Ids of what the app `other` has. */
let ids: { key: string; token: string; act: string };

async function done<T>(method: string, url: string, body?: unknown): Promise<T> {
  const answer = await world.request<T>('owner', method, url, body);
  if (answer.status !== 200) throw new Error(`${method} ${url}: ${JSON.stringify(answer)}`);
  return answer.body;
}

beforeAll(async () => {
  world = await openWorld();
  await seedShops(world);
  const retention = { chunks: null, sessions: null, rollups: null };
  await done('PUT', '/api/apps/other', {
    revision: 1,
    name: MARK,
    origins: [`https://${MARK.toLowerCase()}.example`],
    timeZone: 'UTC',
    retention,
  });
  for (const app of ['shop', 'other']) {
    const mark = app === 'other' ? MARK : 'shops';
    for (const basedOn of [0, 1])
      await done('PUT', `/api/config/${app}`, { basedOn, note: mark, config: { ...DEFAULT_APP_CONFIG, mask: `.${mark}` } });
    await done('POST', `/api/keys/${app}`);
    await done('POST', `/api/keys/${app}/tokens`, { name: mark, scopes: ['reports.read'], expiresMs: world.clock.nowMs() + 86_400_000 });
    const roles = { [app]: 'admin' };
    await world.ask('user', 'POST', '/internal/user/users', { body: { name: mark, email: `${mark}@test.example`, isOwner: false, roles } });
    await done('POST', `/api/users/invitations?app=${app}`, { email: `new-${mark}@test.example`, role: 'viewer' });
  }
  await world.written();
  const { keys, tokens } = await done<KeyList>('GET', '/api/keys/other');
  const { entries } = await done<AuditList>('GET', '/api/audit?app=other');
  ids = { key: keys.find(({ key }) => key !== 'other')?.key ?? '', token: tokens[0]?.id ?? '', act: entries[0]?.id ?? '' };
});
afterAll(() => world.close());

it('an admin of one app comes to nothing of another’s by any of its ids, at any place', async () => {
  const names = ['other', ids.key, ids.token, ids.act, '%6Fther', 'shop%2F..%2Fother', '__proto__'];
  const ofOthers = new RegExp(`${MARK}|${ids.key}|${ids.token}`, 'i');
  const routes = routesOf(world, ['app', 'config', 'apptoken']).filter((route) => route.includes(' /api/'));
  let asked = 0;
  for (const route of routes) {
    const [method = '', pattern = ''] = route.split(' ');
    for (const app of ['shop', ...names]) {
      for (const id of names) {
        for (const query of ['', `?app=${id}`, `?app=shop&before=${ids.act}`, '?app=shop&by=Olga']) {
          const url = pattern.replace(':app', app).replace(/:\w+/, id) + query;
          const { body } = await world.request<unknown>(
            'admin',
            method,
            url,
            method === 'GET' ? undefined : { app: id, basedOn: 2, to: 1, endsMs: 0 },
          );
          asked++;
          // What was asked for may be said back; what is there may not.
          const said = JSON.stringify(body).replaceAll(id, '').replaceAll(app, '');
          expect([method, url, ofOthers.exec(said)]).toEqual([method, url, null]);
        }
      }
    }
  }
  expect(asked).toBeGreaterThan(2_000);
  const { keys, tokens } = await done<KeyList>('GET', '/api/keys/other');
  expect([keys.length, tokens.length, keys.some(({ endsMs }) => endsMs !== undefined)]).toEqual([2, 1, false]);
  expect((await done<ConfigHistory>('GET', '/api/config/other')).versions).toHaveLength(3);
}, 60_000);

/** Every document of every service, as text. */
function everything(): { database: string; text: string }[] {
  return readdirSync(world.folder)
    .filter((file) => file.endsWith('.sqlite'))
    .map((database) => {
      const db = new DatabaseSync(join(world.folder, database), { readOnly: true });
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'acts'").all();
      const rows = tables.flatMap(({ name }) => db.prepare(`SELECT id, document FROM "${name}"`).all());
      db.close();
      return { database, text: JSON.stringify(rows) };
    });
}

it('an app that is deleted leaves nothing but the acts that were done to it; another’s is all there', async () => {
  const before = await Promise.all(
    ['/api/apps/shop', '/api/config/shop', '/api/keys/shop', '/api/users?app=shop'].map((url) => done('GET', url)),
  );
  const trace = new RegExp(`"other\\b|${ids.key}|${ids.token}|\\.${MARK}`);
  expect(
    everything()
      .filter(({ text }) => trace.test(text))
      .map(({ database }) => database)
      .sort(),
  ).toEqual(['appstorage.sqlite', 'apptokenstorage.sqlite', 'configstorage.sqlite', 'userstorage.sqlite']);
  await done('POST', '/api/apps/other/delete', { name: MARK });
  await world.ask('app', 'POST', '/internal/app/apps/other/deleted');
  // Told twice, as after a crash: nothing more happens.
  await world.ask('app', 'POST', '/internal/app/apps/other/deleted');
  expect(everything().filter(({ text }) => trace.test(text))).toEqual([]);
  for (const url of ['/api/apps/other', '/api/config/other', '/api/keys/other'])
    expect((await world.request('owner', 'GET', url)).status).toBe(404);
  const after = await Promise.all(
    ['/api/apps/shop', '/api/config/shop', '/api/keys/shop', '/api/users?app=shop'].map((url) => done('GET', url)),
  );
  expect(after).toEqual(before);
  expect((await done<AuditList>('GET', '/api/audit?app=other')).entries.map(({ what }) => what)).toContain('app.delete');
  // Its key is free again, and what comes under it begins anew.
  await done('POST', '/api/apps', { key: 'other', name: 'Another', origins: [], timeZone: 'UTC' });
  expect((await done<ConfigHistory>('GET', '/api/config/other')).versions).toHaveLength(1);
  expect((await done<KeyList>('GET', '/api/keys/other')).keys.map(({ key }) => key)).toEqual(['other']);
});
