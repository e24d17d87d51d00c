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
  /** What was committed is folded so long after a commit, or sooner after so many writes or bytes of batches: a fold has them in memory. */
  readonly foldAfterMs?: number;
  readonly foldAfterBatches?: number;
  readonly foldAfterBytes?: number;
  /** Longest that `ready` waits for its turn with the writer. */ readonly readyWaitMs?: number;
  readonly clock?: Clock;
};

/**
 * The embedded store: one file, one thread that writes, one that reads. The main thread only passes messages.
 * @throws DatalabError `data-unwritable`, or `store-newer`
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { dataDir, clock = systemClock, readyWaitMs = 1_000 } = options;
  const { foldAfterMs = 2_000, foldAfterBatches = 256, foldAfterBytes = 32 * 1024 * 1024 } = options;
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
  let unfoldedBytes = 0;
  let folding: Promise<unknown> = Promise.resolve();
  const fold = (): Promise<void> => {
    cancelFold?.();
    cancelFold = null;
    unfolded = 0;
    unfoldedBytes = 0;
    const folded = writer.call('fold', []);
    folding = folded.catch(() => undefined);
    return folded;
  };
  // What fails is tried again after the next write: the batches are safe where they are.
  const foldSoon = (bytes: number) => {
    unfoldedBytes += bytes;
    if (++unfolded >= foldAfterBatches || unfoldedBytes >= foldAfterBytes) fold().catch(() => undefined);
    else cancelFold ??= clock.after(foldAfterMs, () => void fold().catch(() => undefined));
  };
  const write: typeof writer.call = (name, args, moved = []) => {
    const bytes = moved.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    const answer = writer.call(name, args, moved);
    foldSoon(bytes);
    return answer;
  };
  /** Asks the reader, once the tables have all that was written before. If that cannot be, as they are: questions outlive a full disk. */
  const read: typeof reader.call = (name, args) => {
    if (unfolded > 0) fold().catch(() => undefined);
    return folding.then(() => reader.call(name, args));
  };
  // What a crash left.
  await fold().catch(() => undefined);

  return {
    kind: 'sqlite',
    openSession: (record) => write('openSession', [record]),
    commit: (batch) => write('commit', [batch], batch instanceof Uint8Array ? [batch.buffer] : []),
    endSession: (end) => write('endSession', [end]),
    restoreSession: (stored, changes, layouts) => write('restoreSession', [stored, changes, layouts]),
    applyChanges: (changes, mark) => write('applyChanges', [changes, mark]),
    eraseSome: (app, visitor) => write('eraseSome', [app, visitor]),
    expireSome: (expiry) => write('expireSome', [expiry]),
    scrub: () => writer.call('scrub', []),
    fold,
    readDocument: (kind, id) => writer.call('readDocument', [kind, id]),
    writeDocument: (mark) => writer.call('writeDocument', [mark]),
    // By the writer, so that a hello sees what the one before it wrote, and waits for no analyst's question.
    findSession: (app, session) => writer.call('findSession', [app, session]),
    latestVisit: (app, visitor) => writer.call('latestVisit', [app, visitor]),
    unendedSessions: () => read('unendedSessions', []),
    listVisits: (query) => read('listVisits', [query]),
    walkSessions: (walk) => read('walkSessions', [walk]),
    readSession: (app, session) => read('readSession', [app, session]),
    listSessions: (query) => read('listSessions', [query]),
    readChunks: (app, session) => read('readChunks', [app, session]),
    readRollup: (name, range) => read('readRollup', [name, range]) as never,
    latestLayout: (app, url, widthClass) => read('latestLayout', [app, url, widthClass]),
    listSetAside: (app, limit) => read('listSetAside', [app, limit]),
    rollupDays: () => read('rollupDays', []),
    compareDay: (day) => read('compareDay', [day]),
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
