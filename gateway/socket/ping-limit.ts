import type { WebSocket } from 'ws';
import type { Clock } from '../../engine/clock/clock.ts';
import { CLOSE_CODES } from '../../engine/protocol/messages.ts';

/** Browsers send no pings at all, other clients one every few seconds; each costs us a pong. */
export const PINGS_MAX = 20;
const WINDOW_MS = 10_000;

/** Ends a peer that floods us with pings (SPEC SM6). */
export function limitPings(clock: Clock, peer: WebSocket): void {
  let windowMs = clock.monotonicMs();
  let pings = 0;
  peer.on('ping', () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowMs >= WINDOW_MS) {
      windowMs = nowMs;
      pings = 0;
    }
    if (++pings > PINGS_MAX) peer.close(CLOSE_CODES.ended, 'too many pings');
  });
}
