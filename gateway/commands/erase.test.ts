import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatalabError } from '../../engine/errors/errors.ts';
import { openSqliteStore } from '../../engine/store/sqlite/sqlite-store.ts';
import type { Store } from '../../engine/store/store.ts';
import { browse } from '../../engine/upkeep/fixtures/traffic.ts';
import { readSettings, type Settings } from '../settings.ts';
import { eraseCommand, type SignedReport } from './erase.ts';

const root = mkdtempSync(join(tmpdir(), 'datalab-erase-command-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
let settings: Settings;
let store: Store;
let out: string;
let said: string[];
let complained: string[];

const settingsOf = (dataDir: string) => readSettings({ DATALAB_DATA_DIR: dataDir, DATALAB_APPS: 'demo|Demo|https://shop.example' });

beforeEach(async () => {
  folder = mkdtempSync(join(root, 'data-'));
  settings = settingsOf(folder);
  store = await openSqliteStore({ dataDir: folder });
  out = join(folder, 'report.json');
  said = [];
  complained = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void complained.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await browse(store, { session: 's1', visit: 'v1', visitor: 'p1', atMs: Date.UTC(2026, 0, 5, 12), urls: ['https://shop.example/a'] });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
});

const run = (...args: readonly string[]) => eraseCommand(store, args, settings);
const ORDER = ['--app', 'demo', '--visitor', 'p1', '--by', 'Ada'] as const;

test('the signed report goes to stdout, and nothing else does', async () => {
  expect(await run(...ORDER, '--reason', 'asked by letter')).toBe(0);
  expect(said).toHaveLength(1);
  const report = JSON.parse(said[0] ?? '') as SignedReport;
  expect(report).toMatchObject({
    app: 'demo',
    visitor: 'p1',
    requestedBy: 'Ada',
    reason: 'asked by letter',
    erased: { visits: 1, events: 5 },
  });
  expect(report.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(report.signature).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect((await store.listVisits({ app: 'demo', visitor: 'p1' })).total).toBe(0);
});

test('a report in a file checks where it was signed, and its owner alone may read it', async () => {
  expect(await run(...ORDER, '--out', out)).toBe(0);
  expect(said).toEqual([]);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(await run('--check', out)).toBe(0);
  expect(said.join('\n')).toContain('"visitor": "p1"');
  settings = settingsOf(mkdtempSync(join(root, 'data-')));
  expect(await run('--check', out)).toBe(1);
});

test('a report that was altered does not check', async () => {
  await run(...ORDER, '--out', out);
  const text = readFileSync(out, 'utf8');
  const altered = [text.replace('"p1"', '"p2"'), text.replace('"events": 5', '"events": 6'), text.replace('"signature"', '"signed"')];
  for (const wrong of altered) {
    expect(wrong).not.toBe(text);
    writeFileSync(out, wrong);
    expect(await run('--check', out)).toBe(1);
  }
  expect(complained).toHaveLength(3);
  writeFileSync(out, JSON.stringify(JSON.parse(text)));
  expect(await run('--check', out)).toBe(0);
});

test('a visitor of whom nothing is there gives a report of zeros', async () => {
  expect(await run('--app', 'demo', '--visitor', 'nobody', '--by', 'Ada')).toBe(0);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({ erased: { visits: 0, sessions: 0 }, remaining: { visits: 0, sessions: 0 } });
});

test('what may be left is said, with the exit code 1', async () => {
  store = { ...store, scrub: async () => false };
  expect(await run(...ORDER)).toBe(1);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({ scrubbed: false });
  expect(complained).toHaveLength(1);
});

const WRONG: readonly (readonly [args: readonly string[], code: string])[] = [
  [[], 'query-invalid'],
  [ORDER.slice(0, 4), 'query-invalid'],
  [['--app', 'demo', '--visitor', '', '--by', 'Ada'], 'query-invalid'],
  [[...ORDER, '--force'], 'query-invalid'],
  [[...ORDER, 'p2'], 'query-invalid'],
  [['--app', 'dem', '--visitor', 'p1', '--by', 'Ada'], 'app-unknown'],
  [['--check', 'report.json', '--app', 'demo'], 'query-invalid'],
  [['--check', 'not-there.json'], 'query-invalid'],
];
test.each(WRONG)('%j is refused, and erases nothing', async (args, code) => {
  await expect(run(...args)).rejects.toMatchObject({ code });
  expect((await store.listVisits({ app: 'demo', visitor: 'p1' })).total).toBe(1);
});

test('a file that is there already stays, and nothing is erased without a place for its report', async () => {
  writeFileSync(out, 'an earlier report');
  await expect(run(...ORDER, '--out', out)).rejects.toMatchObject({
    code: 'query-invalid',
    message: expect.stringContaining('there already'),
  });
  await expect(run(...ORDER, '--out', join(folder, 'no', 'folder'))).rejects.toMatchObject({ code: 'query-invalid' });
  expect(readFileSync(out, 'utf8')).toBe('an earlier report');
  expect((await store.listVisits({ app: 'demo', visitor: 'p1' })).total).toBe(1);
});

test('an erasure that fails leaves no empty report', async () => {
  store = { ...store, scrub: () => Promise.reject(new DatalabError('store-away', 'The store does not answer.')) };
  await expect(run(...ORDER, '--out', out)).rejects.toMatchObject({ code: 'store-away' });
  expect(existsSync(out)).toBe(false);
});
