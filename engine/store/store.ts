/**
 * The store's port: two adapters (SQLite here; MongoDB is the deployment's), one contract suite. Every method rejects
 * with a DatalabError `store-away` when the store does not answer; what it rejects has changed nothing.
 */

import type { SessionQuery } from '../protocol/api.ts';
import type { DropReason } from '../protocol/drop-reasons.ts';
import type { WidthClass } from '../protocol/events.ts';
import type { Ledger } from '../protocol/ledger.ts';
import type { EndReason } from '../protocol/lifecycle.ts';
import type { RollupName, RollupRow } from '../rollup/rollups.ts';
import type { EndingRecord, LayoutRecord, SessionRecord, SetAside, VisitRecord } from './records.ts';

/** One stored frame. */
export type Chunk = {
  readonly app: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  /** Times of its earliest and latest event, epoch ms, within the allowed skew. */ readonly startMs: number;
  readonly endMs: number;
  /** When it arrived: with it and the bytes, its rollups can be computed again. */ readonly receivedMs: number;
  /** Binary form always; text events are encoded by the worker. */ readonly bytes: Uint8Array;
};

/** What one session brings to a commit. */
export type SessionAdvance = {
  readonly app: string;
  readonly session: string;
  readonly visit: string;
  /**
   * The numbers of its frames, set-aside ones included: they are done, too. Empty when all of them were stored before: the
   * session is named all the same, so that its ledger comes back and the resend is acknowledged.
   */
  readonly frames: readonly { readonly firstSeq: number; readonly count: number; readonly baseSeq: number }[];
  readonly views: number;
  readonly clicks: number;
  readonly events: number;
  /** Time of the latest event, epoch ms; 0 without one. */ readonly lastSeenMs: number;
  /** Latest address, since when (or LEFT), and when it was named; absent when no event named one. The latest named one stays. */
  readonly place?: { readonly url: string; readonly sinceMs: number; readonly atMs: number };
  readonly widthClass?: WidthClass;
};

/** A worker's finished work: everything that one transaction writes. */
export type PreparedBatch = {
  readonly sessions: readonly SessionAdvance[];
  readonly chunks: readonly Chunk[];
  /** The rollup changes of its chunks, by packChanges (rollup/packed-changes.ts); empty when there are none. */
  readonly changes: Uint8Array;
  readonly layouts: readonly LayoutRecord[];
  readonly setAside: readonly SetAside[];
};

/** A frame that a commit did not take: `frame-duplicate`, `frame-overlap` or `session-unknown`. */
export type RefusedFrame = {
  readonly app: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  readonly reason: DropReason;
};

/**
 * `committed`: all of it is durable, with each session's ledger after it, in the order of `sessions`.
 * Not `committed`: some frames were stored before or cannot be; nothing was written. Aggregate again without them.
 */
export type CommitOutcome =
  | { readonly committed: true; readonly ledgers: readonly Ledger[] }
  | { readonly committed: false; readonly refused: readonly RefusedFrame[] };

/** How a session ended. */
export type SessionEnd = {
  readonly app: string;
  readonly session: string;
  readonly endedMs: number;
  readonly reason: EndReason;
};

/** A small document of ours: how far a rebuild is, say. `revision` counts its writes from 1; 0 stands for one that is not there. */
export type StoredDocument = { readonly revision: number; readonly value: unknown };
/** Writes a document, if it still has this revision. */
export type DocumentWrite = { readonly kind: string; readonly id: string; readonly ifRevision: number; readonly value: unknown };

/** The rollups of one UTC day, as kept and as computed again, both as of one moment. */
export type DayComparison = {
  readonly day: string;
  readonly chunks: number;
  readonly events: number;
  /** Rollup documents that were compared, every cell of heat counted. */ readonly rows: number;
  /** Documents that differ. */ readonly differing: number;
  /** The first few of them, in words. */ readonly examples: readonly string[];
  /** What must be added to the kept ones to make them right, by packChanges. */ readonly corrections: Uint8Array;
};

/** Which visits: `fromMs` and `toMs` bound their start. */
export type VisitQuery = {
  readonly app: string;
  readonly visitor?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Default `startedMs`. */ readonly sort?: 'startedMs' | 'lastSeenMs';
  /** Default true: the latest first. */ readonly descending?: boolean;
  /** Default 0. */ readonly offset?: number;
  /** Default 100. */ readonly limit?: number;
};

/** A walk through sessions in order of (`startedMs`, `session`), a page at a time; `fromMs` and `toMs` bound their start, inclusive. */
export type SessionWalk = {
  readonly app: string;
  readonly visitor?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** The last one of the page before. */ readonly after?: { readonly startedMs: number; readonly session: string };
  readonly limit: number;
};

/** A session with all that is stored of it. */
export type StoredSession = {
  readonly record: SessionRecord;
  /** Oldest first. */ readonly endings: readonly EndingRecord[];
  /** The visits that it began, oldest first. */ readonly visits: readonly VisitRecord[];
  /** By first number. */ readonly chunks: readonly Chunk[];
};

/** Kinds of data that are kept for a time of their own. Who deletes sessions deletes their visits, ends and chunks, too. */
export const KEPT_KINDS = ['chunks', 'sessions', 'rollups'] as const;
export type KeptKind = (typeof KEPT_KINDS)[number];

/** What of one app is old: everything before the start of a UTC day, `YYYY-MM-DD`. */
export type Expiry = { readonly app: string; readonly kind: KeptKind; readonly beforeDay: string };

/** What one step of deleting did. `done`: nothing more of it is there. */
export type Expired = { readonly removed: number; readonly done: boolean };

