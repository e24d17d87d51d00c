/**
 * The tracker's end of a session: steps the lifecycle (engine/protocol/lifecycle.ts) and does what each place asks for.
 *
 *   INIT     posts the hello, again after a pause while no answer comes
 *   CONNECT  opens the socket with the ticket; when that fails, a pause, then a new hello: tickets are single-use; when two in
 *            a row did not open, polls take the next one's place
 *   LISTEN   sends what is not acked; forgets what is
 *   CLOSING  has handed over the last frames; ends at once, since the page may not live another moment
 *
 * One object lives from a page's start to its end. What it leaves in storage is taken up by the next page's.
 */
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import { encodePost } from '../../engine/protocol/codec/post.ts';
import type { Event, PageContext } from '../../engine/protocol/events.ts';
import {
  DEFAULT_TRACKER_CONFIG,
  type HelloAnswer,
  type HelloRequest,
  SOCKET_PROTOCOL,
  type TrackerConfig,
} from '../../engine/protocol/hello.ts';
import { END, INITIAL, type LifecycleEvent, type Place, step } from '../../engine/protocol/lifecycle.ts';
import { CLOSE_CODES, type ServerMessage } from '../../engine/protocol/messages.ts';
import { backOffMs } from './back-off.ts';
import { framesWithin, type Loss, Outbox } from './outbox.ts';
import type { HelloReply, OpenPolls, Ports, Socket, SocketHandlers } from './ports.ts';
import { decodeRemains, encodeRemains } from './remains.ts';
import { isFinalRefusal, isHelloAnswer, isSessionLost, readMessage } from './server-answer.ts';
import { createTimer, type Timer } from './timer.ts';

/** A hello that hangs is given up after this. */
export const HELLO_TIMEOUT_MS = 15_000;
/** A socket that does not open is given up after this: well within the life of its ticket. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** So many sockets in a row that did not open, and the network lets none through: polls follow without a pause. */
export const SOCKET_TRIES = 2;
/**
 * After so long, polls are ended as if they had broken. Whenever they end, one socket is tried first, as the visitor may have moved
 * to another network; if it does not open, polls follow without a pause.
 */
export const POLLS_MS = 300_000;
/** A connection that held this long was no failure: the next pause is a first one again. */
export const STEADY_MS = 10_000;
/** Without a connection for this long, a page stops knocking; the tab's next page goes on. */
export const GIVE_UP_MS = 3_600_000;
/** Largest post. The page's beacons share 64 KiB; the rest is left to the page's own. */
export const POST_MAX_BYTES = 61_440;
/** Most frame bytes left in storage for the next page: in base64 about 256 KiB, of the 5 MiB that a tab has. */
export const REMAINS_MAX_BYTES = 196_608;
/** Session id, token, and the goodbye frame with its address. */
const POST_HEAD_BYTES = 4_608;
/** Beyond this, thinner moves say nothing more. */
const THIN_MAX_LEVEL = 8;

const NO_PAGE: PageContext = { url: '', viewportWidth: 0, viewportHeight: 0, pageWidth: 0, pageHeight: 0 };

/** What the hello says of page and browser; the connection adds what it knows itself. */
export type HelloFacts = Omit<HelloRequest, 'session_start' | 'sentAtMs' | 'session' | 'resume'>;

export type ConnectionOptions = {
  readonly ports: Ports;
  /** Read anew for each hello: the address may have changed. */
  facts(): HelloFacts;
  /** Told each change of place. */
  onPlace?(place: Place): void;
  /** The server wants it captured otherwise: `config` has changed. */
  onConfig?(): void;
  /** The server ends it: what is told now is the last that is sent. */
  onEnd?(): void;
};

/** Counters of one connection, for debugging and tests. */
export type ConnectionStats = {
  readonly place: Place;
  /** '' before the first answer. */ readonly session: string;
  /** Lifecycle events that the table had no transition for (SPEC LC2). */ readonly ignored: number;
  /** Attempts that failed or connections that broke. */ readonly failures: number;
  /** Messages that were none of the server's. */ readonly unreadable: number;
  /** Frames that the server refused. */ readonly refusals: number;
  /** Events in frames that are not acked. */ readonly heldEvents: number;
  readonly nextSeq: number;
  readonly lost: Readonly<Record<Loss, number>>;
};

