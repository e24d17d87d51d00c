import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedClock } from '../../../engine/clock/simulated-clock.ts';
import type { Documents } from '../../../engine/documents/documents.ts';
import { openSqliteDocuments } from '../../../engine/documents/sqlite-documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { DEFAULT_APP_CONFIG } from '../../../engine/protocol/administration.ts';
import { ConfigVersions, VERSIONS, type VersionRecord } from './config-versions.ts';

let folder: string;
let documents: Documents;
let versions: ConfigVersions;
/** What happens before documents are listed, and before one is removed. */
let onList: () => void;
let onRemove: () => Promise<unknown>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'datalab-config-'));
  documents = openSqliteDocuments({ file: join(folder, 'config.sqlite') });
  const collection = await documents.collection<VersionRecord>(VERSIONS);
  onList = () => {};
  onRemove = async () => {};
  versions = new ConfigVersions(
    {
      get: (id) => collection.get(id),
      find: (where, page) => collection.find(where, page),
      list: async (page) => {
        onList();
        return collection.list(page);
      },
      count: () => collection.count(),
      insert: (id, value) => collection.insert(id, value),
      replace: (id, revision, value) => collection.replace(id, revision, value),
      update: (id, change) => collection.update(id, change),
      remove: async (id, revision) => {
        await onRemove();
        return collection.remove(id, revision);
      },
    },
    new SimulatedClock(),
  );
});
afterEach(async () => {
  await documents.close();
  rmSync(folder, { recursive: true });
});

const add = (app: string, basedOn: number) => versions.add(app, basedOn, 'Ada', '', DEFAULT_APP_CONFIG);
const latest = async () => (await versions.latestOfAll()).map(({ app, version }) => `${app} ${version}`);

it('all are read once; what is written from then on is known', async () => {
  let lists = 0;
  await add('shop', 0);
  onList = () => lists++;
  expect(await latest()).toEqual(['shop 1']);
  await Promise.all([add('shop', 1), add('other', 0), latest()]);
  expect((await latest()).sort()).toEqual(['other 1', 'shop 2']);
  expect(lists).toBe(1);
});

it('a store that was away when all were read is asked again once it is back; what was written then was written', async () => {
  onList = () => {
    throw new DatalabError('store-away', 'It does not answer.');
  };
  await expect(latest()).rejects.toMatchObject({ code: 'store-away' });
  await add('shop', 0);
  onList = () => {};
  expect(await latest()).toEqual(['shop 1']);
});

it('an app that is forgotten leaves nothing, also where all are read meanwhile', async () => {
  for (const basedOn of [0, 1, 2]) await add('shop', basedOn);
  await add('other', 0);
  onRemove = latest;
  await versions.forget('shop');
  expect(await latest()).toEqual(['other 1']);
  expect(await versions.history('shop')).toHaveLength(1);
});

it('of more than two hundred versions the latest are shown; one goes back to any', async () => {
  for (let basedOn = 0; basedOn < 201; basedOn++) await add('shop', basedOn);
  const shown = await versions.history('shop');
  expect([shown.length, shown[0]?.version, shown.at(-1)?.version]).toEqual([200, 201, 2]);
  await versions.rollBack('shop', 201, 'Ada', 1);
  expect((await versions.history('shop'))[0]).toMatchObject({ version: 202, note: 'as in version 1' });
});
