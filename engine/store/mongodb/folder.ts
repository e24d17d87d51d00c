import type { Collection, MongoClient, ObjectId } from 'mongodb';
import type { Collections, WaitingDocument } from './collections.ts';
import { refusalOf } from './failures.ts';
import { foldSome } from './fold-some.ts';
import { transact } from './transact.ts';

/** Folds what waits in this database, one transaction at a time. */
export class Folder {
  readonly #client: MongoClient;
  readonly #in: Collections;
  readonly #timeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();
  /** Has not begun: it serves whoever asks meanwhile. */
  #next: Promise<void> | null = null;

  /** @param timeoutMs after it, no attempt at a transaction is begun */
  constructor(client: MongoClient, collections: Collections, timeoutMs: number) {
    this.#client = client;
    this.#in = collections;
    this.#timeoutMs = timeoutMs;
  }

  /** Folds all that is there now, whichever node wrote it. @throws DatalabError `store-away`; what was not folded is still there */
  fold(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#last.then(() => {
      this.#next = null;
      return this.#foldAll();
    });
    this.#next = next;
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #foldAll(): Promise<void> {
    try {
      // Not what comes meanwhile: that could go on for ever.
      const [batch, change] = await Promise.all([latest(this.#in.batch), latest(this.#in.change)]);
      let more = batch !== null || change !== null;
      while (more) more = await transact(this.#client, this.#timeoutMs, (session) => foldSome(this.#in, { batch, change }, session));
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

async function latest(waiting: Collection<WaitingDocument>): Promise<ObjectId | null> {
  const found = await waiting.findOne({}, { sort: { _id: -1 }, projection: { _id: 1 } });
  return found?._id ?? null;
}
