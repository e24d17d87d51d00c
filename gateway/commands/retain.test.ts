import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import type { Store } from '../../engine/store/store.ts';
import { browse } from '../../engine/upkeep/fixtures/traffic.ts';
import { readSettings } from '../settings.ts';
import { retainCommand } from './retain.ts';

const DAY_MS = 86_400_000;

const root = mkdtempSync(join(tmpdir(), 'datalab-retain-command-'));
afterAll(() => rmSync(root, { recursive: true }));

let store: Store;
let said: string[];

beforeEach(async () => {
  store = await openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  for (const app of ['demo', 'other']) {
    for (const daysAgo of [1, 50]) {
      const name = `${app}-${daysAgo}`;
      const atMs = Date.now() - daysAgo * DAY_MS;
      await browse(store, { app, session: name, visit: name, visitor: name, atMs, urls: ['https://shop.example/a'] });
    }
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

const run = (...args: readonly string[]) => {
  const apps = 'demo|Demo|https://shop.example;other|Other|https://other.example';
  return retainCommand(store, args, readSettings({ DATALAB_APPS: apps, DATALAB_RETENTION: 'demo: sessions=30d' }));
};

async function sessions(app: string): Promise<readonly string[]> {
  return (await store.walkSessions({ app, limit: 10 })).map(({ session }) => session);
}

test('it deletes what each app keeps no longer', async () => {
  expect(await run()).toBe(0);
  expect([await sessions('demo'), await sessions('other')]).toEqual([['demo-1'], ['other-50', 'other-1']]);
  expect(said[1]).toBe('other keeps chunks forever, sessions forever, rollups forever.');
});

test('a dry run says from which day on what is kept, and deletes nothing', async () => {
  expect(await run('--dry-run')).toBe(0);
  const day = new Date(Date.now() - 30 * DAY_MS).toISOString().slice(0, 10);
  expect(said).toEqual([
    `demo keeps chunks from ${day} on, sessions from ${day} on, rollups forever.`,
    'other keeps chunks forever, sessions forever, rollups forever.',
    'Nothing was deleted.',
  ]);
  expect(await sessions('demo')).toEqual(['demo-50', 'demo-1']);
});

test('bytes that may still be on the disk are said, with the exit code 1', async () => {
  store = { ...store, scrub: async () => false };
  expect(await run()).toBe(1);
});

test('an option that there is not is refused by name', async () => {
  await expect(run('--force')).rejects.toMatchObject({ code: 'query-invalid', message: expect.stringContaining('--force') });
  expect(await sessions('demo')).toEqual(['demo-50', 'demo-1']);
});
