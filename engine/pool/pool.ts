import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { DatalabError } from '../errors/errors.ts';
import type { Store } from '../store/store.ts';
import { THREAD_ENV } from '../threads/thread-env.ts';
import type { Batch, BatchOutcome, ItemOutcome, SessionProgress, SubmitBatch } from './batch.ts';
import { PHASE, type Prepared, type PrepareTask } from './task.ts';
import { Turns } from './turns.ts';

/** So often a frame may break its worker before it is set aside, and so often a start may fail before the batch is given back. */
const ATTEMPTS = 3;

export type PoolOptions = {
  readonly store: Pick<Store, 'commit'>;
  /** Worker threads. Default: one for each core but the main thread's, at most 4. */ readonly workers?: number;
  /** Most batches in the pool, those at the store included; more are refused with `store-away`. Default 64. */
  readonly batchesMax?: number;
  /** Most bytes of frames in the pool. Default 64 MiB. */ readonly bytesMax?: number;
  /** A batch takes tens of milliseconds; a worker that takes this long loops for ever and is ended. Default 10 s. */
  readonly taskTimeoutMs?: number;
  /** Heap of one worker in MiB; one that needs more is ended. Default 256. */ readonly workerHeapMb?: number;
  /** The worker's file. */ readonly workerFile?: URL;
};

/** What the operators see of the pool. Counts since the start. */
export type PoolStats = {
  readonly workers: number;
  /** Batches and bytes in the pool now. */ readonly batches: number;
  readonly bytes: number;
  /** Batches that wait for a worker now. */ readonly waiting: number;
  readonly committedBatches: number;
  readonly storedFrames: number;
  readonly duplicateFrames: number;
  /** Commits that met frames stored before. */ readonly conflicts: number;
  /** Workers that threw, died or were ended. */ readonly workerFaults: number;
  readonly refusedFrames: number;
  readonly refusedBatches: number;
};

export type Pool = { readonly submit: SubmitBatch; stats(): PoolStats; close(): Promise<void> };

/** A batch on its way: what is known of its items, and what was committed of it. */
type Job = {
  readonly batch: Batch;
  readonly verdicts: Map<number, ItemOutcome>;
  readonly progress: Map<string, SessionProgress>;
  readonly urls: Set<string>;
};

type Attempt = { readonly prepared: Prepared } | { readonly brokeAt: number; readonly error: unknown };

/**
 * Batches → workers → one commit each. A frame that breaks its worker is found, tried ATTEMPTS times, and set aside
 * alone; all others are stored.
 */
