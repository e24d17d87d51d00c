/**
 * The store's port: two adapters (SQLite here; MongoDB is the deployment's), one contract suite. Every method rejects
 * with a `StoreAway` error when the store does not answer; what it rejects has changed nothing.
 */

import type { SessionQuery } from '../protocol/api.ts';
import type { WidthClass } from '../protocol/events.ts';
import type { Ledger } from '../protocol/ledger.ts';
import type { EndReason } from '../protocol/lifecycle.ts';
import type { RollupChange, RollupName, RollupRow } from '../rollup/rollups.ts';
import type { LayoutRecord, SessionRecord, SetAside, VisitRecord } from './records.ts';

/** One stored frame. */
export type Chunk = {
  readonly app: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  /** Times of its first and last event, epoch ms. */ readonly startMs: number;
  readonly endMs: number;
  /** Binary form always; text events are encoded by the worker. */ readonly bytes: Uint8Array;
};

/** What one session brings to a commit. */
export type SessionAdvance = {
  readonly app: string;
  readonly session: string;
  readonly visit: string;
  /** The numbers of its frames, set-aside ones included: they are done, too. */
  readonly frames: readonly { readonly firstSeq: number; readonly count: number; readonly baseSeq: number }[];
  readonly views: number;
  readonly clicks: number;
  readonly events: number;
  readonly lastSeenMs: number;
  /** Latest address and since when; absent when no event named one. */
  readonly url?: string;
  readonly urlSinceMs?: number;
};

/** A worker's finished work: everything that one transaction writes. */
export type PreparedBatch = {
  readonly sessions: readonly SessionAdvance[];
  readonly chunks: readonly Chunk[];
  readonly rollups: readonly RollupChange[];
  readonly layouts: readonly LayoutRecord[];
  readonly setAside: readonly SetAside[];
};

/**
 * `committed`: all of it is durable, with each session's ledger after it, in the order of `sessions`.
 * `conflict`: some frames were stored before; nothing was written. Aggregate again without them.
 */
export type CommitOutcome =
  | { readonly committed: true; readonly ledgers: readonly Ledger[] }
  | { readonly committed: false; readonly stored: readonly { readonly session: string; readonly firstSeq: number }[] };

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

  /** One transaction: chunks, rollup increments, ledgers, layouts, set-aside frames. Exactly once or not at all. */
  commit(batch: PreparedBatch): Promise<CommitOutcome>;

  /**
   * Finishes a session: end, reason, and the time on its last address. Does nothing to one that has ended.
   * `gaps` still open are kept in the ledger: a late frame may fill them.
   */
  endSession(end: {
    readonly app: string;
    readonly session: string;
    readonly endedMs: number;
    readonly reason: EndReason;
    readonly changes: readonly RollupChange[];
  }): Promise<void>;

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
