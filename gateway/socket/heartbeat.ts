import type { WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../engine/clock/clock.ts';

/** A peer that answers neither of two pings is gone (SPEC SM4). */
export const HEARTBEAT_MS = 15_000;
const MISSED_MAX = 2;

/** Pings every client of a server; ends the half-open ones. @returns stops it */
export function startHeartbeat(clock: Clock, server: WebSocketServer): () => void {
  const missed = new WeakMap<WebSocket, number>();
  server.on('connection', (socket) => {
    missed.set(socket, 0);
    socket.on('pong', () => missed.set(socket, 0));
  });
  const beat = (): void => {
    for (const socket of server.clients) {
      const count = missed.get(socket) ?? 0;
      if (count >= MISSED_MAX) socket.terminate();
      else {
        missed.set(socket, count + 1);
        socket.ping();
      }
    }
    cancel = clock.after(HEARTBEAT_MS, beat);
  };
  let cancel = clock.after(HEARTBEAT_MS, beat);
  return () => cancel();
}
