import { Binary, type ClientSession, ObjectId } from 'mongodb';
import { admit, EMPTY_LEDGER, type Ledger } from '../../protocol/ledger.ts';
import { newVisitChanges } from '../../rollup/dimensions.ts';
import { packChanges } from '../../rollup/packed-changes.ts';
import { endChanges, LEFT } from '../../rollup/page-time.ts';
import { dayOf } from '../../rollup/rollups.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { packBatch, unpackBatch } from '../packed-batch.ts';
import type { SessionRecord } from '../records.ts';
import type { CommitOutcome, DocumentWrite, RefusedFrame, SessionAdvance, SessionEnd } from '../store.ts';
import type { ChunkDocument, Collections, EndingDocument, VisitDocument, WaitingDocument } from './collections.ts';
import { chunkDocuments, sessionDocument, sessionOf } from './documents.ts';
import { Overtaken } from './failures.ts';

/** One write that was asked for. */
export type Write =
  | { readonly kind: 'open'; readonly record: SessionRecord }
  /** `sessions` as the packed batch has them. */
  | { readonly kind: 'commit'; readonly sessions: readonly SessionAdvance[]; readonly packed: Uint8Array }
  | { readonly kind: 'end'; readonly end: SessionEnd }
  | { readonly kind: 'document'; readonly write: DocumentWrite; readonly changes: Uint8Array };

/**
 * What earlier attempts at the same writes were going to answer, by their token: of one whose answer was lost nobody knows
 * whether it was committed.
 */
export type EarlierAnswers = Map<string, readonly unknown[]>;

/** A batch that is larger goes into the collections at once: a document holds 16 MB. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** `revision` 0 is one that is not there yet. */
type HeldSession = {
  record: SessionRecord;
  readonly revision: number;
  urlNamedMs: number;
  seenMs: number;
  moved: boolean;
  /** Of the transaction that wrote it. */ readonly token?: ObjectId | undefined;
};
type HeldVisit = { readonly document: VisitDocument; readonly isNew: boolean; lastSeenMs: number };
type HeldDocument = {
  readonly _id: { readonly kind: string; readonly id: string };
  /** When it was read; `revision` is what it is to become. */ readonly before: number;
  readonly revision: number;
  readonly value: string;
  readonly token: ObjectId | null;
};

/**
 * The writes of one group in one transaction of the server. What they touch is read first, then each is done in memory and
 * sees what those before it did, and `flush` writes all of it, a collection at a time: eight round trips at most, however
 * many writes there are. A commit moves its sessions and appends the batch as it came, one document however many frames it
 * has; `Folder` spreads it over the collections later.
 *
 * Each attempt is a transaction of its own, and every session and document that it writes bears its token: the next attempt
 * sees by it that all of this was committed.
 */
export class Transaction {
  readonly #in: Collections;
  readonly #session: ClientSession;
  readonly #sessions = new Map<string, HeldSession>();
  readonly #visits = new Map<string, HeldVisit>();
  readonly #knownVisitors = new Set<string>();
  readonly #documents = new Map<string, HeldDocument>();
  readonly #totals = new RollupTotals();
  readonly #batches: WaitingDocument[] = [];
  readonly #changes: WaitingDocument[] = [];
  readonly #chunks: ChunkDocument[] = [];
  readonly #endings: EndingDocument[] = [];
  readonly #token = new ObjectId();
  readonly #earlier: EarlierAnswers;

  constructor(collections: Collections, session: ClientSession, earlier: EarlierAnswers) {
    this.#in = collections;
    this.#session = session;
    this.#earlier = earlier;
  }

