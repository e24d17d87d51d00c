import type { MongoClient } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';
import type { Collections } from './collections.ts';
import { isAway, refusalOf } from './failures.ts';
import type { LostAnswers } from './lost-answers.ts';
import { transact } from './transact.ts';
import { type EarlierAnswers, Transaction, type Write } from './transaction.ts';

/** Most writes, and most of their bytes, that one transaction takes: bounds how long the first waits for the last. */
const GROUP_MAX = 128;
const GROUP_BYTES_MAX = 8 * 1024 * 1024;

type Waiting = {
  readonly write: Write;
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: DatalabError) => void;
};

export type WriterOptions = {
  /** Most writes that wait for an answer; more are refused with `store-away`. */ readonly writesMax: number;
  /** Most bytes that wait with them. */ readonly bytesMax: number;
  /** After it, no attempt at a transaction is begun. */ readonly timeoutMs: number;
};

/**
 * This node's writes, one transaction at a time. What waits at the same time is committed together: a majority's
 * acknowledgement costs the same for one batch as for a hundred, and two transactions of one node would only conflict.
 * Other nodes' transactions do run beside it: one that conflicts is done again.
 */
export class Writer {
  readonly #client: MongoClient;
  readonly #in: Collections;
  readonly #lost: LostAnswers;
  readonly #options: WriterOptions;
  #waiting: Waiting[] = [];
  #count = 0;
  #bytes = 0;
  #pump: Promise<void> | null = null;
  #closed = false;

  constructor(client: MongoClient, collections: Collections, lost: LostAnswers, options: WriterOptions) {
    this.#client = client;
    this.#in = collections;
    this.#lost = lost;
    this.#options = options;
  }

  /** False when the next write would be refused. */
  get takes(): boolean {
    return !this.#closed && this.#count < this.#options.writesMax;
  }

  /** @param bytes that count against the bound @returns what the write answers, once a majority has it */
  write(write: Write, bytes = 0): Promise<unknown> {
    if (this.#closed) return Promise.reject(new DatalabError('store-away', 'The store is closed.'));
    if (!this.takes || this.#bytes + bytes > this.#options.bytesMax)
      return Promise.reject(new DatalabError('store-away', `The store is behind: ${this.#count} writes wait for it.`));
    return new Promise((resolve, reject) => {
      this.#count++;
      this.#bytes += bytes;
      this.#waiting.push({ write, bytes, resolve, reject });
      this.#pump ??= this.#work();
    });
  }

  /** Refuses what comes from now on, and is done when what waits was answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pump;
  }

  async #work(): Promise<void> {
    // One turn later: what is asked in this one is committed together.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#settle(this.#take());
    this.#pump = null;
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes;
      if (count > 0 && (count >= GROUP_MAX || bytes > GROUP_BYTES_MAX)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** One that fails for itself is not allowed to take its neighbours with it: they are done again, each alone. */
  async #settle(group: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#run(group.map(({ write }) => write));
      group.forEach((waiting, i) => {
        this.#release(waiting);
        waiting.resolve(answers[i]);
      });
    } catch (error) {
      if (group.length > 1 && !isAway(error)) {
        for (const waiting of group) await this.#settle([waiting]);
        return;
      }
      for (const waiting of group) {
        this.#release(waiting);
        waiting.reject(refusalOf(error));
      }
    }
  }

  #release({ bytes }: Waiting): void {
    this.#count--;
    this.#bytes -= bytes;
  }

  async #run(writes: readonly Write[]): Promise<readonly unknown[]> {
    const earlier: EarlierAnswers = new Map();
    for (;;) {
      const lost = this.#lost.count;
      let latest: Transaction | undefined;
      const answers = await transact(this.#client, this.#options.timeoutMs, (session) => {
        latest = new Transaction(this.#in, session, earlier);
        return latest.run(writes);
      });
      if (this.#lost.count === lost || !latest || (await latest.isThere())) return answers;
    }
  }
}
