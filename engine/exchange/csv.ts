import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { type Format, ROW_MAX_CHARS } from './format.ts';
import { type Column, TABLES } from './tables.ts';
import { textWriter } from './text-writer.ts';

/**
 * Texts that a spreadsheet would run as a formula get an apostrophe before them, which it takes for "this is text"; and so does
 * one that begins with an apostrophe, so that reading takes away exactly what writing has put there. The characters are
 * those of OWASP's page on CSV injection, the full-width forms among them.
 */
const RISKY_START = /^['=+\-@\t\r\n＝＋－＠]/;
const ROWS_AT_ONCE = 500;

/**
 * CSV (RFC 4180): UTF-8 without a byte order mark, lines end in CR LF, the first one names the columns. A text is always quoted,
 * a number, true or false never; what is absent is empty, an empty text is `""`.
 */
export const csv: Format = {
  extension: 'csv',
  streams: true,
  async open(table, sink) {
    const names = Object.keys(TABLES[table]);
    return textWriter(sink, lines([names]), (rows) => lines(rows.map((row) => names.map((name) => row[name]))));
  },
  async *read(table, path) {
    const columns = Object.entries(TABLES[table]);
    let rows: unknown[] = [];
    let isHead = true;
    for await (const cells of readCells(path)) {
      if (isHead) {
        expectHead(cells, columns);
        isHead = false;
        continue;
      }
      rows.push(Object.fromEntries(columns.map(([name, column], i) => [name, valueIn(column, cells[i])])));
      if (rows.length < ROWS_AT_ONCE) continue;
      yield rows;
      rows = [];
    }
    if (isHead) throw new Error('the line that names the columns is missing');
    yield rows;
  },
};

function lines(rows: readonly (readonly unknown[])[]): string {
  return stringify([...rows], {
    record_delimiter: '\r\n',
    quoted_string: true,
    cast: { string: (value) => (RISKY_START.test(value) ? `'${value}` : value), boolean: String },
  });
}

/** A cell: its characters, and whether they stood in quotes. */
type Cell = { readonly value: string; readonly quoted: boolean };

async function* readCells(path: string): AsyncGenerator<readonly Cell[]> {
  const parser = parse({
    record_delimiter: ['\r\n', '\n'],
    max_record_size: ROW_MAX_CHARS,
    cast: (value, { quoting }): Cell => ({ value, quoted: quoting }),
  });
  const file = createReadStream(path);
  file.on('error', (error) => parser.destroy(error));
  try {
    yield* file.pipe(parser) as AsyncIterable<unknown> as AsyncIterable<Cell[]>;
  } finally {
    file.destroy();
  }
}

function expectHead(cells: readonly Cell[], columns: readonly (readonly [string, Column])[]): void {
  const expected = columns.map(([name]) => name).join(',');
  if (cells.map(({ value }) => value).join(',') !== expected) throw new Error(`its columns are not ${expected}`);
}

/** What a cell stands for; its characters as they are when they stand for nothing of the column's type, for the check to refuse. */
function valueIn({ type }: Column, cell: Cell | undefined): unknown {
  if (!cell || (cell.value === '' && !cell.quoted)) return undefined;
  const { value } = cell;
  if (type === 'int') return /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (type === 'bool') return value === 'true' ? true : value === 'false' ? false : value;
  return value.startsWith("'") ? value.slice(1) : value;
}
