import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AT, sessionAt, storeSession } from '../../engine/store/fixtures/records.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import type { Store } from '../../engine/store/store.ts';
import { readSettings } from '../settings.ts';
import { EXPORT_USAGE, exportCommand } from './export.ts';
import { importCommand } from './import.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-export-command-'));
afterAll(() => rmSync(root, { recursive: true }));

const settings = readSettings({ DATALAB_DATA_DIR: root, DATALAB_APPS: 'demo|Demo|https://shop.example;copy|Copy|https://shop.example' });
const open = () => openSqliteStore({ dataDir: mkdtempSync(join(root, 'data-')) });
let store: Store;
let out: string;
let said: string[];
let complained: string[];
let printed: string;

beforeEach(async () => {
  store = await open();
  out = join(mkdtempSync(join(root, 'out-')), 'export');
  said = [];
  complained = [];
  printed = '';
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void complained.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((bytes) => {
    printed += Buffer.from(bytes as Uint8Array).toString();
    return true;
  });
  await storeSession(store, sessionAt(AT, { session: 's1', visitor: 'p1', visit: 'v1' }));
  await storeSession(store, sessionAt(AT + 86_400_000, { session: 's2', visitor: 'p2', visit: 'v2' }));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

const run = (...args: readonly string[]) => exportCommand(store, ['--app', 'demo', ...args], settings);

test('an export into a folder says how much stands in each table, and an import how much it put back', async () => {
  expect(await run('--out', out)).toBe(0);
  expect(said[0]).toMatch(/^sessions {3}2 rows, [\d,]+ bytes$/);
  expect(readdirSync(out)).toHaveLength(10);
  const other = await open();
  said = [];
  expect(await importCommand(other, [out, '--app', 'copy'], settings)).toBe(0);
  expect(said).toEqual(['2 sessions with 12 events into copy; 0 were there already.']);
  expect(await importCommand(other, [out, '--app', 'copy'], settings)).toBe(0);
  expect(said.at(-1)).toBe('0 sessions with 0 events into copy; 2 were there already.');
  expect(await other.findSession('copy', 's1')).toMatchObject({ visitor: 'p1' });
  await other.close();
});

test('format, tables and days are chosen', async () => {
  expect(await run('--out', out, '--format', 'parquet', '--only', 'sessions,page', '--from', '2026-01-06', '--to', '2026-01-06')).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['manifest.json', 'page.parquet', 'sessions.parquet']);
  expect(said[0]).toMatch(/^sessions {3}1 rows/);
});

test('one table goes to stdout, and nothing else does', async () => {
  expect(await run('--out', '-', '--only', 'visits', '--format', 'jsonl')).toBe(0);
  expect(
    printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([{ visit: 'v1' }, { visit: 'v2' }]);
  expect(said).toEqual([]);
});

test('a visitor goes to stdout or into a new file; of one who is not there the exit code says so', async () => {
  expect(await run('--visitor', 'p1', '--out', '-')).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ visitor: 'p1', visits: [{ visit: 'v1' }], sessions: [{ session: 's1' }] });
  expect(await run('--visitor', 'p1', '--out', out)).toBe(0);
  expect(readFileSync(out, 'utf8')).toBe(printed);
  expect(await run('--visitor', 'nobody', '--out', '-')).toBe(1);
  expect(complained.at(-1)).toBe('0 visits, 0 sessions, 0 events of visitor nobody.');
  await expect(run('--visitor', 'p1', '--out', out)).rejects.toMatchObject({ code: 'query-invalid' });
});

const WRONG: readonly (readonly [message: string, args: readonly string[]])[] = [
  ['--app and --out are needed', []],
  ['--format is one of csv, jsonl, parquet, not toString', ['--out', 'x', '--format', 'toString']],
  ['--only names tables of sessions, visits', ['--out', 'x', '--only', 'sessions,users']],
  ['--from is a day like 2026-02-28, not 2026-02-30', ['--out', 'x', '--from', '2026-02-30']],
  ['--to is a day like 2026-02-28, not today', ['--out', 'x', '--to', 'today']],
  ['--from is after --to', ['--out', 'x', '--from', '2026-01-02', '--to', '2026-01-01']],
  ['only one table can be written', ['--out', '-']],
  ['parquet cannot be written to --out -', ['--out', '-', '--only', 'events', '--format', 'parquet']],
  ['stands with --app and --out alone', ['--out', '-', '--visitor', 'p1', '--format', 'csv']],
  ["Unknown option '--all'", ['--all']],
];

test('what cannot be done is said, with the usage, before anything is written', async () => {
  for (const [message, args] of WRONG) {
    const refused = run(...args);
    await expect(refused).rejects.toMatchObject({ code: 'query-invalid', message: expect.stringContaining(message) });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(`Usage: ${EXPORT_USAGE}`) });
  }
  expect(existsSync('x')).toBe(false);
  expect(printed).toBe('');
});

test('a misspelt app is refused, by export and by import', async () => {
  await expect(exportCommand(store, ['--app', 'dmo', '--out', out], settings)).rejects.toMatchObject({ code: 'app-unknown' });
  expect(existsSync(out)).toBe(false);
  await run('--out', out);
  await expect(importCommand(store, [out, '--app', 'dmo'], settings)).rejects.toMatchObject({ code: 'app-unknown' });
});

test('a folder in which something lies is not written to', async () => {
  const folder = mkdtempSync(join(root, 'full-'));
  writeFileSync(join(folder, 'mine.txt'), 'mine');
  await expect(run('--out', folder)).rejects.toMatchObject({ code: 'query-invalid', message: expect.stringContaining('is not empty') });
  expect(readdirSync(folder)).toEqual(['mine.txt']);
});

test('an import needs one folder', async () => {
  for (const args of [[], ['a', 'b'], ['--deep']]) {
    await expect(importCommand(store, args, settings)).rejects.toMatchObject({ code: 'query-invalid' });
  }
});

test('the README of the exchange has every option', () => {
  const readme = readFileSync(new URL('../../engine/exchange/README.md', import.meta.url), 'utf8');
  for (const [option] of EXPORT_USAGE.matchAll(/--\w+/g)) expect(readme).toContain(option);
});