type Identity = { readonly session: string; readonly resume: string; readonly postUrl: string };

/** Before the first answer. */
const NOBODY: Identity = { session: '', resume: '', postUrl: '' };

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #ports: Ports;
  readonly #outbox = new Outbox();
  #place: Place = INITIAL;
  #identity = NOBODY;
  #config: TrackerConfig = DEFAULT_TRACKER_CONFIG;
  #page: PageContext = NO_PAGE;
  #startMs: number;
  #clockOffsetMs = 0;

  #socket: Socket | null = null;
  /** Sockets in a row that did not open. */
  #unopened = 0;
  /** Once sockets did not open: what opens the next connection. */
  #openPolls: OpenPolls | null = null;
  #openedMs = 0;
  /** Highest number sent on this socket. */
  #sentSeq = 0;
  /** Raised by every new attempt, so that a late answer of an old one is recognised. */
  #attempt = 0;
  readonly #attemptTimer: Timer;
  readonly #flushTimer: Timer;
  readonly #resendTimer: Timer;
  readonly #giveUpTimer: Timer;
  /** Failures since the last steady connection: the exponent of the pause. */
  #pauses = 0;

  #ignored = 0;
  #failures = 0;
  #unreadable = 0;
  #refusals = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#ports = options.ports;
    const { clock } = this.#ports;
    this.#attemptTimer = createTimer(clock);
    this.#flushTimer = createTimer(clock);
    this.#resendTimer = createTimer(clock);
    this.#giveUpTimer = createTimer(clock);
    this.#startMs = clock.nowMs();
    const left = this.#ports.storage.take();
    const remains = left && decodeRemains(left);
    if (!remains) return;
    this.#identity = remains;
    this.#startMs = remains.startMs;
    this.#clockOffsetMs = remains.clockOffsetMs;
    this.#outbox.restore(remains.nextSeq, remains.held);
  }

  /** Where the session is, as this end sees it. */
  get place(): Place {
    return this.#place;
  }

  /** What the server wants captured; the defaults until it has said so. */
  get config(): TrackerConfig {
    return this.#config;
  }

  get stats(): ConnectionStats {
    return {
      place: this.#place,
      session: this.#identity.session,
      ignored: this.#ignored,
      failures: this.#failures,
      unreadable: this.#unreadable,
      refusals: this.#refusals,
      heldEvents: this.#outbox.held.reduce((sum, frame) => sum + frame.lastSeq - frame.firstSeq + 1, 0),
      nextSeq: this.#outbox.nextSeq,
      lost: this.#outbox.lost,
    };
  }

  /** The network is there again, as the browser thinks: what was asked without it is asked anew, and no pause waited out. */
  hurry(): void {
    if (this.#place !== 'LISTEN') this.start();
  }

  /** Says hello: at first, and whenever the connection is to be made anew. */
  start(): void {
    if (!this.#step('HELLO_BEGUN')) return;
    this.#closeSocket();
    const attempt = this.#begin(HELLO_TIMEOUT_MS, () => this.#retry());
    const sentAtMs = this.#ports.clock.nowMs();
    const { session, resume } = this.#identity;
    const hello = { ...this.#options.facts(), session_start: this.#startMs, sentAtMs, ...(session && { session, resume }) };
    this.#ports.postHello(hello, (reply) => {
      if (attempt === this.#attempt) this.#answered(reply, sentAtMs);
    });
  }

  /** Takes an event; it is sent when its frame is full or has waited long enough. */
  push(event: Event, page: PageContext): void {
    if (this.#place === END) return;
    this.#page = page;
    this.#outbox.push(event, page);
    this.#schedule();
  }

  /** Sends now what waits. Does nothing while there is no connection. */
  flush(): void {
    this.#flushTimer.stop();
    if (this.#place !== 'LISTEN') return;
    this.#outbox.seal(this.#clockOffsetMs);
    this.#sendHeld();
  }

  /** The page goes away: posts everything unacked with a goodbye and leaves the rest to the next page. */
  leave(): void {
    if (!this.#isOpen('GOODBYE_SAID')) return;
    this.#outbox.seal(this.#clockOffsetMs, true);
    this.#post();
    this.#leaveRemains();
    this.#finish('GOODBYE_SAID');
  }

  /** The site stops the tracker: as leave, but nothing goes on after it. */
  close(): void {
    if (!this.#isOpen('CLOSE')) return;
    this.#outbox.seal(this.#clockOffsetMs, true);
    if (this.#place === 'LISTEN') {
      this.#sendHeld();
      this.#socket?.send(this.#goodbye());
    } else this.#post();
    this.#finish('CLOSE');
  }

  #step(event: LifecycleEvent): boolean {
    const next = step(this.#place, event);
    if (next === null) {
      this.#ignored++;
      return false;
    }
    if (next !== this.#place) {
      this.#place = next;
      this.#options.onPlace?.(next);
    }
    return true;
  }

  /** Asked before work whose step comes after it: the last frames are handed over, then the goodbye is a fact. */
  #isOpen(event: LifecycleEvent): boolean {
    if (step(this.#place, event) !== null) return true;
    this.#ignored++;
    return false;
  }

  /** Begins an attempt with a deadline of its own; whatever an earlier attempt still answers is void. */
  #begin(delayMs: number, late: () => void): number {
    this.#attemptTimer.stop();
    this.#attemptTimer.start(delayMs, late);
    return ++this.#attempt;
  }

  #retry(): void {
    this.#closeSocket();
    this.#failures++;
    this.#giveUpTimer.start(GIVE_UP_MS, () => this.#giveUp());
    this.#begin(backOffMs(this.#pauses++, this.#ports.random()), () => this.start());
    if (this.#place === 'CONNECT' && ++this.#unopened === SOCKET_TRIES) this.#turnToPolls();
  }

  #turnToPolls(): void {
    this.#ports.loadPolls?.(
      (open) => {
        this.#openPolls = open;
        this.hurry();
      },
      () => this.#unopened--,
    );
  }

  #answered(reply: HelloReply | null, sentAtMs: number): void {
    if (reply?.status === 200 && isHelloAnswer(reply.body)) this.#admitted(reply.body, sentAtMs);
    else if (reply && this.#identity.session && isSessionLost(reply.body)) {
      this.#identity = NOBODY;
      this.#outbox.beginAfter(0);
      this.start();
    } else if (reply && isFinalRefusal(reply.status, reply.body)) {
      this.#outbox.discard();
      this.#finish('HELLO_REFUSED');
    } else this.#retry();
  }

  #admitted(answer: HelloAnswer, sentAtMs: number): void {
    this.#step('HELLO_ADMITTED');
    const nowMs = this.#ports.clock.nowMs();
    this.#clockOffsetMs = Math.round(answer.serverTimeMs - (sentAtMs + nowMs) / 2);
    if (this.#identity.session && !answer.resumed) {
      this.#startMs = nowMs;
      this.#outbox.beginAfter(answer.highSeq);
    } else {
      this.#outbox.acked(answer.ackedSeq);
      this.#outbox.continueAfter(answer.highSeq);
    }
    this.#identity = answer;
    this.#configure(answer.config);
    this.#connect(answer);
  }

  #configure(config: TrackerConfig): void {
    this.#config = config;
    this.#outbox.pause(config.paused);
    this.#options.onConfig?.();
  }

  #connect(answer: HelloAnswer): void {
    const attempt = this.#begin(CONNECT_TIMEOUT_MS, () => this.#retry());
    const current = () => attempt === this.#attempt;
    const handlers: SocketHandlers = {
      opened: () => current() && this.#opened(),
      message: (text) => current() && this.#told(readMessage(text)),
      closed: (code) => current() && this.#closed(code),
    };
    try {
      this.#socket = this.#openPolls
        ? this.#openPolls(answer, handlers)
        : this.#ports.openSocket(answer.socketUrl, [SOCKET_PROTOCOL, answer.ticket], handlers);
    } catch {
      // A content security policy of the page may forbid the address.
      this.#retry();
    }
  }

  #opened(): void {
    if (!this.#step('SOCKET_OPENED')) return;
    this.#attemptTimer.stop();
    // Its end counts one up, though it is no socket that did not open: polls are then one failure away.
    this.#unopened = this.#openPolls ? SOCKET_TRIES - 2 : -1;
    if (this.#openPolls) this.#attemptTimer.start(POLLS_MS, () => this.#closed(CLOSE_CODES.goodbye));
    this.#openPolls = null;
    this.#giveUpTimer.stop();
    this.#openedMs = this.#ports.clock.nowMs();
    this.#sentSeq = 0;
    this.flush();
  }

  #closed(code: number): void {
    if (this.#place === 'LISTEN') {
      this.#step('SOCKET_DROPPED');
      if (this.#ports.clock.nowMs() - this.#openedMs >= STEADY_MS) this.#pauses = 0;
    }
    if (code === CLOSE_CODES.ended) this.#ended();
    else this.#retry();
  }

  #told(message: ServerMessage | null): void {
    switch (message?.type) {
      case 'ACK':
        this.#outbox.acked(message.seq);
        // Room in the window: what waited for it goes now.
        this.#schedule();
        break;
      case 'REFUSED':
        this.#refusals++;
        if (message.retry) this.#resendLater();
        else if (message.firstSeq !== undefined) this.#outbox.refused(message.firstSeq, message.lastSeq ?? message.firstSeq);
        break;
      case 'THIN':
        this.#outbox.thin(Math.min(message.level, THIN_MAX_LEVEL));
        break;
      case 'CONTROL':
        this.#configure(message.config);
        break;
      case 'END':
        this.#options.onEnd?.();
        this.close();
        break;
      default:
        this.#unreadable++;
    }
  }

  /** A refused frame may be taken later. Frames are few and duplicates cost the server little: all unacked go again. */
  #resendLater(): void {
    this.#resendTimer.start(backOffMs(0, this.#ports.random()), () => {
      this.#sentSeq = 0;
      this.flush();
    });
  }

  #schedule(): void {
    if (this.#place !== 'LISTEN' || this.#outbox.pendingBytes === 0) return;
    if (this.#outbox.full) this.flush();
    else this.#flushTimer.start(this.#config.flushMs, () => this.flush());
  }

  #sendHeld(): void {
    for (const frame of this.#outbox.held) {
      if (frame.firstSeq <= this.#sentSeq) continue;
      this.#socket?.send(frame.bytes);
      this.#sentSeq = frame.lastSeq;
    }
  }

  /** A frame of its own: it is never held, so that no later page repeats it and ends the session that went on. */
  #goodbye(): Uint8Array {
    const { nextSeq, baseSeq } = this.#outbox;
    const startMs = this.#ports.clock.nowMs() + this.#clockOffsetMs;
    return encodeFrame({ firstSeq: nextSeq, baseSeq, goodbye: true, startMs, page: this.#page, events: [] });
  }

  /** Posts the unacked frames. The browser refuses when the page's other beacons fill its quota: then half, at last the goodbye alone. */
  #post(): void {
    const { session, resume, postUrl } = this.#identity;
    if (!session) return;
    for (let room = POST_MAX_BYTES - POST_HEAD_BYTES; ; room = room > 1_024 ? room / 2 : 0) {
      const frames = framesWithin(this.#outbox.held, room).map((frame) => frame.bytes);
      const taken = this.#ports.beacon(postUrl, encodePost({ session, resume, frames: [...frames, this.#goodbye()] }));
      if (taken || room === 0) return;
    }
  }

  #leaveRemains(): void {
    const held = this.#outbox.keepWithin(REMAINS_MAX_BYTES);
    const { session, resume, postUrl } = this.#identity;
    const { nextSeq } = this.#outbox;
    const remains = { session, resume, postUrl, startMs: this.#startMs, clockOffsetMs: this.#clockOffsetMs, nextSeq, held };
    this.#ports.storage.put(encodeRemains(remains));
  }

  /** The server ended the session, or another hello took it over: nothing more of it is wanted. */
  #ended(): void {
    this.#outbox.discard();
    this.#finish('CLOSE');
  }

  #giveUp(): void {
    this.#outbox.seal(this.#clockOffsetMs, true);
    this.#leaveRemains();
    this.#finish('DEADLINE_PASSED');
  }

  /** @param event why: everything that it needs has been done */
  #finish(event: LifecycleEvent): void {
    this.#step(event);
    for (const timer of [this.#attemptTimer, this.#flushTimer, this.#resendTimer, this.#giveUpTimer]) timer.stop();
    this.#closeSocket();
    this.#step('FLUSHED');
  }

  /** Also makes void what the socket, or a hello under way, still says. */
  #closeSocket(): void {
    this.#attempt++;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(CLOSE_CODES.goodbye);
  }
}
