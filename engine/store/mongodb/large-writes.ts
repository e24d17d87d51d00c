import type { ClientSession, MongoClient } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';
import { refusalOf } from './failures.ts';
import { transact } from './transact.ts';

/** Transactions beside the writer's, of what reads and writes much: no commit waits for one, it conflicts at most. */
export class LargeWrites {
  readonly #client: MongoClient;
  readonly #timeoutMs: number;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  /** @param timeoutMs after it, no attempt at a transaction is begun */
  constructor(client: MongoClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /** @param work done anew after a conflict @returns what it answered, once a majority has it */
  write<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new DatalabError('store-away', 'The store is closed.'));
    const written = transact(this.#client, this.#timeoutMs, work)
      .catch((error: unknown) => {
        throw refusalOf(error);
      })
      .finally(() => this.#underWay.delete(written));
    this.#underWay.add(written);
    return written;
  }

  /** Refuses what comes from now on, and is done when what is under way was answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }
}
