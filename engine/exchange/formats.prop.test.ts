import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetMetadataAsync } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { checkRow } from './check-row.ts';
import { FORMATS, type FormatName } from './formats.ts';
import { fileSink } from './sink.ts';
import { type Column, type Row, TABLES, type TableName, type Value } from './tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'datalab-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

const names = Object.keys(FORMATS) as FormatName[];
let files = 0;

async function write(name: FormatName, table: TableName, ...batches: (readonly Row[])[]): Promise<string> {
  const path = join(folder, `${files++}.${FORMATS[name].extension}`);
  const writer = await FORMATS[name].open(table, await fileSink(path));
  for (const rows of batches) await writer.write(rows);
  expect(await writer.close()).toBe(readFileSync(path).length);
  return path;
}

async function read(name: FormatName, table: TableName, path: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const some of FORMATS[name].read(table, path)) {
    for (const given of some) {
      const checked = checkRow(table, given);
      rows.push('row' in checked ? checked.row : checked.wrong);
    }
  }
  return rows;
}

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    "'",
    "''",
    '"',
    '","',
    '\r\n',
    '\n',
    '\0',
    '\u2028',
    '\ufeff',
    '__proto__',
    'null',
    '12',
    'true',
    '=1+1',
    '-5',
    '+1',
    '@SUM(A1)',
  ),
  fc.constantFrom('\t=1', '\r=1', '＝1', "'=1", '\ud83d', 'x\udc00', '🛒', '\\', '\\"', '{"a":1}', 'x'.repeat(70_000)),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const int = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 0, max: 3 }));
const OF_TYPE = { text: nasty, int, bool: fc.boolean(), day: fc.constant('2026-02-28') } satisfies Record<
  Column['type'],
  fc.Arbitrary<Value>
>;

function anyRow(table: TableName): fc.Arbitrary<Row> {
  const columns = Object.entries(TABLES[table]).map(
    ([name, { type, optional, signed, below, oneOf }]): [string, fc.Arbitrary<Value | undefined>] => {
      const value: fc.Arbitrary<Value> = oneOf
        ? fc.constantFrom(...oneOf)
        : signed
          ? fc.maxSafeInteger()
          : below
            ? fc.nat({ max: below - 1 })
            : OF_TYPE[type];
      return [name, optional ? fc.option(value, { nil: undefined }) : value];
    },
  );
  return fc.record(Object.fromEntries(columns));
}

/** As files hold it: absent columns left out, and text as UTF-8 can say it, unless JSON's escapes say all of it. */
const asKept = (name: FormatName, row: Row) =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== undefined)
      .map(([column, value]) => [column, typeof value === 'string' && name !== 'jsonl' ? Buffer.from(value).toString() : value]),
  );

describe.each(names)('%s', (name) => {
  it.each(Object.keys(TABLES) as TableName[])('gives every row of %s back as it was', async (table) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow(table), { maxLength: 12 }), async (rows) => {
        const path = await write(name, table, rows.slice(0, 3), rows.slice(3));
        expect(await read(name, table, path)).toEqual(rows.map((row) => asKept(name, row)));
      }),
      { numRuns: 40 },
    );
  });

  it('gives back more rows than it holds at once', async () => {
    const rows = Array.from({ length: 40_000 }, (_, count) => ({ app: 'demo', day: '2026-01-05', from: `/${count}`, to: 'é', count }));
    const path = await write(name, 'step', rows);
    expect(await read(name, 'step', path)).toEqual(rows);
    if (name !== 'parquet') return;
    const bytes = readFileSync(path);
    const file = { byteLength: bytes.length, slice: (from: number, to?: number) => Uint8Array.from(bytes.subarray(from, to)).buffer };
    expect((await parquetMetadataAsync(file)).row_groups.length).toBe(5);
  });

  it('refuses a file of another table', async () => {
    const path = await write(name, 'step', [{ app: 'demo', day: '2026-01-05', from: '', to: '', count: 1 }]);
    if (name === 'jsonl') expect(await read(name, 'visits', path)).toEqual(['there is no column "day"']);
    else await expect(read(name, 'visits', path)).rejects.toThrow('its columns are not');
  });
});

describe('CSV', () => {
  it('runs no text as a formula: each that could be one begins with an apostrophe', async () => {
    const starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', "'"];
    const rows = starts.map((start) => ({ app: 'demo', day: '2026-01-05', from: `${start}cmd|' /C calc'!A0`, to: 'a', count: -1 }));
    const text = readFileSync(await write('csv', 'step', rows), 'utf8');
    for (const { from } of rows) expect(text).toContain(`"demo","2026-01-05","'${from}","a",-1\r\n`);
  });

  it('is RFC 4180: a line that names the columns, CR LF, quotes doubled, no byte order mark', async () => {
    const path = await write('csv', 'step', [{ app: 'demo', day: '2026-01-05', from: 'say "a,b"\nc', to: '', count: 2 }]);
    expect(readFileSync(path, 'utf8')).toBe('"app","day","from","to","count"\r\n"demo","2026-01-05","say ""a,b""\nc","",2\r\n');
  });
});

describe('a row', () => {
  const row = { app: 'demo', day: '2026-01-05', from: '', to: '', count: 1 };
  it.each([
    [{ ...row, more: 1 }, 'there is no column "more"'],
    [JSON.parse('{"__proto__": 1}'), 'there is no column "__proto__"'],
    [{ ...row, count: '1' }, 'count is no whole number'],
    [{ ...row, count: 0.5 }, 'count is no whole number'],
    [{ ...row, count: 2 ** 53 }, 'count is no whole number'],
    [{ ...row, from: 1 }, 'from is no text'],
    [{ ...row, to: undefined }, 'to is missing'],
    [{ ...row, day: '2026-13-01' }, 'day is no day'],
    [[], 'it is no row'],
    [null, 'it is no row'],
  ])('that does not fit its table is refused in words: %j', (given, wrong) => {
    expect(checkRow('step', given)).toEqual({ wrong });
  });

  it('has no number below 0 where nothing can be, and no value that there is not', () => {
    const heat = { app: '', day: '2026-01-05', url: '', widthClass: 'laptop', layer: 'move', row: -1, column: 0, weight: -1 };
    expect(checkRow('heat', heat)).toEqual({ wrong: 'row is below 0' });
    expect(checkRow('heat', { ...heat, row: 0, column: 64 })).toEqual({ wrong: 'column is not less than 64' });
    const end = { app: '', session: '', endedMs: 1, reason: 'tired', url: '', urlSinceMs: 0 };
    expect(checkRow('endings', end)).toEqual({ wrong: 'reason has a value that there is not: "tired"' });
  });
});