/** What one step of erasing a visitor took away. */
export type Erased = {
  readonly visits: number;
  readonly sessions: number;
  readonly chunks: number;
  readonly events: number;
  readonly endings: number;
  readonly setAside: number;
  /** Chunks and visits whose counts stay in rollups: it is not known any more what they counted, or those days' rollups expired. */
  readonly uncounted: number;
  /** Nothing more of the visitor is there. */ readonly done: boolean;
};

/** What the ordered questions read: app and key range of one rollup. */
export type RollupRange = {
  readonly app: string;
  /** Days, inclusive, `YYYY-MM-DD` in UTC. */ readonly fromDay?: string;
  readonly toDay?: string;
  /** Exact values of further key columns. */ readonly where?: Readonly<Record<string, string | number>>;
};

export interface Store {
  readonly kind: 'sqlite' | 'mongodb';

  /**
   * Writes or takes up a session at hello, with its visit and visitor, and counts a new visit or visitor once
   * (rollup/dimensions.ts, newVisitChanges, on the day of the visit's start).
   * A session that exists keeps its history: its end is taken back, its visit becomes the given one.
   * @returns the session as it is stored now
   */
  openSession(record: SessionRecord): Promise<SessionRecord>;

  /**
   * One transaction: chunks, rollup changes, ledgers, layouts, set-aside frames. Exactly once or not at all.
   * The changes are written as they come and added up to plain rollups soon after (`fold`); `readRollup` answers with both.
   * @param batch or the bytes that packBatch made of it: those pass the main thread unread, and are taken away (transferred)
   */
  commit(batch: PreparedBatch | Uint8Array<ArrayBuffer>): Promise<CommitOutcome>;

  /**
   * Finishes a session: end, reason, and the time on its last address (rollup/page-time.ts). Does nothing to one that has ended.
   * `gaps` still open are kept in the ledger: a late frame may fill them.
   */
  endSession(end: SessionEnd): Promise<void>;

  findSession(app: string, session: string): Promise<SessionRecord | null>;
  /** Sessions without an end: what a restarted node takes up. */
  unendedSessions(): Promise<readonly SessionRecord[]>;
  /** The visitor's latest visit. */
  latestVisit(app: string, visitor: string): Promise<VisitRecord | null>;

  listVisits(query: VisitQuery): Promise<{ readonly rows: readonly VisitRecord[]; readonly total: number }>;
  walkSessions(walk: SessionWalk): Promise<readonly SessionRecord[]>;
  /** All of a session, as of one moment. */
  readSession(app: string, session: string): Promise<StoredSession | null>;
  listSessions(query: SessionQuery): Promise<{ readonly rows: readonly SessionRecord[]; readonly total: number }>;
  /** A session's chunks by first number. */
  readChunks(app: string, session: string): Promise<readonly Uint8Array[]>;
  readRollup<N extends RollupName>(name: N, range: RollupRange): Promise<readonly RollupRow<N>[]>;
  latestLayout(app: string, url: string, widthClass: WidthClass): Promise<LayoutRecord | null>;
  listSetAside(app: string, limit: number): Promise<readonly SetAside[]>;

  /** Adds up every rollup change that was committed before the call. Happens by itself, too: this is for whoever cannot wait. */
  fold(): Promise<void>;
  /** UTC days that chunks, ends, visits or kept rollups are of, ascending: what a rebuild walks through. */
  rollupDays(): Promise<readonly string[]>;
  /** Computes a day's rollups again from chunks, visits and ends, and compares. Writes nothing, waits for no writer and holds up none. */
  compareDay(day: string): Promise<DayComparison>;
  /**
   * Adds rollup changes in one transaction with a document: together or not at all, so that whoever marks there what was
   * added adds it once. @returns false, with nothing written, if the document has another revision by now
   */
  applyChanges(changes: Uint8Array, mark: DocumentWrite): Promise<boolean>;

  /**
   * Puts a session back as it was, with its visits, ends and chunks, in one transaction, and counts what they count: for an import.
   * A visit that is there already stays; a visitor who was here before is not counted as new.
   * @param changes the rollup changes of its chunks, by packChanges @param layouts those of its chunks, in order; a later one stays
   * @returns false, with nothing written, if the session is there already
   */
  restoreSession(stored: StoredSession, changes: Uint8Array, layouts?: readonly LayoutRecord[]): Promise<boolean>;

  /**
   * Deletes some of what is old, in one transaction that does not hold up other writes for long: ask again until it is `done`.
   * Only sessions that have ended before that day are deleted, and chunks whose latest event was before it. The rollups that
   * chunks counted into stay: write `coverage` first (coverage.ts), so that a rebuild leaves those days alone.
   */
  expireSome(expiry: Expiry): Promise<Expired>;
  /**
   * Deletes some of a visitor's visits, sessions, ends, chunks and set-aside frames, and takes away what they counted in the
   * rollups, in one transaction: ask again until it is `done`.
   */
  eraseSome(app: string, visitor: string): Promise<Erased>;
  /**
   * Deleted bytes leave the disk as well, as far as the store has that in its hands; so do layouts of pages that no rollup is of any
   * more. @returns false if some may still be there
   */
  scrub(): Promise<boolean>;

  readDocument(kind: string, id: string): Promise<StoredDocument | null>;
  /** @returns false, with nothing written, if it has another revision by now */
  writeDocument(write: DocumentWrite): Promise<boolean>;

  /** True if it takes a write now. */
  ready(): Promise<boolean>;
  /** Commits what was given, then lets go of everything. */
  close(): Promise<void>;
}
