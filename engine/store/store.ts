/**
 * The store's port: two adapters (SQLite here; MongoDB is the deployment's), one contract suite. Every method rejects
 * with a DatalabError `store-away` when the store does not answer; what it rejects has changed nothing.
 */

import type { SessionQuery } from '../protocol/api.ts';
import type { DropReason } from '../protocol/drop-reasons.ts';
import type { WidthClass } from '../protocol/events.ts';
import type { Ledger } from '../protocol/ledger.ts';
import type { EndReason } from '../protocol/lifecycle.ts';
import type { HeatGrid } from '../rollup/heat.ts';
import type { RollupChange, RollupName, RollupRow } from '../rollup/rollups.ts';
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
  readonly rollups: readonly RollupChange[];
  readonly heat: readonly HeatGrid[];
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

/** How a session ended. `changes` is the time on its last address (rollup/page-time.ts). */
export type SessionEnd = {
  readonly app: string;
  readonly session: string;
  readonly endedMs: number;
  readonly reason: EndReason;
  readonly changes: readonly RollupChange[];
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
   * Writes or takes up a session at hello, with its visit and visitor, and counts a new visit or visitor once.
   * A session that exists keeps its history: its end is taken back, its visit becomes the given one.
   * @returns the session as it is stored now
   */
  openSession(record: SessionRecord, changesIfNewVisit: readonly RollupChange[]): Promise<SessionRecord>;

  /**
   * One transaction: chunks, rollup increments, ledgers, layouts, set-aside frames. Exactly once or not at all.
   * @param batch or the bytes that packBatch made of it: those pass the main thread unread, and are taken away (transferred)
   */
  commit(batch: PreparedBatch | Uint8Array<ArrayBuffer>): Promise<CommitOutcome>;

  /**
   * Finishes a session: end, reason, and the time on its last address. Does nothing to one that has ended.
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

  /** True if it takes a write now. */
  ready(): Promise<boolean>;
  /** Commits what was given, then lets go of everything. */
  close(): Promise<void>;
}
