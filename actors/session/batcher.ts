/**
 * Frames of many sessions → batches. Sessions with frames stand in a ring; whenever the pool has room, the batcher goes
 * round and takes a few of each, so that one loud session never holds up the others. While the pool or the store is
 * slow nothing is taken, the inboxes fill, and each session pushes back on its own tracker.
 */
import type { Clock } from '../../engine/clock/clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { Batch, BatchItem, BatchOutcome, SubmitBatch } from '../../engine/pool/batch.ts';
import type { Counters } from '../counters.ts';
import type { Session } from './session.ts';

export const BATCH_MAX_FRAMES = 512;
export const BATCH_MAX_BYTES = 1_048_576;
/** At most this many frames of one session in one batch. */
export const BATCH_FRAMES_PER_SESSION = 16;
/** A first frame waits this long for company: small against a person's patience, large against a commit. */
export const BATCH_WAIT_MS = 20;
/** Batches with the pool at a time: both workers busy, and one waiting for each. */
export const BATCHES_IN_FLIGHT = 4;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;
/** Tries of a batch that fails for another reason than a store that is away. */
const FAULTY_TRIES_MAX = 3;

type Part = { readonly session: Session; readonly frames: number };

export type BatcherDeps = {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly submit: SubmitBatch;
  /** A batch was given up, for this reason: a fault of ours, for the log. */ readonly faulted: (error: unknown) => void;
  /** Something of these was committed. */
  readonly stored: (sessions: readonly Session[], urls: readonly string[]) => void;
};

export class Batcher {
  readonly #deps: BatcherDeps;
  /** In order of their first waiting frame. */
  readonly #ready = new Set<Session>();
  #inFlight = 0;
  #away = 0;
  #cancelWait: (() => void) | null = null;
  #whenIdle: (() => void)[] = [];

  constructor(deps: BatcherDeps) {
    this.#deps = deps;
  }

  /** True while the store refuses: what it was given is being tried again. */
  get storeAway(): boolean {
    return this.#away > 0;
  }

  /** A session has frames in its inbox. */
  readonly ready = (session: Session): void => {
    this.#ready.add(session);
    if (this.#inFlight < BATCHES_IN_FLIGHT) this.#cancelWait ??= this.#deps.clock.after(BATCH_WAIT_MS, this.#dispatch);
  };

  /** Resolves when nothing waits and nothing is in flight. */
  idle(): Promise<void> {
    if (this.#ready.size === 0 && this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  readonly #dispatch = (): void => {
    this.#cancelWait = null;
    while (this.#ready.size > 0 && this.#inFlight < BATCHES_IN_FLIGHT) {
      const { batch, parts } = this.#collect();
      this.#inFlight++;
      void this.#deliver(batch, parts);
    }
  };

  #collect(): { batch: Batch; parts: Part[] } {
    const parts: Part[] = [];
    const items: BatchItem[] = [];
    const pieces: Uint8Array[] = [];
    let length = 0;
    // Counted beforehand: a session with more than its share goes to the ring's end, and must not come up twice.
    let left = this.#ready.size;
    for (const session of this.#ready) {
      if (left-- === 0 || items.length >= BATCH_MAX_FRAMES || length >= BATCH_MAX_BYTES) break;
      const frames = session.inbox.take(Math.min(BATCH_FRAMES_PER_SESSION, BATCH_MAX_FRAMES - items.length));
      for (const { bytes, ...frame } of frames) {
        items.push({ ...frame, session: parts.length, offset: length, length: bytes.length });
        pieces.push(bytes);
        length += bytes.length;
      }
      parts.push({ session, frames: frames.length });
      this.#ready.delete(session);
      if (session.inbox.length > 0) this.#ready.add(session);
      session.dispatched(frames.length);
    }
    const bytes = new Uint8Array(length);
    pieces.forEach((piece, i) => {
      bytes.set(piece, (items[i] as BatchItem).offset);
    });
    return { batch: { sessions: parts.map(({ session }) => ({ ...session.facts, url: session.url })), items, bytes }, parts };
  }

  async #deliver(batch: Batch, parts: readonly Part[]): Promise<void> {
    this.#settle((await this.#submitUntilTaken(batch)) ?? setAside(batch), batch, parts);
    this.#inFlight--;
    if (this.#ready.size > 0) this.#dispatch();
    if (this.#ready.size === 0 && this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /**
   * A batch that the store did not take is given again until it does: what is not stored is not acknowledged.
   * @returns null when it is not the store that fails but the batch, again and again: it must not stall the others
   */
  async #submitUntilTaken(batch: Batch): Promise<BatchOutcome | null> {
    const { counters, submit, clock } = this.#deps;
    for (let tries = 0; ; tries++) {
      try {
        // The bytes are transferred to the worker: a copy is kept until the commit is known.
        const outcome = await submit({ ...batch, bytes: batch.bytes.slice() });
        if (tries > 0) this.#away--;
        counters.add('commits');
        return outcome;
      } catch (error) {
        if (tries === 0) this.#away++;
        const away = error instanceof DatalabError && error.code === 'store-away';
        if (!away && tries >= FAULTY_TRIES_MAX) {
          this.#away--;
          this.#deps.faulted(error);
          return null;
        }
        counters.add('commitRetries');
        await new Promise<void>((resolve) => clock.after(Math.min(RETRY_MIN_MS * 2 ** tries, RETRY_MAX_MS), resolve));
      }
    }
  }

  #settle(outcome: BatchOutcome, batch: Batch, parts: readonly Part[]): void {
    const { counters, stored } = this.#deps;
    outcome.items.forEach((item, i) => {
      const { session, firstSeq, count } = batch.items[i] as BatchItem;
      if (item === 'stored') counters.add('framesStored');
      else if (item === 'duplicate') counters.drop('frame-duplicate');
      else {
        counters.add('framesSetAside');
        parts[session]?.session.refused(item, firstSeq, count);
      }
    });
    const progressOf = new Map(outcome.progress.map((progress) => [progress.session, progress]));
    for (const { session, frames } of parts) {
      const progress = progressOf.get(session.facts.session);
      if (progress) {
        counters.add('eventsStored', progress.events);
        session.progressed(progress);
      }
      session.settled(frames);
    }
    stored(
      parts.map((part) => part.session),
      outcome.urls,
    );
  }
}

/** Nothing of it is stored, and nothing of it ever will be. */
function setAside(batch: Batch): BatchOutcome {
  return { items: batch.items.map(() => 'worker-fault'), progress: [], urls: [] };
}
