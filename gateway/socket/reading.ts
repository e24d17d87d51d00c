import type { WebSocket } from 'ws';

/** Takes one message. */
type Take = (data: Buffer, isBinary: boolean) => void;

/**
 * What of a socket is read on, and what waits. A socket that is paused still gives all that it had read by then, which may be a
 * thousand small messages: they wait here, so that the session gets none that it has no room for (SPEC SM3). Never more than one
 * read of the socket.
 */
export class Reading {
  readonly #peer: Pick<WebSocket, 'pause' | 'resume'>;
  readonly #take: Take;
  readonly #waiting: (readonly [data: Buffer, isBinary: boolean])[] = [];
  #stopped = false;

  constructor(peer: Pick<WebSocket, 'pause' | 'resume'>, take: Take) {
    this.#peer = peer;
    this.#take = take;
  }

  /** A message came. */
  arrived(data: Buffer, isBinary: boolean): void {
    if (this.#stopped || this.#waiting.length > 0) this.#waiting.push([data, isBinary]);
    else this.#take(data, isBinary);
  }

  stop(): void {
    this.#stopped = true;
    this.#peer.pause();
  }

  /** What waits comes first, in its order, and not before whoever says this is done. */
  resume(): void {
    this.#stopped = false;
    queueMicrotask(() => {
      while (!this.#stopped && this.#takeNext());
      if (!this.#stopped) this.#peer.resume();
    });
  }

  /** The socket is gone: what it had read is given all the same. */
  end(): void {
    while (this.#takeNext());
  }

  #takeNext(): boolean {
    const next = this.#waiting.shift();
    if (next) this.#take(...next);
    return next !== undefined;
  }
}
