/** Where an export goes: a file, or standard output. Memory stays bounded: each write is waited for. */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { DatalabError } from '../errors/errors.ts';

export interface Sink {
  /** Takes bytes, or text as UTF-8. */
  write(data: Uint8Array | string): Promise<void>;
  /** Everything written is durable, as far as the place allows it. @returns bytes written in all */
  close(): Promise<number>;
}

/** A new file, readable by its owner alone: it tells of visitors. @throws DatalabError `query-invalid` if it is there already or cannot be written */
export async function fileSink(path: string): Promise<Sink> {
  const told = (error: unknown): never => {
    throw new DatalabError('query-invalid', `Cannot write ${path}: ${(error as Error).message}.`, { cause: error });
  };
  const handle = await open(path, 'wx', 0o600).catch(told);
  let bytes = 0;
  return {
    async write(data) {
      const chunk = typeof data === 'string' ? Buffer.from(data) : data;
      bytes += chunk.length;
      // Goes on where the write before it ended, and writes all of it.
      await handle.writeFile(chunk).catch(told);
    },
    async close() {
      try {
        await handle.sync();
      } catch (error) {
        told(error);
      } finally {
        await handle.close();
      }
      return bytes;
    },
  };
}

/** A stream that stays open: standard output. @throws DatalabError `query-invalid` once its reader has gone away */
export function streamSink(stream: Writable): Sink {
  let bytes = 0;
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  return {
    async write(data) {
      const chunk = typeof data === 'string' ? Buffer.from(data) : data;
      bytes += chunk.length;
      if (!failure && !stream.write(chunk)) await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
      if (failure)
        throw new DatalabError('query-invalid', `The reader of the output has gone away: ${failure.message}.`, { cause: failure });
    },
    close: async () => bytes,
  };
}
