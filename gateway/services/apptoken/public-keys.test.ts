import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SimulatedClock } from '../../../engine/clock/simulated-clock.ts';
import { openSqliteDocuments } from '../../../engine/documents/sqlite-documents.ts';
import { KEYS, type KeyRecord, PublicKeys } from './public-keys.ts';

it('of an app’s last keys, however many are ended in one moment, one goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'datalab-keys-'));
  const documents = openSqliteDocuments({ file: join(folder, 'keys.sqlite') });
  const clock = new SimulatedClock();
  const keys = new PublicKeys(await documents.collection<KeyRecord>(KEYS), clock);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await keys.ensure('shop', name);
  const ended = await Promise.allSettled(names.map((name) => keys.end('shop', name, clock.nowMs())));
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  expect(ended.at(-1)).toMatchObject({ reason: { code: 'key-last' } });
  expect((await keys.newest('shop'))?.key).toBe('d');
  await documents.close();
  rmSync(folder, { recursive: true });
});
