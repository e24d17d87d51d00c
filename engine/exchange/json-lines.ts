import { createReadStream } from 'node:fs';
import { type Format, ROW_MAX_CHARS } from './format.ts';
import { type Columns, type Row, TABLES } from './tables.ts';
import { textWriter } from './text-writer.ts';

const NEWLINE = 10;
const LINE_MAX_BYTES = 4 * ROW_MAX_CHARS;

/** JSON Lines (jsonlines.org): one object a line, UTF-8. What is absent is left out. */
export const jsonLines: Format = {
  extension: 'jsonl',
  streams: true,
  async open(table, sink) {
    const columns = TABLES[table];
    return textWriter(sink, '', (rows) => rows.map((row) => `${JSON.stringify(inOrder(columns, row))}\n`).join(''));
  },
  async *read(_table, path) {
    for await (const lines of readLines(path)) yield lines.map((line) => JSON.parse(line) as unknown);
  },
};

function inOrder(columns: Columns, row: Row): Row {
  return Object.fromEntries(Object.keys(columns).map((name) => [name, row[name]]));
}

/** The lines of a file, as many as came at once. Only the line feed ends one: node:readline would also cut at U+2028. */
async function* readLines(path: string): AsyncGenerator<string[]> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    const end = piece.lastIndexOf(NEWLINE);
    if (end < 0) {
      begun.push(piece);
      begunBytes += piece.length;
      if (begunBytes > LINE_MAX_BYTES) throw new Error(`a line is longer than ${LINE_MAX_BYTES} bytes`);
      continue;
    }
    yield Buffer.concat([...begun, piece.subarray(0, end)])
      .toString()
      .split('\n');
    begun = [piece.subarray(end + 1)];
    begunBytes = piece.length - end - 1;
  }
  if (begunBytes > 0) throw new Error('the last line is cut off');
}
