/** The reader's thread: a long question holds up other questions, never a write and never the main thread. */
import { DatalabError } from '../../errors/errors.ts';
import type { Answer, Call } from './calls.ts';
import { openForReading } from './open-database.ts';
import { Reader, type ReaderCalls } from './reader.ts';
import { serve } from './serve.ts';

serve<ReaderCalls>(openForReading, (db) => {
  const reader = new Reader(db);
  return (calls) => calls.map((call) => answer(reader, call));
});

function answer(reader: Reader, { id, name, args }: Call<ReaderCalls>): Answer {
  try {
    const method = reader[name] as (...args: readonly unknown[]) => unknown;
    return { id, value: method.apply(reader, args) };
  } catch (error) {
    const code = error instanceof DatalabError ? error.code : 'store-away';
    return { id, error: { code, message: (error as Error).message } };
  }
}
