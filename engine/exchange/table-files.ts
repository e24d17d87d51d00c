import { FORMATS, type FormatName } from './formats.ts';
import type { TableCount } from './manifest.ts';
import type { Sink } from './sink.ts';
import type { RowOf, TableName } from './tables.ts';

/** The tables that an export writes; rows of others are left out. */
export interface TableFiles {
  has(table: TableName): boolean;
  write<T extends TableName>(table: T, rows: readonly RowOf<T>[]): Promise<void>;
  /** Ends every table. @returns what stands in each */
  close(): Promise<Partial<Record<TableName, TableCount>>>;
  /** Lets go of everything after a failure. */
  abandon(): Promise<void>;
}

/** @param sinkOf where a table goes */
export async function openTables(
  tables: readonly TableName[],
  format: FormatName,
  sinkOf: (table: TableName) => Promise<Sink>,
): Promise<TableFiles> {
  const opened = new Map<TableName, { readonly writer: Awaited<ReturnType<(typeof FORMATS)[FormatName]['open']>>; rows: number }>();
  const abandon = async () => {
    for (const { writer } of opened.values()) await writer.close().catch(() => undefined);
  };
  try {
    for (const table of tables) opened.set(table, { writer: await FORMATS[format].open(table, await sinkOf(table)), rows: 0 });
  } catch (error) {
    await abandon();
    throw error;
  }
  return {
    has: (table) => opened.has(table),
    async write(table, rows) {
      const file = opened.get(table);
      if (!file) return;
      file.rows += rows.length;
      await file.writer.write(rows);
    },
    async close() {
      const counts: Partial<Record<TableName, TableCount>> = {};
      for (const [table, { writer, rows }] of opened) counts[table] = { rows, bytes: await writer.close() };
      return counts;
    },
    abandon,
  };
}
