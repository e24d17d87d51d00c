/** What the three formats have in common. */
import type { Sink } from './sink.ts';
import type { Row, TableName } from './tables.ts';

/** Longest row read, in characters: ten times what the largest frame can hold, so that a file of something else is not read into memory. */
export const ROW_MAX_CHARS = 4_194_304;

/** Writes one table. Rows are gathered to pieces of bounded size. */
export interface RowWriter {
  write(rows: readonly Row[]): Promise<void>;
  /** Ends the table and its sink. @returns bytes written in all */
  close(): Promise<number>;
}

export type Format = {
  /** Ending of its files. */ readonly extension: string;
  /** It can be written to a pipe, and read from one. */ readonly streams: boolean;
  open(table: TableName, sink: Sink): Promise<RowWriter>;
  /**
   * Rows as they stand in a file, unchecked, some at a time. @throws Error when the file is not of this format; the rows before
   * that place have come
   */
  read(table: TableName, path: string): AsyncGenerator<readonly unknown[]>;
};
