/**
 * One simulated visitor: the tracker's own transport in Node, fed by a walk over the recorded pages. What reaches the
 * gateway is what a browser would send, by the same code.
 */
import WebSocket from 'ws';
import type { Event, PageContext } from '../../../engine/protocol/events.ts';
import type { HelloRequest } from '../../../engine/protocol/hello.ts';
import { END } from '../../../engine/protocol/lifecycle.ts';
import { Connection } from '../../../tracker/transport/connection.ts';
import type { Ports } from '../../../tracker/transport/ports.ts';
import type { Step } from './walk.ts';

/** What kind of machine a visitor sits at. */
export type Machine = {
  readonly userAgent: string;
  readonly platform: string;
  readonly language: string;
  readonly screenWidth: number;
  readonly screenHeight: number;
};

export type VisitorOptions = {
  readonly gatewayUrl: string;
  readonly siteUrl: string;
  readonly app: string;
  readonly tab: string;
  readonly machine: Machine;
  readonly referrer: string;
  readonly steps: Iterable<Step>;
  /** Epoch ms at which the walk begins. In the past: it is told at once, with its own times. */ readonly startMs: number;
  readonly signal: AbortSignal;
};

/** Goes the whole way and resolves when the session has said goodbye, or was refused. */
export async function runVisitor(options: VisitorOptions): Promise<void> {
  const { steps, signal, startMs } = options;
  const iterator = steps[Symbol.iterator]();
  const first = nextPage(iterator);
  if (!first) return;
  let page = first.page;
  let title = first.title;
  const posted: Promise<unknown>[] = [];
  let ended = () => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const connection = new Connection({
    ports: portsOf(options, posted),
    facts: () => factsOf(options, page, title),
    onPlace: (place) => place === END && ended(),
  });
  connection.start();

  // The walk's clock: behind the real one for a visit of the past, and then never waits.
  let atMs = startMs;
  for (let step = iterator.next(); !step.done && !signal.aborted && connection.place !== END; step = iterator.next()) {
    const { value } = step;
    if (value.type === 'wait') {
      atMs += value.ms;
      const aheadMs = atMs - Date.now();
      if (aheadMs > 0) await pause(aheadMs, signal);
    } else if (value.type === 'page') {
      page = value.page;
      title = value.title;
    } else {
      connection.push({ ...value.event, atMs: Math.round(atMs) } as Event, page);
      // A walk of the past is pushed at once: give the socket its turn.
      if (atMs < Date.now() - 1_000 && connection.stats.heldEvents > 500) await pause(20, signal);
    }
  }
  await connected(connection, signal);
  connection.leave();
  await end;
  await Promise.allSettled(posted);
}

function nextPage(iterator: Iterator<Step>): Extract<Step, { type: 'page' }> | null {
  const { value, done } = iterator.next();
  return !done && value.type === 'page' ? value : null;
}

/** A visit of the past is told faster than its socket opens: leave only then. */
async function connected(connection: Connection, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < 200 && !signal.aborted && connection.place !== END; i++) {
    if (connection.place === 'LISTEN' && connection.stats.heldEvents === 0) return;
    connection.flush();
    await pause(50, signal);
  }
}

function factsOf(
  { app, tab, machine, referrer }: VisitorOptions,
  page: PageContext,
  title: string,
): Omit<HelloRequest, 'session_start' | 'sentAtMs' | 'session' | 'resume'> {
  return {
    app,
    tab,
    referrer,
    browser: machine.userAgent,
    OS: machine.platform,
    url: page.url,
    title,
    language: machine.language,
    screenWidth: machine.screenWidth,
    screenHeight: machine.screenHeight,
    viewportWidth: page.viewportWidth,
    viewportHeight: page.viewportHeight,
  };
}

function portsOf({ gatewayUrl, siteUrl, machine, startMs }: VisitorOptions, posted: Promise<unknown>[]): Ports {
  const headers = { origin: siteUrl, 'user-agent': machine.userAgent, 'content-type': 'text/plain' };
  let began = false;
  return {
    clock: {
      // The transport takes its first look at the clock as the session's beginning.
      nowMs: () => {
        if (began) return Date.now();
        began = true;
        return startMs;
      },
      after: (delayMs, fn) => {
        const timer = setTimeout(fn, delayMs);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    postHello: (body, answered) => {
      fetch(`${gatewayUrl}/api/hello`, { method: 'POST', headers, body: JSON.stringify(body) })
        .then(async (response) => answered({ status: response.status, body: await response.json() }))
        .catch(() => answered(null));
    },
    openSocket: (url, protocols, handlers) => {
      const socket = new WebSocket(url, [...protocols], { origin: siteUrl });
      socket.on('open', () => handlers.opened());
      socket.on('message', (data) => handlers.message(String(data)));
      socket.on('close', (code) => handlers.closed(code));
      socket.on('error', () => undefined);
      return { send: (bytes) => socket.send(bytes), close: (code) => socket.close(code) };
    },
    beacon: (url, bytes) => {
      posted.push(fetch(url, { method: 'POST', headers, body: Buffer.from(bytes) }).catch(() => undefined));
      return true;
    },
    storage: { take: () => null, put: () => undefined },
  };
}

/** Waits, or less if the signal comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
