/** The writer's thread. */
import { openForWriting } from './open-database.ts';
import { serve } from './serve.ts';
import { Writer, type WriterCalls } from './writer.ts';

serve<WriterCalls>(openForWriting, (db) => {
  const writer = new Writer(db);
  return (calls) => writer.run(calls);
});
