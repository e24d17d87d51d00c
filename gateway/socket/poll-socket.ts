import type { SessionSocket } from '../../actors/session/session-ports.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import type { PollAnswer, ServerMessage } from '../../engine/protocol/messages.ts';

/** A poll that has nothing to bring is answered after this: well before proxies cut it. */
export const POLL_HOLD_MS = 20_000;
/** A connection without a poll for this long is gone. */
export const POLL_GRACE_MS = 10_000;
/** Messages that wait for a poll; who lets more come together than there are reasons for does not read. */
const QUEUE_MAX = 256;

/**
 * A connection made of requests, for networks that let no socket through (SPEC PO3–PO5): to the session it is a socket. What the
 * session says waits here for the next poll; a poll waits here for what the session says.
 */
export class PollSocket implements SessionSocket {
  readonly #clock: Clock;
  readonly #gone: () => void;
  #queue: ServerMessage[] = [];
  #closed: number | null = null;
  #answer: ((answer: PollAnswer) => void) | null = null;
  #cancelTimer: () => void;

  /** @param gone called once, when no poll came for too long, or the session closed it and said so */
  constructor(clock: Clock, gone: () => void) {
    this.#clock = clock;
    this.#gone = gone;
    this.#cancelTimer = clock.after(POLL_GRACE_MS, gone);
  }

  send(message: ServerMessage): void {
    if (this.#closed !== null) return;
    // A later ack says what an earlier one said.
    if (message.type === 'ACK') this.#queue = this.#queue.filter(({ type }) => type !== 'ACK');
    this.#queue.push(message);
    if (this.#queue.length > QUEUE_MAX) this.#end();
    else this.#flush();
  }

  close(code: number): void {
    this.#closed ??= code;
    this.#flush();
  }

  /** Nothing to do: a full inbox refuses what is posted, and the tracker sends it again. */
  pause(): void {}
  resume(): void {}

  /** Waits for something to say; an earlier poll that still waits is answered with nothing. */
  poll(): Promise<PollAnswer> {
    this.#settle({ messages: [] });
    this.#cancelTimer();
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#cancelTimer = this.#clock.after(POLL_HOLD_MS, () => this.#settle({ messages: [] }));
      this.#flush();
    });
  }

  /** The request of the latest poll broke off before its answer. */
  abandon(): void {
    this.#settle({ messages: [] });
  }

  #flush(): void {
    if (!this.#answer || (this.#queue.length === 0 && this.#closed === null)) return;
    const messages = this.#queue;
    this.#queue = [];
    if (this.#closed === null) this.#settle({ messages });
    else {
      this.#settle({ messages, closed: this.#closed });
      this.#end();
    }
  }

  #settle(answer: PollAnswer): void {
    const resolve = this.#answer;
    if (!resolve) return;
    this.#answer = null;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(POLL_GRACE_MS, this.#gone);
    resolve(answer);
  }

  #end(): void {
    this.#cancelTimer();
    this.#gone();
  }
}