  /** @returns what each write answers, in their order; true only once the transaction is committed */
  async run(writes: readonly Write[]): Promise<readonly unknown[]> {
    await this.#load(writes);
    const committed = this.#committedBefore();
    if (committed) return committed;
    const answers = writes.map((write) => this.#apply(write));
    await this.#flush();
    this.#earlier.set(this.#token.toHexString(), answers);
    return answers;
  }

  /** Asked after the commit: true if what it wrote is stored, or is not any more because somebody has written since. */
  async isThere(): Promise<boolean> {
    const [held] = [...this.#sessions.values()].filter(({ moved }) => moved);
    if (held) {
      const { app, session } = held.record;
      const found = await this.#in.session.findOne({ _id: { app, session } }, { projection: { revision: 1 } });
      return (found?.revision ?? 0) > held.revision;
    }
    const [written] = [...this.#documents.values()].filter(({ revision, before }) => revision !== before);
    if (!written) return true;
    const found = await this.#in.document.findOne({ _id: written._id }, { projection: { revision: 1 } });
    return (found?.revision ?? 0) > written.before;
  }

  #committedBefore(): readonly unknown[] | undefined {
    if (this.#earlier.size === 0) return;
    for (const { token } of [...this.#sessions.values(), ...this.#documents.values()]) {
      const answers = token && this.#earlier.get(token.toHexString());
      if (answers) return answers;
    }
    return;
  }

  #apply(write: Write): unknown {
    switch (write.kind) {
      case 'open':
        return this.#open(write.record);
      case 'commit':
        return this.#commit(write.sessions, write.packed);
      case 'end':
        return this.#end(write.end);
      case 'document':
        return this.#writeDocument(write.write, write.changes);
    }
  }

  #open(record: SessionRecord): SessionRecord {
    this.#openVisit(record);
    const id = idOf(record.app, record.session);
    const held = this.#sessions.get(id);
    if (!held) {
      this.#sessions.set(id, { record, revision: 0, urlNamedMs: 0, seenMs: 0, moved: true });
      return record;
    }
    const { endedMs: _endedMs, endReason: _endReason, ...kept } = held.record;
    if (record.visit !== kept.visit) held.seenMs = 0;
    held.record = { ...kept, visit: record.visit };
    held.moved = true;
    return held.record;
  }

  #openVisit(record: SessionRecord): void {
    const { app, visit, visitor, session } = record;
    // A tab that comes back brings the start of its session, and begins a visit only now.
    const lastSeenMs = Math.max(record.startedMs, record.lastSeenMs);
    const known = this.#visits.get(idOf(app, visit));
    if (known) {
      known.lastSeenMs = Math.max(known.lastSeenMs, lastSeenMs);
      return;
    }
    const newVisitor = !this.#knownVisitors.has(idOf(app, visitor));
    this.#knownVisitors.add(idOf(app, visitor));
    const document = { _id: { app, visit }, app, visit, visitor, startedMs: lastSeenMs, lastSeenMs, session, newVisitor };
    this.#visits.set(idOf(app, visit), { document, isNew: true, lastSeenMs });
    for (const change of newVisitChanges(record, dayOf(lastSeenMs), newVisitor)) this.#totals.add(change);
  }

  /** Checks every frame of the batch before it takes the first. */
  #commit(sessions: readonly SessionAdvance[], packed: Uint8Array): CommitOutcome {
    const refused: RefusedFrame[] = [];
    const ledgers = sessions.map(({ app, session, frames }) => {
      const held = this.#sessions.get(idOf(app, session));
      let ledger = held?.record.ledger ?? EMPTY_LEDGER;
      for (const frame of frames) {
        const taken = held ? admit(ledger, frame) : ({ ok: false, reason: 'session-unknown' } as const);
        if (taken.ok) ledger = taken.value;
        else refused.push({ app, session, firstSeq: frame.firstSeq, count: frame.count, reason: taken.reason });
      }
      return ledger;
    });
    if (refused.length > 0) return { committed: false, refused };
    sessions.forEach((advance, i) => {
      this.#advance(advance, ledgers[i] ?? EMPTY_LEDGER);
    });
    if (sessions.some(({ frames }) => frames.length > 0)) this.#append(packed);
    return { committed: true, ledgers };
  }

