/** What a session needs of the world, as small as it can be: no socket, store or pool is known here. */

import type { EndReason, Place, State } from '../../engine/protocol/lifecycle.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';

/** The connection of one session, whatever carries it. */
export type SessionSocket = {
  /** Queues a message. Messages that can be said again later may be left out when the peer does not read. */
  send(message: ServerMessage): void;
  /** Closes with a code of protocol/messages.ts. Its `close` is reported by whoever owns the socket. */
  close(code: number, reason: string): void;
  /** Stops and restarts reading: back-pressure that the peer's TCP feels. */
  pause(): void;
  resume(): void;
};

/** One transition, as inspection shows it: our own schema, so that XState's may change. */
export type Transition = {
  readonly atMs: number;
  readonly event: string;
  readonly from: State;
  readonly state: Place;
};

/** The end of a session, to be written once. */
export type SessionEnd = { readonly app: string; readonly session: string; readonly endedMs: number; readonly reason: EndReason };