export function createPool(options: PoolOptions): Pool {
  const { store, batchesMax = 64, bytesMax = 64 * 1024 * 1024, taskTimeoutMs = 10_000 } = options;
  const workers = options.workers ?? Math.min(4, Math.max(1, availableParallelism() - 1));
  const piscina = new Piscina<PrepareTask, Prepared>({
    filename: (options.workerFile ?? new URL('./batch.worker.ts', import.meta.url)).href,
    name: 'prepareBatch',
    minThreads: workers,
    maxThreads: workers,
    env: THREAD_ENV,
    resourceLimits: { maxOldGenerationSizeMb: options.workerHeapMb ?? 256 },
  });
  const counts = {
    committedBatches: 0,
    storedFrames: 0,
    duplicateFrames: 0,
    conflicts: 0,
    workerFaults: 0,
    refusedFrames: 0,
    refusedBatches: 0,
  };
  // A worker that dies between tasks; its successor is started by Piscina.
  piscina.on('error', () => {
    counts.workerFaults++;
  });
  // Not Piscina's queue: a task's deadline must not run while it waits for its turn.
  const turns = new Turns(workers);
  const inside = new Set<Promise<BatchOutcome>>();
  let bytes = 0;
  let closed = false;

  async function attempt(job: Job, part: readonly number[]): Promise<Attempt> {
    const at = new Int32Array(new SharedArrayBuffer(4)).fill(PHASE.notBegun);
    await turns.take();
    try {
      const task = { batch: job.batch, part, verdicts: job.verdicts, at };
      return { prepared: await piscina.run(task, { signal: AbortSignal.timeout(taskTimeoutMs) }) };
    } catch (error) {
      counts.workerFaults++;
      return { brokeAt: Atomics.load(at, 0), error };
    } finally {
      turns.giveBack();
    }
  }

  /** Prepares and commits some items of a batch, until each is stored or judged. */
  async function settle(job: Job, part: readonly number[]): Promise<void> {
    const broken = new Map<number, number>();
    for (;;) {
      const tried = await attempt(job, part);
      if ('prepared' in tried) {
        if (await commit(job, part, tried.prepared)) return;
        continue;
      }
      const { brokeAt } = tried;
      const times = (broken.get(brokeAt) ?? 0) + 1;
      broken.set(brokeAt, times);
      if (times < ATTEMPTS) continue;
      // It broke at no frame (a worker that does not start), or at one that it was told not to read: not theirs to pay for.
      if (brokeAt === PHASE.notBegun || job.verdicts.has(brokeAt)) {
        throw new DatalabError('internal', `The pool's workers fail: ${String(tried.error)}.`, { cause: tried.error });
      }
      if (brokeAt >= 0) job.verdicts.set(brokeAt, 'worker-fault');
      else return halve(job, part);
    }
  }

  /** The whole broke when all items had been read: only halves can say which it was. */
  async function halve(job: Job, part: readonly number[]): Promise<void> {
    const [only, ...more] = part;
    if (only === undefined || job.verdicts.has(only)) throw new DatalabError('internal', "The pool's workers fail at nothing.");
    if (more.length === 0) {
      job.verdicts.set(only, 'worker-fault');
      return settle(job, part);
    }
    const middle = part.length >> 1;
    // One after the other, so that a session's later ledger is the one that is kept.
    await settle(job, part.slice(0, middle));
    await settle(job, part.slice(middle));
  }

  /** @returns false when some frames were refused: they are judged now, and the rest has to be prepared again */
  async function commit(job: Job, part: readonly number[], prepared: Prepared): Promise<boolean> {
    const outcome = await store.commit(prepared.packed);
    if (!outcome.committed) {
      counts.conflicts++;
      const reasons = new Map(outcome.refused.map((frame) => [numbersOf(frame.app, frame.session, frame), frame.reason]));
      for (const index of part) {
        const reason = reasons.get(itemNumbers(job.batch, index));
        if (reason && !job.verdicts.has(index)) job.verdicts.set(index, reason === 'frame-duplicate' ? 'duplicate' : reason);
      }
      return false;
    }
    counts.committedBatches++;
    for (const [index, verdict] of prepared.verdicts) job.verdicts.set(index, verdict);
    for (const url of prepared.urls) job.urls.add(url);
    prepared.sessions.forEach((moved, i) => {
      const ledger = outcome.ledgers[i];
      if (!ledger) return;
      const before = job.progress.get(moved.session);
      job.progress.set(moved.session, {
        ...before,
        ...moved,
        ledger,
        views: moved.views + (before?.views ?? 0),
        clicks: moved.clicks + (before?.clicks ?? 0),
        events: moved.events + (before?.events ?? 0),
        lastSeenMs: Math.max(moved.lastSeenMs, before?.lastSeenMs ?? 0),
      });
    });
    return true;
  }

  async function process(batch: Batch): Promise<BatchOutcome> {
    const job: Job = { batch, verdicts: new Map(), progress: new Map(), urls: new Set() };
    await settle(job, [...batch.items.keys()]);
    const items = batch.items.map((_, index) => job.verdicts.get(index) ?? 'stored');
    for (const item of items) {
      if (item === 'stored') counts.storedFrames++;
      else if (item === 'duplicate') counts.duplicateFrames++;
      else counts.refusedFrames++;
    }
    return { items, progress: [...job.progress.values()], urls: [...job.urls] };
  }

  return {
    async submit(batch) {
      if (closed || inside.size >= batchesMax || bytes + batch.bytes.byteLength > bytesMax) {
        counts.refusedBatches++;
        throw new DatalabError('store-away', closed ? 'The pool is closed.' : `The pool is full: ${inside.size} batches, ${bytes} bytes.`);
      }
      bytes += batch.bytes.byteLength;
      const processing = process(batch);
      inside.add(processing);
      try {
        return await processing;
      } finally {
        inside.delete(processing);
        bytes -= batch.bytes.byteLength;
      }
    },
    stats: () => ({ workers, batches: inside.size, bytes, waiting: turns.waiting, ...counts }),
    async close() {
      closed = true;
      await Promise.allSettled(inside);
      await piscina.destroy();
    },
  };
}

function itemNumbers(batch: Batch, index: number): string {
  const item = batch.items[index];
  const facts = item && batch.sessions[item.session];
  return item && facts ? numbersOf(facts.app, facts.session, item) : '';
}

function numbersOf(app: string, session: string, { firstSeq, count }: { readonly firstSeq: number; readonly count: number }): string {
  return `${app.length}:${app}${session}:${firstSeq}:${count}`;
}
