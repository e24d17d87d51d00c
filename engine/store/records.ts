/** What the store keeps, as plain data. Times are epoch ms. */
import type { WidthClass } from '../protocol/events.ts';
import type { Ledger } from '../protocol/ledger.ts';
import type { EndReason } from '../protocol/lifecycle.ts';
import type { Facts } from '../rollup/dimensions.ts';
import type { PageLayout } from '../rollup/layouts.ts';

export type DeviceClass = 'desktop' | 'mobile' | 'tablet' | 'other';

/** What is known of a session from its hello: what counts are kept by, and who it is. */
export type SessionFacts = Facts & {
  readonly session: string;
  readonly visit: string;
  readonly visitor: string;
  readonly device: DeviceClass;
  /** Marked, never dropped. */ readonly bot: boolean;
};

/** One session as stored. Written at hello, moved by every commit, finished at its end. */
export type SessionRecord = SessionFacts & {
  readonly tab: string;
  readonly startedMs: number;
  /** Latest event, or the end. */ readonly lastSeenMs: number;
  readonly entryUrl: string;
  /** Latest address, and since when; LEFT (rollup/page-time.ts) once its time was counted. */ readonly url: string;
  readonly urlSinceMs: number;
  /** Width class of the latest page; absent before the first frame that names one. */ readonly widthClass?: WidthClass;
  readonly views: number;
  readonly clicks: number;
  readonly events: number;
  readonly ledger: Ledger;
  /** Set when it ended; absent again when the tab came back. */ readonly endedMs?: number;
  readonly endReason?: EndReason;
};

/** A visit: what a visitor does until 30 minutes of quiet. */
export type VisitRecord = {
  readonly app: string;
  readonly visit: string;
  readonly visitor: string;
  readonly startedMs: number;
  readonly lastSeenMs: number;
  /** The session that began it. */ readonly session: string;
  /** The visitor had none before. */ readonly newVisitor: boolean;
};

/** One end of a session: what it counted then. A session that came back and ended again has two. */
export type EndingRecord = {
  readonly endedMs: number;
  readonly reason: EndReason;
  /** The page on which it ended, and since when; LEFT (rollup/page-time.ts) if its time was counted before. */ readonly url: string;
  readonly urlSinceMs: number;
  readonly widthClass?: WidthClass;
};

/** A frame that could not be stored as what it claims to be: kept for the operators, never retried. */
export type SetAside = {
  readonly app: string;
  readonly session: string;
  readonly firstSeq: number;
  readonly count: number;
  /** A drop reason. */ readonly reason: string;
  /** SHA-256 of the bytes, hex; the bytes themselves are not kept. */ readonly sha256: string;
  readonly atMs: number;
};

/** The latest layout of a page in one width class. */
export type LayoutRecord = PageLayout;
