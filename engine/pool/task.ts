/** One task of a worker: what it is given, how far it is, what it gives back. */
import type { Configured } from '../protocol/control.ts';
import type { Batch, ItemOutcome } from './batch.ts';

/** Where a worker is, when it is at no item. Read by the main thread after the worker died. */
export const PHASE = { notBegun: -1, ending: -2 } as const;

export type PrepareTask = {
  readonly batch: Batch;
  /** The items to take, by their index in the batch. */ readonly part: readonly number[];
  /** Items already judged: `worker-fault` is set aside unread, every other is left out. */
  readonly verdicts: ReadonlyMap<number, ItemOutcome>;
  /** One number, shared: the item that is being worked on, or a PHASE. Names the culprit when the worker dies. */
  readonly at: Int32Array<SharedArrayBuffer>;
};

/** What the main thread needs of a prepared batch; the rest is packed and stays so until the store's own thread. */
export type Prepared = {
  /** By packBatch. */ readonly packed: Uint8Array<ArrayBuffer>;
  /** In the order of the packed batch's sessions, so also of the ledgers that its commit answers. */
  readonly sessions: readonly PreparedSession[];
  /** Items that did not become chunks. */ readonly verdicts: ReadonlyMap<number, ItemOutcome>;
  /** Addresses whose page rollup changes. */ readonly urls: readonly string[];
};

export type PreparedSession = {
  readonly session: string;
  readonly views: number;
  readonly clicks: number;
  readonly events: number;
  readonly url?: string;
  readonly lastSeenMs: number;
  readonly configured?: Configured;
};
