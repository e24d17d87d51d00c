import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Format } from './format.ts';
import { type Column, type Columns, type Row, TABLES, type Value } from './tables.ts';

/** A row group is held in memory, on both ends: it ends at so many rows, or at so many characters of text. */
const GROUP_MAX_ROWS = 8_192;
const GROUP_MAX_CHARS = 8_388_608;

/** A byte order mark is text like any other: by itself the reader would drop it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Apache Parquet, compressed with Snappy: texts are UTF8, numbers INT64, true and false BOOLEAN; what is absent is null. Row groups
 * go out one after the other; what grows with the file is its list of them.
 */
export const parquet: Format = {
  extension: 'parquet',
  // A reader begins at its end.
  streams: false,
  async open(table, sink) {
    const columns = TABLES[table];
    const names = Object.keys(columns);
    const bytes = new ByteWriter();
    const file = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: 'datalab' });
    let group: Row[] = [];
    let chars = 0;
    const flush = async () => {
      await sink.write(bytes.getBytes());
      bytes.index = 0;
    };
    const writeGroup = async () => {
      if (group.length === 0) return;
      const columnData = names.map((name) => ({ name, data: group.map((row) => stored(row[name])) }));
      await file.write({ columnData, rowGroupSize: group.length });
      group = [];
      chars = 0;
      await flush();
    };
    return {
      async write(rows) {
        for (const row of rows) {
          group.push(row);
          for (const name of names) chars += lengthOf(row[name]);
          if (group.length >= GROUP_MAX_ROWS || chars >= GROUP_MAX_CHARS) await writeGroup();
        }
      },
      async close() {
        await writeGroup();
        await file.finish();
        await flush();
        return sink.close();
      },
    };
  },
  async *read(table, path) {
    const columns = TABLES[table];
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    expectSchema(metadata.schema, columns);
    const parsers = { stringFromBytes: (text: Uint8Array) => decoder.decode(text) };
    let rowStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows);
      const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, parsers });
      yield rows.map((row: Readonly<Record<string, unknown>>) => Object.fromEntries(Object.entries(row).map(read)));
      rowStart = rowEnd;
    }
  },
};

function schemaOf(columns: Columns): SchemaElement[] {
  const root = { name: 'root', num_children: Object.keys(columns).length };
  return [root, ...Object.entries(columns).map(([name, column]) => elementOf(name, column))];
}

function elementOf(name: string, { type, optional }: Column): SchemaElement {
  const repetition = { name, repetition_type: optional ? 'OPTIONAL' : 'REQUIRED' } as const;
  if (type === 'int') return { ...repetition, type: 'INT64' };
  if (type === 'bool') return { ...repetition, type: 'BOOLEAN' };
  return { ...repetition, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
}

function expectSchema([, ...found]: readonly SchemaElement[], columns: Columns): void {
  const inWords = ({ name, type }: SchemaElement) => `${name} ${type}`;
  const expected = Object.entries(columns).map(([name, column]) => inWords(elementOf(name, column)));
  if (found.map(inWords).join(', ') !== expected.join(', ')) throw new Error(`its columns are not ${expected.join(', ')}`);
}

const stored = (value: Value | undefined) => (value === undefined ? null : typeof value === 'number' ? BigInt(value) : value);
const lengthOf = (value: Value | undefined) => (typeof value === 'string' ? value.length : 0);

function read([name, value]: [string, unknown]): [string, unknown] {
  return [name, typeof value === 'bigint' ? Number(value) : value];
}