  #append(packed: Uint8Array): void {
    if (packed.length <= BATCH_BYTES_MAX) {
      this.#batches.push({ _id: new ObjectId(), bytes: new Binary(packed) });
      return;
    }
    // Chunks and what they count go together, whether folded or not: whoever computes a day again sees both or neither.
    const { chunks, changes, ...rest } = unpackBatch(packed);
    for (const run of chunkDocuments(chunks)) this.#chunks.push(run);
    this.#addChanges(changes);
    this.#batches.push({ _id: new ObjectId(), bytes: new Binary(packBatch({ ...rest, chunks: [], changes: new Uint8Array() })) });
  }

  #advance(advance: SessionAdvance, ledger: Ledger): void {
    const held = this.#sessions.get(idOf(advance.app, advance.session));
    if (!held || advance.frames.length === 0) return;
    const { record } = held;
    const place = advance.place && advance.place.atMs >= held.urlNamedMs ? advance.place : undefined;
    held.record = {
      ...record,
      ledger,
      views: record.views + advance.views,
      clicks: record.clicks + advance.clicks,
      events: record.events + advance.events,
      lastSeenMs: Math.max(record.lastSeenMs, advance.lastSeenMs),
      ...(place && { url: place.url, urlSinceMs: place.sinceMs }),
      ...(advance.widthClass && { widthClass: advance.widthClass }),
    };
    if (place) held.urlNamedMs = place.atMs;
    if (advance.visit === record.visit) held.seenMs = Math.max(held.seenMs, advance.lastSeenMs);
    held.moved = true;
  }

  #addChanges(changes: Uint8Array): void {
    if (changes.length > 0) this.#changes.push({ _id: new ObjectId(), bytes: new Binary(changes) });
  }

  #end({ app, session, endedMs, reason }: SessionEnd): void {
    const held = this.#sessions.get(idOf(app, session));
    if (!held || held.record.endedMs !== undefined) return;
    const { url, urlSinceMs, widthClass } = held.record;
    for (const change of endChanges(held.record, endedMs)) this.#totals.add(change);
    this.#endings.push({ _id: new ObjectId(), app, session, endedMs, reason, url, urlSinceMs, ...(widthClass && { widthClass }) });
    const lastSeenMs = Math.max(held.record.lastSeenMs, endedMs);
    held.record = { ...held.record, lastSeenMs, endedMs, endReason: reason, urlSinceMs: LEFT };
    held.moved = true;
  }

  #writeDocument({ kind, id, ifRevision, value }: DocumentWrite, changes: Uint8Array): boolean {
    const key = idOf(kind, id);
    const held = this.#documents.get(key) ?? { _id: { kind, id }, revision: 0, before: 0, value: '', token: null };
    if (held.revision !== ifRevision) return false;
    this.#documents.set(key, { ...held, revision: ifRevision + 1, value: JSON.stringify(value) });
    this.#addChanges(changes);
    return true;
  }

  /** Reads all that the writes look at. */
  async #load(writes: readonly Write[]): Promise<void> {
    const session = this.#session;
    const wanted = wantedBy(writes);
    if (wanted.sessions.size > 0) {
      for await (const document of this.#in.session.find({ _id: { $in: [...wanted.sessions.values()] } }, { session })) {
        const { app, session: name, revision, urlNamedMs, seenMs = 0, token } = document;
        this.#sessions.set(idOf(app, name), { record: sessionOf(document), revision, urlNamedMs, seenMs, token, moved: false });
      }
    }
    if (wanted.visits.size > 0) {
      for await (const document of this.#in.visit.find({ _id: { $in: [...wanted.visits.values()] } }, { session })) {
        this.#visits.set(idOf(document.app, document.visit), { document, isNew: false, lastSeenMs: document.lastSeenMs });
      }
    }
    await this.#loadVisitors(writes);
    if (wanted.documents.size > 0) {
      for await (const document of this.#in.document.find({ _id: { $in: [...wanted.documents.values()] } }, { session })) {
        const { _id, revision, value, token } = document;
        this.#documents.set(idOf(_id.kind, _id.id), { _id, revision, value, token, before: revision });
      }
    }
  }

  /** Of the visitors whose visit is new: those who were here before. */
  async #loadVisitors(writes: readonly Write[]): Promise<void> {
    const visitors = new Map<string, { readonly app: { $eq: string }; readonly visitor: { $eq: string } }>();
    for (const write of writes) {
      if (write.kind !== 'open') continue;
      const { app, visit, visitor } = write.record;
      if (!this.#visits.has(idOf(app, visit))) visitors.set(idOf(app, visitor), { app: { $eq: app }, visitor: { $eq: visitor } });
    }
    if (visitors.size === 0) return;
    const known = this.#in.visit.aggregate<{ readonly _id: { readonly app: string; readonly visitor: string } }>(
      [{ $match: { $or: [...visitors.values()] } }, { $group: { _id: { app: '$app', visitor: '$visitor' } } }],
      { session: this.#session },
    );
    for await (const { _id } of known) this.#knownVisitors.add(idOf(_id.app, _id.visitor));
  }

  /**
   * What is new first, and what others may want to write last: a node that is killed in the midst keeps it from them until the
   * server gives its transaction up, after a minute.
   */
  async #flush(): Promise<void> {
    const session = this.#session;
    if (this.#batches.length > 0) await this.#in.batch.insertMany(this.#batches, { session });
    if (this.#chunks.length > 0) await this.#in.chunk.insertMany(this.#chunks, { session });
    this.#addChanges(packChanges({ rollups: this.#totals.changes(), heat: [] }));
    if (this.#changes.length > 0) await this.#in.change.insertMany(this.#changes, { session });
    if (this.#endings.length > 0) await this.#in.ending.insertMany(this.#endings, { session });
    await this.#writeDocuments();
    await this.#writeVisits();
    await this.#writeSessions();
  }

  async #writeSessions(): Promise<void> {
    const moved = [...this.#sessions.values()].filter((held) => held.moved);
    if (moved.length === 0) return;
    const operations = moved.map(({ record, revision, urlNamedMs, seenMs }) => {
      const document = sessionDocument(record, { revision: revision + 1, urlNamedMs, seenMs, token: this.#token });
      if (revision === 0) return { insertOne: { document } };
      return { replaceOne: { filter: { _id: document._id, revision }, replacement: document } };
    });
    const { matchedCount, insertedCount } = await this.#in.session.bulkWrite(operations, { session: this.#session });
    if (matchedCount + insertedCount !== moved.length) throw new Overtaken('a session was moved meanwhile');
  }

  async #writeVisits(): Promise<void> {
    const moved = [...this.#visits.values()].filter(({ isNew, document, lastSeenMs }) => isNew || lastSeenMs > document.lastSeenMs);
    if (moved.length === 0) return;
    const operations = moved.map(({ document, isNew, lastSeenMs }) =>
      isNew
        ? { insertOne: { document: { ...document, lastSeenMs } } }
        : { updateOne: { filter: { _id: document._id }, update: { $max: { lastSeenMs } } } },
    );
    await this.#in.visit.bulkWrite(operations, { session: this.#session });
  }

  async #writeDocuments(): Promise<void> {
    const session = this.#session;
    for (const { _id, revision, value, before } of this.#documents.values()) {
      if (revision === before) continue;
      const document = { _id, revision, value, token: this.#token };
      if (before === 0) {
        await this.#in.document.insertOne(document, { session });
        continue;
      }
      const { matchedCount } = await this.#in.document.replaceOne({ _id, revision: before }, document, { session });
      if (matchedCount !== 1) throw new Overtaken('a document was written meanwhile');
    }
  }
}

function wantedBy(writes: readonly Write[]) {
  const sessions = new Map<string, { readonly app: string; readonly session: string }>();
  const visits = new Map<string, { readonly app: string; readonly visit: string }>();
  const documents = new Map<string, { readonly kind: string; readonly id: string }>();
  const wantSession = (app: string, session: string) => sessions.set(idOf(app, session), { app, session });
  for (const write of writes) {
    switch (write.kind) {
      case 'open':
        wantSession(write.record.app, write.record.session);
        visits.set(idOf(write.record.app, write.record.visit), { app: write.record.app, visit: write.record.visit });
        break;
      case 'commit':
        for (const { app, session } of write.sessions) wantSession(app, session);
        break;
      case 'end':
        wantSession(write.end.app, write.end.session);
        break;
      case 'document':
        documents.set(idOf(write.write.kind, write.write.id), { kind: write.write.kind, id: write.write.id });
        break;
    }
  }
  return { sessions, visits, documents };
}

/** One string for two; the length keeps `a` + `bc` apart from `ab` + `c`. */
function idOf(one: string, other: string): string {
  return `${one.length}:${one}${other}`;
}
