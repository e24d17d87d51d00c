/**
 * The client of the live socket: one connection for the whole UI, one watch per topic, and everything asked again by
 * itself after the connection came back.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { LiveMessage, LiveRequest, LiveTopic } from '../../engine/protocol/live.ts';
import { CLOSE_CODES } from '../../engine/protocol/messages.ts';

/** Time as this client needs it; the same shape as the server's clock, so that tests drive both alike. */
export type Timing = { nowMs(): number; after(delayMs: number, fn: () => void): () => void };

/** One connection. Handlers are called once `openSocket` returned. */
export type LiveSocket = { send(text: string): void; close(): void };
export type SocketHandlers = {
  opened(): void;
  received(text: string): void /** @param code of the close; 1006 where there was none */;
  closed(code: number): void;
};
export type OpenSocket = (handlers: SocketHandlers) => LiveSocket;

/** `lost` begins when an open connection ends; `asOfMs` is when the last message came. */
export type Connection = { readonly status: 'connecting' | 'open' | 'lost'; readonly asOfMs: number };

/** A request that starts a watch. */
export type WatchRequest = Exclude<LiveRequest, { type: 'unwatch' }>;
/** What a topic's listeners are given. */
export type TopicMessage<T extends LiveTopic> = Extract<LiveMessage, { type: T }>;
type RequestOf<T extends LiveTopic> = Extract<WatchRequest, { type: `watch-${T}` }>;

export type LiveClient = {
  readonly connection: ReadonlySignal<Connection>;
  /** Server's clock minus this one's, ms: times in messages are the server's. */
  readonly offsetMs: ReadonlySignal<number>;
  /**
   * Watches a topic. A topic has one request at a time: a later one replaces it for all its listeners.
   * @returns ends this listener; with the last one the server is told to stop sending
   */
  watch<T extends LiveTopic>(topic: T, request: RequestOf<T>, take: (message: TopicMessage<T>) => void): () => void;
  /** Tries again now instead of when the back-off has passed. */
  retryNow(): void;
  /** Connects, and keeps connected until `stop`: once somebody is signed in. */
  start(): void;
  /** Watches stay, and are asked for with the next start. */
  stop(): void;
};

/** The first pause is random in this range, so that a restarted server is not met by everybody at once. */
const RETRY_FIRST_MS = [500, 1500] as const;
/** Somebody looks at the screen: shorter than the tracker's minute. */
const RETRY_MAX_MS = 15_000;
/** The pulse beats every second; this much silence is a dead connection that has not noticed. */
const SILENCE_MAX_MS = 5_000;

/** What browsers say of a connection that ended without a close. */
const NO_CLOSE = 1006;
/** The server does not know us any more. */
const NOT_ALLOWED = CLOSE_CODES.ended;

type Listener = (message: LiveMessage) => void;
type Watch = { request: WatchRequest; readonly listeners: Set<Listener> };

/**
 * @param random 0 ≤ value < 1
 * @param doubt told when a handshake failed or the server closed with 1008: perhaps nobody is signed in any more
 */
export function createLiveClient(openSocket: OpenSocket, timing: Timing, random: () => number, doubt: () => void): LiveClient {
  const connection = signal<Connection>({ status: 'connecting', asOfMs: timing.nowMs() });
  const offsetMs = signal(0);
  const watches = new Map<LiveTopic, Watch>();
  let socket: LiveSocket | undefined;
  let isOpen = false;
  let isStopped = true;
  let failures = 0;
  let endCurrent: (code: number) => void = () => {};
  let cancelRetry = () => {};
  let cancelSilence = () => {};

  const send = (request: LiveRequest) => {
    if (isOpen) socket?.send(JSON.stringify(request));
  };

  const connect = () => {
    cancelRetry();
    let isCurrent = true;
    const end = (code: number) => {
      if (!isCurrent) return;
      isCurrent = false;
      const isRefused = !isOpen || code === NOT_ALLOWED;
      isOpen = false;
      socket = undefined;
      cancelSilence();
      if (isStopped) return;
      if (connection.value.status === 'open') connection.value = { ...connection.value, status: 'lost' };
      const [min, max] = RETRY_FIRST_MS;
      const backOffMs = Math.min(RETRY_MAX_MS, (min + random() * (max - min)) * 2 ** failures++);
      // One that lets us in and turns us out would else be asked without a pause, for each welcome ends the back-off.
      cancelRetry = timing.after(code === NOT_ALLOWED ? RETRY_MAX_MS : backOffMs, connect);
      if (isRefused) doubt();
    };
    const opened: LiveSocket = openSocket({
      opened() {
        if (!isCurrent) return;
        isOpen = true;
        for (const watch of watches.values()) send(watch.request);
        listenForSilence();
      },
      received(text) {
        if (!isCurrent) return;
        const message = parse(text);
        if (!message) return;
        failures = 0;
        connection.value = { status: 'open', asOfMs: timing.nowMs() };
        listenForSilence();
        if (message.type === 'welcome') offsetMs.value = message.serverTimeMs - timing.nowMs();
        else if (message.type !== 'refused') for (const take of watches.get(message.type)?.listeners ?? []) take(message);
      },
      closed: end,
    });
    socket = opened;
    const listenForSilence = () => {
      cancelSilence();
      cancelSilence = timing.after(SILENCE_MAX_MS, () => {
        end(NO_CLOSE);
        opened.close();
      });
    };
    endCurrent = end;
    // A handshake that never answers is silence too.
    listenForSilence();
  };

  return {
    connection,
    offsetMs,
    watch(topic, request, take) {
      const listener = take as Listener;
      const watch = watches.get(topic) ?? { request, listeners: new Set() };
      watch.request = request;
      watch.listeners.add(listener);
      watches.set(topic, watch);
      send(request);
      return () => {
        if (!watch.listeners.delete(listener) || watch.listeners.size > 0 || watches.get(topic) !== watch) return;
        watches.delete(topic);
        send({ type: 'unwatch', topic });
      };
    },
    retryNow() {
      if (socket || isStopped) return;
      failures = 0;
      connect();
    },
    start() {
      if (!isStopped) return;
      isStopped = false;
      failures = 0;
      connect();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      const open = socket;
      endCurrent(NO_CLOSE);
      cancelRetry();
      open?.close();
      connection.value = { ...connection.value, status: 'connecting' };
    },
  };
}

function parse(text: string): LiveMessage | undefined {
  try {
    return JSON.parse(text) as LiveMessage;
  } catch {
    // Only our own server speaks here; what is not JSON was cut on the way, and the next full picture mends it.
    return undefined;
  }
}
