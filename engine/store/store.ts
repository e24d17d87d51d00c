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
import type { LayoutRecord, SessionRecord, SetAside, VisitRecord } from './records.ts';

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

  readDocument(kind: string, id: string): Promise<StoredDocument | null>;
  /** @returns false, with nothing written, if it has another revision by now */
  writeDocument(write: DocumentWrite): Promise<boolean>;

  /** True if it takes a write now. */
  ready(): Promise<boolean>;
  /** Commits what was given, then lets go of everything. */
  close(): Promise<void>;
}
