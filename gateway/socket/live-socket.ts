/** The UI's socket: one connection watches topics; what changed goes out at most four times a second (protocol/live.ts). */
import type { IncomingMessage } from 'node:http';
import { Ajv } from 'ajv';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../engine/clock/clock.ts';
import { type Action, type Identity, may } from '../../engine/protocol/access.ts';
import { LIVE_REQUEST, type LiveMessage, type LiveRequest, type LiveTopic } from '../../engine/protocol/live.ts';
import { CLOSE_CODES } from '../../engine/protocol/messages.ts';
import type { Identify } from '../access/identify.ts';
import type { IsOwnHost } from '../http/own-hosts.ts';
import { limitPings } from './ping-limit.ts';
import { refuseUpgrade, type Upgrade } from './upgrades.ts';

const REQUEST_MAX_BYTES = 4_096;
const PAINT_MS = 250;
/** A browser that does not keep up gets no more deltas until it has read what it was sent. */
const BACKLOG_MAX_BYTES = 1_048_576;
/** Who watches is asked again so often. */
const IDENTIFY_EVERY_MS = 10_000;
/** Open pages of the UI; each costs a picture four times a second. */
const CONNECTIONS_MAX = 200;

/** One watched topic of one connection. */
export type Watch = {
  /** What changed since the last call, or null. Called at most once per paint, never while the peer lags behind. */
  next(): LiveMessage | null;
  /** Stops listening. */
  stop(): void;
};

/** Starts a watch for a request; its first `next()` gives the full picture. Null: no such app. */
export type StartWatch = (request: WatchRequest) => Watch | null;

type WatchRequest = Exclude<LiveRequest, { type: 'unwatch' }>;

/** What it takes to watch a topic. */
const ACTION_OF: Readonly<Record<WatchRequest['type'], Action>> = {
  'watch-pulse': 'reports.read',
  'watch-newest': 'reports.read',
  'watch-stored': 'reports.read',
  'watch-actors': 'actors.watch',
};

export type LiveSockets = { readonly upgrade: Upgrade; readonly server: WebSocketServer };

export function createLiveSockets(deps: {
  clock: Clock;
  startWatch: StartWatch;
  welcome: () => LiveMessage;
  isOwnHost: IsOwnHost;
  identify: Identify;
}): LiveSockets {
  const { clock, startWatch, welcome, isOwnHost, identify } = deps;
  const server = new WebSocketServer({ noServer: true, maxPayload: REQUEST_MAX_BYTES, maxFragments: 4, perMessageDeflate: false });
  const isRequest = new Ajv({ useDefaults: true }).compile<LiveRequest>(LIVE_REQUEST);

  const upgrade: Upgrade = (request, socket, head) => {
    if (!isOwnOrigin(request, isOwnHost)) return refuseUpgrade(socket, 403, 'Forbidden');
    if (server.clients.size >= CONNECTIONS_MAX) return refuseUpgrade(socket, 503, 'Service Unavailable');
    const { headers } = request;
    const ip = request.socket.remoteAddress ?? '';
    const whoNow = async () => (await identify({ headers, ip })).identity;
    whoNow().then(
      (identity) => {
        if (identity === null) return refuseUpgrade(socket, 401, 'Unauthorized');
        server.handleUpgrade(request, socket, head, (peer) => {
          server.emit('connection', peer, request);
          limitPings(clock, peer);
          serve(peer, identity, whoNow);
        });
      },
      () => refuseUpgrade(socket, 503, 'Service Unavailable'),
    );
  };

  function serve(peer: WebSocket, whoAtFirst: Identity, whoNow: () => Promise<Identity | null>): void {
    let identity = whoAtFirst;
    const watches = new Map<LiveTopic, { readonly watch: Watch; readonly request: WatchRequest }>();
    let cancel = clock.after(PAINT_MS, paint);
    let cancelLook = clock.after(IDENTIFY_EVERY_MS, look);
    send(peer, welcome());

    peer.on('error', () => undefined);
    peer.on('close', () => {
      cancel();
      cancelLook();
      for (const { watch } of watches.values()) watch.stop();
    });
    peer.on('message', (data: Buffer, isBinary: boolean) => {
      const request = isBinary ? null : parse(data.toString());
      if (!isRequest(request)) return send(peer, { type: 'refused', message: 'not a request of this socket' });
      if (request.type === 'unwatch') {
        watches.get(request.topic)?.watch.stop();
        watches.delete(request.topic);
        return;
      }
      const topic = request.type.slice('watch-'.length) as LiveTopic;
      watches.get(topic)?.watch.stop();
      watches.delete(topic);
      if (!may(identity, ACTION_OF[request.type], request.app))
        return send(peer, { type: 'refused', message: `this takes another role in ${request.app}` });
      const watch = startWatch(request);
      if (!watch) return send(peer, { type: 'refused', message: `no app has the key ${request.app}` });
      watches.set(topic, { watch, request });
      const first = watch.next();
      if (first) send(peer, first);
    });

    /** Signed out, or a role taken away: what was being watched ends then. */
    function look(): void {
      cancelLook = clock.after(IDENTIFY_EVERY_MS, look);
      whoNow().then(
        (now) => {
          if (now === null) return peer.close(CLOSE_CODES.ended, 'signed out');
          identity = now;
          for (const [topic, { watch, request }] of watches) {
            if (may(now, ACTION_OF[request.type], request.app)) continue;
            watch.stop();
            watches.delete(topic);
          }
        },
        // Nobody can say: what was allowed goes on until somebody can.
        () => undefined,
      );
    }

    function paint(): void {
      cancel = clock.after(PAINT_MS, paint);
      if (peer.bufferedAmount > BACKLOG_MAX_BYTES) return;
      for (const { watch } of watches.values()) {
        const message = watch.next();
        if (message) send(peer, message);
      }
    }
  }
  return { upgrade, server };
}

/** Another site's page must not read along: the page that opens the socket is our own. */
function isOwnOrigin(request: IncomingMessage, isOwnHost: IsOwnHost): boolean {
  const { origin, host } = request.headers;
  return origin !== undefined && isOwnHost(host) && URL.parse(origin)?.host === host;
}

function send(peer: WebSocket, message: LiveMessage): void {
  if (peer.readyState === peer.OPEN) peer.send(JSON.stringify(message));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
