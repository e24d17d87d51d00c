/**
 * What the transport needs of the world around it, as functions: a browser's page and a simulated visitor in Node give
 * their own, and tests give simulated ones. Nothing in this folder knows of a window.
 */
import type { HelloAnswer, HelloRequest } from '../../engine/protocol/hello.ts';

/** Time. `after` calls once and returns what cancels it; cancelling late or twice is harmless. */
export type Clock = {
  /** Wall clock, epoch milliseconds. */ nowMs(): number;
  after(delayMs: number, fn: () => void): () => void;
};

/** What came back to a hello: HTTP status and parsed JSON, or null where there was none. */
export type HelloReply = { readonly status: number; readonly body: unknown };

/** Called by the socket. After `closed` nothing more is called. */
export type SocketHandlers = {
  opened(): void;
  message(text: string): void;
  /** Also when it never opened. @param code WebSocket close code */ closed(code: number): void;
};

/** An open or opening socket. `send` is called only after `opened`. */
export type Socket = { send(bytes: Uint8Array): void; close(code: number): void };

/** Makes a connection of polls with what a hello answered. Nothing is called back before it returned. */
export type OpenPolls = (answer: Pick<HelloAnswer, 'pollUrl' | 'session' | 'ticket'>, handlers: SocketHandlers) => Socket;

/** Where a session's remains wait for the next page of the same tab. Lost storage is allowed: a session then begins anew. */
export type Storage = {
  /** Reads and removes, so that what one page left is taken up once; a duplicated tab finds nothing. */
  take(): string | null;
  put(text: string): void;
};

export type Ports = {
  readonly clock: Clock;
  /** 0 ≤ x < 1 */ random(): number;
  /** @param answered called once, with null when no answer came */
  postHello(body: HelloRequest, answered: (reply: HelloReply | null) => void): void;
  openSocket(url: string, protocols: readonly string[], handlers: SocketHandlers): Socket;
  /** Brings what connects where sockets are blocked; one of both is called once. Without it, sockets are tried on and on. */
  loadPolls?(loaded: (open: OpenPolls) => void, failed: () => void): void;
  /** Hands bytes over for sending even if the page ends now. @returns false when they were not taken */
  beacon(url: string, bytes: Uint8Array): boolean;
  readonly storage: Storage;
};
