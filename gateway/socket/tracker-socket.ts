/** Stop 4: bytes → session event. Opens sockets by ticket, and hands every message to the session that holds it. */
import { type WebSocket, WebSocketServer } from 'ws';
import type { Registry } from '../../actors/registry/registry.ts';
import type { SessionSocket } from '../../actors/session/session-ports.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import { SOCKET_PROTOCOL } from '../../engine/protocol/hello.ts';
import { FRAME_MAX_BYTES } from '../../engine/protocol/limits.ts';
import { CLOSE_CODES } from '../../engine/protocol/messages.ts';
import type { Tickets } from '../hello/tickets.ts';
import { limitPings } from './ping-limit.ts';
import { Reading } from './reading.ts';
import { refuseUpgrade, type Upgrade } from './upgrades.ts';

/** Most fragments of one message: our trackers send one. Floods of tiny ones are closed by ws with 1008. */
const FRAGMENTS_MAX = 64;
const CHUNKS_MAX = 1_024;
/** A peer that does not read: acks are left out above the first, for a later one says the same; it is ended above the second. */
const SEND_SKIP_BYTES = 1_048_576;
const SEND_END_BYTES = 4_194_304;

export type TrackerSockets = { readonly upgrade: Upgrade; readonly server: WebSocketServer };

export function createTrackerSockets({ clock, registry, tickets }: { clock: Clock; registry: Registry; tickets: Tickets }): TrackerSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_MAX_BYTES,
    maxFragments: FRAGMENTS_MAX,
    maxBufferedChunks: CHUNKS_MAX,
    perMessageDeflate: false,
    handleProtocols: () => SOCKET_PROTOCOL,
  });

  const upgrade: Upgrade = (request, socket, head) => {
    const [protocol, ticket = '', ...rest] = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim());
    const holder = protocol === SOCKET_PROTOCOL && rest.length === 0 ? tickets.redeem(ticket, request.headers.origin ?? '') : null;
    const session = holder && registry.find(holder.session);
    if (session?.place !== 'CONNECT') {
      registry.counters.drop('ticket-refused');
      refuseUpgrade(socket, 401, 'Unauthorized');
      return;
    }
    server.handleUpgrade(request, socket, head, (peer) => {
      server.emit('connection', peer, request);
      limitPings(clock, peer);
      const reading = new Reading(peer, (data, isBinary) => {
        if (isBinary) registry.deliverFrame(session, data);
        else registry.deliverText(session, data.toString(), data);
      });
      const port = { ...portOf(peer), pause: () => reading.stop(), resume: () => reading.resume() };
      // An error is always followed by close, which is where the session hears of it.
      peer.on('error', () => undefined);
      peer.on('close', () => {
        reading.end();
        registry.detach(session, port);
      });
      peer.on('message', (data: Buffer, isBinary: boolean) => reading.arrived(data, isBinary));
      if (!registry.attach(session, port)) peer.close(CLOSE_CODES.ended, 'a newer page took over');
    });
  };
  return { upgrade, server };
}

/** A ws socket as the session sees it (SPEC SM7). @param peer its sending half */
export function portOf(
  peer: Pick<WebSocket, 'readyState' | 'OPEN' | 'bufferedAmount' | 'send' | 'terminate' | 'close' | 'pause' | 'resume'>,
): SessionSocket {
  return {
    send(message) {
      if (peer.readyState !== peer.OPEN) return;
      if (peer.bufferedAmount > SEND_END_BYTES) return peer.terminate();
      if (peer.bufferedAmount > SEND_SKIP_BYTES && message.type === 'ACK') return;
      peer.send(JSON.stringify(message));
    },
    close: (code, reason) => peer.close(code, reason),
    pause: () => peer.pause(),
    resume: () => peer.resume(),
  };
}
