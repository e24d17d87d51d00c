import { type Collection, type Filter, ObjectId } from 'mongodb';
import { DatalabError } from '../errors/errors.ts';
import { bsonKeys, plainKeys } from './bson-keys.ts';
import type { Rows, Selection } from './checked-collection.ts';
import type { Stored } from './documents.ts';
import { isAway, isDuplicateKey, refusalOf } from './mongo-failures.ts';
import type { PlainObject } from './plain-value.ts';

/** How often a write is tried whose answer is lost, within its time. */
const TRIES_MAX = 5;
/** How many writes a document remembers: more than others write between a lost answer and the look at what became of it. */
const WRITES_KEPT = 8;

/** A document as it lies in MongoDB. */
export type KeptDocument = {
  readonly _id: string;
  readonly revision: number;
  /** Its names by bsonKeys. */ readonly value: PlainObject;
  /** The last writes, latest last: by them one whose answer was lost finds out whether it was done. */
  readonly writes: readonly ObjectId[];
};

/** A collection of a MongoDB. Every operand is a string or number that was checked, under an operator that is written here. */
export class MongoRows implements Rows {
  readonly #kept: Collection<KeptDocument>;
  readonly #timeoutMs: number;
  /** Settles when the writes so far have. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(kept: Collection<KeptDocument>, timeoutMs: number) {
    this.#kept = kept;
    this.#timeoutMs = timeoutMs;
  }

  async get(id: string): Promise<Stored<PlainObject> | null> {
    const found = await asked(() => this.#kept.findOne({ _id: { $eq: id } }));
    return found ? storedOf(found) : null;
  }

  async select({ where, after, descending, limit }: Selection): Promise<Stored<PlainObject>[]> {
    const filter: Filter<KeptDocument> = {
      ...(where && { [`value.${where.field}`]: { $eq: where.equals } }),
      ...(after !== null && { _id: descending ? { $lt: after } : { $gt: after } }),
    };
    const cursor = this.#kept
      .find(filter)
      .sort({ _id: descending ? -1 : 1 })
      .limit(limit);
    return (await asked(() => cursor.toArray())).map(storedOf);
  }

  count(): Promise<number> {
    return asked(() => this.#kept.countDocuments());
  }

  insert(id: string, value: PlainObject): Promise<boolean> {
    const write = new ObjectId();
    const document = { _id: id, revision: 1, value: bsonKeys(value), writes: [write] };
    return this.#untilAnswered(
      async () => (await this.#kept.insertOne(document)).acknowledged,
      () => this.#hasWrite(id, write),
    );
  }

  replace(id: string, revision: number, value: PlainObject): Promise<boolean> {
    const write = new ObjectId();
    const change = {
      $set: { revision: revision + 1, value: bsonKeys(value) },
      $push: { writes: { $each: [write], $slice: -WRITES_KEPT } },
    };
    return this.#untilAnswered(
      async () => (await this.#kept.updateOne({ _id: { $eq: id }, revision: { $eq: revision } }, change)).matchedCount === 1,
      () => this.#hasWrite(id, write),
    );
  }

  remove(id: string, revision: number | null): Promise<boolean> {
    const filter = { _id: { $eq: id }, ...(revision !== null && { revision: { $eq: revision } }) };
    return this.#untilAnswered(
      async () => (await this.#kept.deleteOne(filter)).deletedCount === 1,
      // Nobody can say who removed it. It is gone, as it was asked for.
      async () => (await this.#kept.findOne({ _id: { $eq: id } })) === null,
    );
  }

  /**
   * Tries a write until it is answered, after those before it: there are few, and a server may take two that want the same unique
   * value at once for a deadlock, which it notices after seconds. A `no` after an answer that was lost may speak of the lost try's own
   * work: its document is there by now, or has the next revision. So it is looked up.
   * @param attempt may be done twice: what it did once, it does not do again
   * @throws DatalabError `store-away`
   */
  #untilAnswered(attempt: () => Promise<boolean>, wasDone: () => Promise<boolean>): Promise<boolean> {
    const untilMs = performance.now() + this.#timeoutMs;
    const answer = this.#before.then(() => tryUntil(untilMs, attempt, wasDone));
    this.#before = answer.catch(() => undefined);
    return answer;
  }

  async #hasWrite(id: string, write: ObjectId): Promise<boolean> {
    return (await this.#kept.countDocuments({ _id: { $eq: id }, writes: write }, { limit: 1 })) === 1;
  }
}

/** @param untilMs of performance.now(): after it none is begun, so that those who wait behind a server that is away wait no longer */
async function tryUntil(untilMs: number, attempt: () => Promise<boolean>, wasDone: () => Promise<boolean>): Promise<boolean> {
  let cause: unknown;
  for (let tries = 0; tries < TRIES_MAX && performance.now() < untilMs; tries++) {
    try {
      return (await attempt().catch(noOfDuplicate)) || (tries > 0 && (await wasDone()));
    } catch (error) {
      if (!isAway(error)) throw refusalOf(error);
      cause = error;
    }
  }
  throw cause ? refusalOf(cause) : new DatalabError('store-away', 'MongoDB does not answer the writes before this one.');
}

function noOfDuplicate(error: unknown): false {
  if (isDuplicateKey(error)) return false;
  throw error;
}

async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw refusalOf(error);
  }
}

function storedOf({ _id, revision, value }: KeptDocument): Stored<PlainObject> {
  return { id: _id, revision, value: plainKeys(value) };
}
