/** What the server says on a session's socket: JSON text, for our tracker and for others alike (SPEC AK3, SM1). */
import type { DropReason } from './drop-reasons.ts';
import type { TrackerConfig } from './hello.ts';
import type { EndReason } from './lifecycle.ts';

export type ServerMessage =
  /** Every event up to `seq` is stored. One per commit, not one per frame. */
  | { readonly type: 'ACK'; readonly seq: number }
  /** These events are not taken and never will be, unless `retry`. */
  | {
      readonly type: 'REFUSED';
      readonly reason: DropReason;
      readonly retry: boolean;
      readonly firstSeq?: number;
      readonly lastSeq?: number;
    }
  /** Thin the moves: keep one sample in `2^level`. 0 ends it. Clicks and the rest are never thinned. */
  | { readonly type: 'THIN'; readonly level: number }
  /** Capture like this from now on, and confirm it by a `configured` event with its revision (SPEC CT1, CT2). */
  | { readonly type: 'CONTROL'; readonly config: TrackerConfig }
  /** The server ends this session; the tracker hands over its last frames with a goodbye and goes to CLOSING (SPEC CT4). */
  | { readonly type: 'END'; readonly reason: EndReason };

/** Answer to a poll (SPEC PO4): what a socket would have said meanwhile. */
export type PollAnswer = {
  readonly messages: readonly ServerMessage[];
  /** The connection is closed, with a code as a socket's. */ readonly closed?: number;
};

/** WebSocket close codes that we send, each with what the tracker does. */
export const CLOSE_CODES = {
  /** After a goodbye. */ goodbye: 1000,
  /** The node goes away: come back with a new hello. */ goingAway: 1001,
  /** A newer hello of the same session took over, or the session ended: see the reason. */ ended: 1008,
  /** A message above the limit. */ tooBig: 1009,
  /** Restarting: come back after a pause. */ restart: 1012,
  /** Overloaded: come back after a pause. */ tryLater: 1013,
} as const;
