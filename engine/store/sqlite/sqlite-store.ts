import { type Clock, systemClock } from '../../clock/clock.ts';
import type { Store } from '../store.ts';
import type { ReaderCalls } from './reader.ts';
import { Thread } from './thread.ts';
import type { WriterCalls } from './writer.ts';

export type SqliteStoreOptions = {
  /** Folder of the file; made when missing. */ readonly dataDir: string;
  /** Most writes, and most of their bytes, that wait for the writer. At 64 MiB it is seconds behind: better to say so. */
  readonly writesMax?: number;
  readonly writeBytesMax?: number;
  /** Most questions that wait for the reader. */ readonly questionsMax?: number;
  /** Rollup changes are added up this long after a commit, or sooner after so many batches. */ readonly foldAfterMs?: number;
  readonly foldAfterBatches?: number;
  /** Longest that `ready` waits for its turn with the writer. */ readonly readyWaitMs?: number;
  readonly clock?: Clock;
};

/**
 * The embedded store: one file, one thread that writes, one that reads. The main thread only passes messages.
 * @throws DatalabError `data-unwritable`, or `store-newer`
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { dataDir, clock = systemClock, readyWaitMs = 1_000, foldAfterMs = 2_000, foldAfterBatches = 256 } = options;
  const writer = new Thread<WriterCalls>({
    file: new URL('./writer.worker.ts', import.meta.url),
    dataDir,
    callsMax: options.writesMax ?? 20_000,
    bytesMax: options.writeBytesMax ?? 64 * 1024 * 1024,
  });
  const reader = new Thread<ReaderCalls>({
    file: new URL('./reader.worker.ts', import.meta.url),
    dataDir,
    callsMax: options.questionsMax ?? 1_000,
    bytesMax: 0,
  });
  // In this order: the writer makes the file that the reader opens.
  await writer.open();
  await reader.open().catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  let cancelFold: (() => void) | null = null;
  let unfolded = 0;
  const fold = () => {
    cancelFold?.();
    cancelFold = null;
    unfolded = 0;
    return writer.call('fold', []);
  };
  // What fails is tried again after the next write: the changes are safe where they are.
  const foldSoon = () => {
    if (++unfolded >= foldAfterBatches) fold().catch(() => undefined);
    else cancelFold ??= clock.after(foldAfterMs, () => void fold().catch(() => undefined));
  };

  return {
    kind: 'sqlite',
    openSession: (record) => {
      foldSoon();
      return writer.call('openSession', [record]);
    },
    commit: (batch) => {
      foldSoon();
      return writer.call('commit', [batch], batch instanceof Uint8Array ? [batch.buffer] : []);
    },
    endSession: (end) => {
      foldSoon();
      return writer.call('endSession', [end]);
    },
    fold,
    rollupDays: () => reader.call('rollupDays', []),
    compareDay: (day) => reader.call('compareDay', [day]),
    applyChanges: (changes, mark) => {
      foldSoon();
      return writer.call('applyChanges', [changes, mark]);
    },
    readDocument: (kind, id) => writer.call('readDocument', [kind, id]),
    writeDocument: (write) => writer.call('writeDocument', [write]),
    // By the writer, so that a hello sees what the one before it wrote, and waits for no analyst's question.
    findSession: (app, session) => writer.call('findSession', [app, session]),
    latestVisit: (app, visitor) => writer.call('latestVisit', [app, visitor]),
    unendedSessions: () => reader.call('unendedSessions', []),
    listSessions: (query) => reader.call('listSessions', [query]),
    readChunks: (app, session) => reader.call('readChunks', [app, session]),
    readRollup: (name, range) => reader.call('readRollup', [name, range]) as never,
    latestLayout: (app, url, widthClass) => reader.call('latestLayout', [app, url, widthClass]),
    listSetAside: (app, limit) => reader.call('listSetAside', [app, limit]),
    ready: () =>
      new Promise((resolve) => {
        const cancel = clock.after(readyWaitMs, () => resolve(false));
        const answered = (value: boolean) => {
          cancel();
          resolve(value);
        };
        writer.call('ready', []).then(answered, () => answered(false));
      }),
    async close() {
      await reader.close();
      if (unfolded > 0) await fold().catch(() => undefined);
      await writer.close();
    },
  };
}
