import type { ClientSession, Collection, Filter, FindOptions, WithId } from 'mongodb';
import { unpackAdvances } from '../packed-batch.ts';
import { bytesOf, type Collections, type EndingDocument, idOf, type SessionDocument, type SessionId } from './collections.ts';
import { Overtaken } from './failures.ts';

/** Most documents that one transaction deletes: more would hold them for longer than another node likes to wait. */
export const DELETED_MAX = 500;
/** Sessions that are deleted together, once nothing more of them is there. */
const SESSIONS_AT_ONCE = 64;

/** What a transaction took of sessions. */
export type TakenSessions = { readonly sessions: number; readonly endings: readonly EndingDocument[] };

/** Deletes up to DELETED_MAX documents in one transaction. */
export class Deletion {
  readonly #in: Collections;
  readonly #session: ClientSession;
  #removed = 0;
  #stopped = false;
  /** Sessions that waiting batches name. */
  #waiting: ReadonlySet<string> | null = null;

  constructor(collections: Collections, session: ClientSession) {
    this.#in = collections;
    this.#session = session;
  }

  get removed(): number {
    return this.#removed;
  }

  /** True when something may be left that it was to delete. */
  get full(): boolean {
    return this.#stopped || this.left === 0;
  }

  get left(): number {
    return DELETED_MAX - this.#removed;
  }

  /** Deletes what matches, as far as it may. @param atMost of it @returns what it deleted */
  async take<T extends { readonly _id: unknown }>(from: Collection<T>, filter: Filter<T>, atMost = DELETED_MAX): Promise<WithId<T>[]> {
    return this.#take(from, filter, { limit: Math.min(atMost, this.left) });
  }

  /** As `take`, for what nobody looks at. */
  async drop<T extends { readonly _id: unknown }>(from: Collection<T>, filter: Filter<T>): Promise<void> {
    await this.#take(from, filter, { limit: this.left, projection: { _id: 1 } });
  }

  /** Deletes nothing more in this transaction. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Deletes sessions of one app with their chunks and ends. A session's document goes in the transaction that found nothing
   * more of it: a commit of the same time moves that document as well, so that one of the two conflicts and looks again.
   * @param takeChunks deletes a session's chunks, as far as it may
   * @throws Overtaken for one that waiting batches name: fold first
   */
  async takeSessions(
    app: string,
    found: readonly SessionDocument[],
    takeChunks: (of: SessionId) => Promise<unknown>,
  ): Promise<TakenSessions> {
    const taken = { sessions: 0, endings: [] as EndingDocument[] };
    for (let i = 0; i < found.length && !this.full; i += SESSIONS_AT_ONCE) {
      const some = found.slice(i, i + SESSIONS_AT_ONCE);
      // One by one: of several ranges at once, not every server makes use of the index.
      for (const { _id } of some) await takeChunks(_id);
      const names = some.map(({ session }) => session);
      taken.endings.push(...(await this.take(this.#in.ending, { app: { $eq: app }, session: { $in: names } })));
      this.#stopped ||= this.left < some.length;
      if (this.#stopped) break;
      await this.#deleteSessions(some);
      taken.sessions += some.length;
    }
    return taken;
  }

  async #deleteSessions(some: readonly SessionDocument[]): Promise<void> {
    const waiting = this.#waiting ?? (await sessionsOfBatches(this.#in.batch, this.#session));
    this.#waiting = waiting;
    if (some.some((document) => waiting.has(idOf(document)))) throw new Overtaken('frames of a session are not folded');
    const operations = some.map(({ _id, revision }) => ({ deleteOne: { filter: { _id, revision } } }));
    const { deletedCount } = await this.#in.session.bulkWrite(operations, { session: this.#session });
    if (deletedCount !== some.length) throw new Overtaken('a session was moved meanwhile');
    this.#removed += some.length;
  }

  async #take<T extends { readonly _id: unknown }>(from: Collection<T>, filter: Filter<T>, options: FindOptions): Promise<WithId<T>[]> {
    if (this.full) return [];
    const found = await from.find(filter, { ...options, session: this.#session }).toArray();
    if (found.length === 0) return found;
    const ids = { _id: { $in: found.map(({ _id }) => _id) } } as Filter<T>;
    const { deletedCount } = await from.deleteMany(ids, { session: this.#session });
    if (deletedCount !== found.length) throw new Overtaken('another node deleted these documents');
    this.#removed += found.length;
    return found;
  }
}

/** Sessions that waiting batches name, by idOf, as of the transaction's snapshot. */
async function sessionsOfBatches(batches: Collections['batch'], session: ClientSession): Promise<Set<string>> {
  const named = new Set<string>();
  for await (const { bytes } of batches.find({}, { session })) {
    for (const advance of unpackAdvances(bytesOf(bytes))) named.add(idOf(advance));
  }
  return named;
}
