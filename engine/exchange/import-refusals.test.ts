/** What an import refuses, and that nothing half is there then. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { storedRollups } from '../store/fixtures/records.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { ALL_TABLES, exportDemo, fillWeek } from './fixtures/week.ts';
import type { FormatName } from './formats.ts';
import { importFolder } from './import.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-refusals-'));
const wholeAs = (format: FormatName) => join(root, `whole-${format}`);
let store: Store;
let target: Store;
let folder: string;

beforeAll(async () => {
  const open = () => openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
  [store, target] = await Promise.all([open(), open()]);
  await fillWeek(store);
  for (const format of ['csv', 'jsonl', 'parquet'] as const) await exportDemo(store, wholeAs(format), { format });
});
afterAll(async () => {
  await Promise.all([store.close(), target.close()]);
  rmSync(root, { recursive: true });
});

/** Takes a whole export, to be spoilt. */
const take = (format: FormatName) => {
  folder = mkdtempSync(join(root, 'export-'));
  cpSync(wholeAs(format), folder, { recursive: true });
};
beforeEach(() => take('csv'));
afterEach(async () => {
  expect(await storedRollups(target)).toEqual([]);
  expect(await target.walkSessions({ app: 'demo', limit: 9 })).toEqual([]);
});

const change = (file: string, from: string, to: string) => {
  const before = readFileSync(join(folder, file), 'utf8');
  expect(before).toContain(from);
  writeFileSync(join(folder, file), before.replace(from, to));
};
const refused = (message: string) =>
  expect(importFolder(target, { folder, progress: () => undefined })).rejects.toMatchObject({
    code: 'exchange-invalid',
    message: expect.stringContaining(message),
  });

it('a folder without a manifest', async () => {
  rmSync(join(folder, 'manifest.json'));
  await refused('there is none: this folder is no export');
});

it('an export that was cut off; nor is it written over', async () => {
  folder = join(root, 'cut-off');
  const failing: Store = {
    ...store,
    readSession: async (app, session) => (session === 'd' ? Promise.reject(new Error('cut off')) : store.readSession(app, session)),
  };
  await expect(exportDemo(failing, folder)).rejects.toThrow('cut off');
  await refused('the export was cut off before it was whole');
  await expect(exportDemo(store, folder)).rejects.toMatchObject({
    code: 'query-invalid',
    message: expect.stringContaining('is not empty'),
  });
});

it('an export of a format version that is not known yet', async () => {
  change('manifest.json', '"formatVersion": 1', '"formatVersion": 2');
  await refused('its format version 2 is not known here');
});

it('an export without one of its files', async () => {
  rmSync(join(folder, 'visits.csv'));
  await refused('visits.csv is missing');
});

it('an export with a file that was cut off', async () => {
  change('events.csv', '\r\n', '');
  await refused('it was changed or cut off');
});

it('an export without some tables', async () => {
  folder = join(root, 'some-tables');
  await exportDemo(store, folder, { tables: ALL_TABLES.filter((table) => table !== 'events') });
  await refused('the export is without events: it was made to be read, not to be imported');
});

it('an export with a manifest that is none', async () => {
  change('manifest.json', '"format": "csv"', '"format": "toString"');
  await refused('it was changed');
  writeFileSync(join(folder, 'manifest.json'), 'null');
  await refused('it is no manifest');
  writeFileSync(join(folder, 'manifest.json'), '{');
  await refused('it cannot be read');
});

it('a row that does not fit: its place is named, and its session is not there in part', async () => {
  change('sessions.csv', ',false,', ',folse,');
  await refused('sessions.csv, row 1: bot is neither true nor false');
  change('sessions.csv', ',folse,', ',false,');
  change('events.csv', '"move"', '"mave"');
  await refused('events.csv, row 1: kind has a value that there is not: "mave"');
  change('events.csv', '"mave"', '"move"');
  change('events.csv', 'restMs', 'restMS');
  await refused('frame 1 of session a: event 1: restMs is missing or of another type');
  change('events.csv', 'restMS', 'restMs');
  change('events.csv', '"demo","a"', '"damo","a"');
  await refused('row 1: it is of the app "damo", not of demo');
});

it('a file of another format, or of another table', async () => {
  take('jsonl');
  change('sessions.jsonl', '{', '[');
  await refused('sessions.jsonl, row 1');
  take('csv');
  change('sessions.csv', '"app"', '"apq"');
  await refused('sessions.csv, row 1: its columns are not app,session');
  take('parquet');
  const path = join(folder, 'sessions.parquet');
  writeFileSync(path, Buffer.alloc(statSync(path).size));
  await refused('sessions.parquet, row 1');
});
