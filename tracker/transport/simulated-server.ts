/**
 * The world as tests need it: a server whose every answer is given by hand, over a network that loses what it is told
 * to. It stores by the real codec and ledger, so "nothing lost, nothing twice" is judged by the rules themselves.
 */
import { decodeFrame } from '../../engine/protocol/codec/frame.ts';
import { decodePost } from '../../engine/protocol/codec/post.ts';
import type { Event, Frame } from '../../engine/protocol/events.ts';
import { DEFAULT_TRACKER_CONFIG, type HelloAnswer, type HelloRequest } from '../../engine/protocol/hello.ts';
import { ackOf, admit, EMPTY_LEDGER, type Ledger } from '../../engine/protocol/ledger.ts';
import type { ServerMessage } from '../../engine/protocol/messages.ts';
import type { Clock, HelloReply, Ports, Socket, SocketHandlers } from './ports.ts';

/** One socket, or connection of polls, as the server's end sees it. */
export type SimulatedSocket = {
  readonly isPolled: boolean;
  /** A socket's; the ticket alone where it is of polls. */
  readonly protocols: readonly string[];
  /** Frames that arrived and are not committed. */ inbox: Uint8Array[];
  /** Set once the tracker closed it. */ closedWith: number | null;
  readonly handlers: SocketHandlers;
};

/** One session, as a server would store it. */
export type StoredSession = { ledger: Ledger; readonly events: Map<number, { event: Event; url: string }>; goodbyes: number };

/** A server with its network and one tab's storage. */
export class SimulatedServer {
  readonly ports: Ports;
  readonly hellos: HelloRequest[] = [];
  readonly sockets: SimulatedSocket[] = [];
  readonly posts: Uint8Array[] = [];
  readonly sessions = new Map<string, StoredSession>();
  /** The tab's storage. */ remains: string | null = null;
  /** Whether the tracker finds the file that can poll. */ hasPolls = true;
  /** Beacons over this size are refused. */ beaconMaxBytes = 65_536;
  /** Drop reasons that storing met, in order. */ readonly refused: string[] = [];
  /** The server's clock minus the tracker's. */ clockOffsetMs = 0;
  readonly #clock: Clock;
  #asked: ((reply: HelloReply | null) => void) | null = null;
  #count = 0;

  constructor(clock: Clock, random: () => number = () => 0.5) {
    this.#clock = clock;
    this.ports = {
      clock,
      random,
      postHello: (body, answered) => {
        this.hellos.push(body);
        this.#asked = answered;
      },
      openSocket: (_url, protocols, handlers) => this.#connection(false, protocols, handlers),
      loadPolls: (loaded, failed) => {
        if (this.hasPolls) loaded(({ ticket }, handlers) => this.#connection(true, [ticket], handlers));
        else failed();
      },
      beacon: (_url, bytes) => {
        if (bytes.length > this.beaconMaxBytes) return false;
        this.posts.push(bytes);
        return true;
      },
      storage: {
        take: () => {
          const { remains } = this;
          this.remains = null;
          return remains;
        },
        put: (text) => {
          this.remains = text;
        },
      },
    };
  }

  /** The latest socket. */
  get socket(): SimulatedSocket {
    const socket = this.sockets[this.sockets.length - 1];
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  /** Answers the latest hello as a server that knows its sessions. */
  admit(change: Partial<HelloAnswer> = {}): void {
    const asked = this.hellos[this.hellos.length - 1]?.session;
    const known = asked !== undefined && this.sessions.has(asked);
    const session = known ? asked : `session-${++this.#count}`;
    const stored = this.#session(change.session ?? session);
    this.reply({
      status: 200,
      body: {
        session,
        visit: 'visit',
        resumed: known,
        resume: `token-${session}`,
        ticket: `ticket-${this.hellos.length}`,
        ticketTtlMs: 30_000,
        socketUrl: 'ws://lab.example/s',
        postUrl: 'http://lab.example/p',
        pollUrl: 'http://lab.example/q',
        serverTimeMs: this.#clock.nowMs() + this.clockOffsetMs,
        ackedSeq: ackOf(stored.ledger),
        highSeq: stored.ledger.highSeq,
        config: DEFAULT_TRACKER_CONFIG,
        ...change,
      } satisfies HelloAnswer,
    });
  }

  /** Answers the latest hello with anything; null is no answer. */
  reply(reply: HelloReply | null): void {
    this.#asked?.(reply);
  }

  /** Lets the latest socket open. */
  open(): void {
    this.socket.handlers.opened();
  }

  /** The usual way into LISTEN. */
  listen(): void {
    this.admit();
    this.open();
  }

  /** Cuts the latest socket; what it had not committed is lost. */
  drop(code = 1006): void {
    this.socket.inbox = [];
    this.socket.handlers.closed(code);
  }

  tell(message: ServerMessage): void {
    this.socket.handlers.message(JSON.stringify(message));
  }

  /** Stores what the latest socket brought. @param ack false: the ack is lost on the way */
  commit(session = 'session-1', ack = true): void {
    for (const bytes of this.socket.inbox.splice(0)) this.#store(session, bytes);
    if (ack) this.tell({ type: 'ACK', seq: ackOf(this.#session(session).ledger) });
  }

  /** Stores what was posted, in the order of arrival. */
  commitPosts(): void {
    for (const bytes of this.posts.splice(0)) {
      const post = decodePost(bytes);
      if (!post.ok) throw new Error(post.reason);
      for (const frame of post.value.frames) this.#store(post.value.session, frame);
    }
  }

  /** Everything stored of a session, by number. */
  stored(session = 'session-1'): readonly Event[] {
    return [...this.#session(session).events].sort(([a], [b]) => a - b).map(([, { event }]) => event);
  }

  #connection(isPolled: boolean, protocols: readonly string[], handlers: SocketHandlers): Socket {
    const socket: SimulatedSocket = { isPolled, protocols, inbox: [], closedWith: null, handlers };
    this.sockets.push(socket);
    return {
      send: (bytes) => socket.inbox.push(bytes),
      close: (code) => {
        socket.closedWith = code;
      },
    };
  }

  #session(id: string): StoredSession {
    const found = this.sessions.get(id) ?? { ledger: EMPTY_LEDGER, events: new Map(), goodbyes: 0 };
    this.sessions.set(id, found);
    return found;
  }

  #store(id: string, bytes: Uint8Array): void {
    const frame = decoded(bytes);
    const session = this.#session(id);
    if (frame.goodbye) session.goodbyes++;
    const admitted = admit(session.ledger, { ...frame, count: frame.events.length });
    if (!admitted.ok) {
      this.refused.push(admitted.reason);
      return;
    }
    session.ledger = admitted.value;
    frame.events.forEach((event, index) => {
      session.events.set(frame.firstSeq + index, { event, url: frame.page.url });
    });
  }
}

/** Decodes a frame that must be one. */
export function decoded(bytes: Uint8Array): Frame {
  const frame = decodeFrame(bytes);
  if (!frame.ok) throw new Error(frame.reason);
  return frame.value;
}
