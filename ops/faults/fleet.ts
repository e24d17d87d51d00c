/**
 * Clients that keep books: the tracker's own transport over real sockets, and beside it a record of every numbered event that
 * was handed to the network and of every number that the server acknowledged.
 */
import WebSocket from 'ws';
import { decodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Event, PageContext } from '../../engine/protocol/events.ts';
import { END } from '../../engine/protocol/lifecycle.ts';
import { Connection } from '../../tracker/transport/connection.ts';
import type { Ports } from '../../tracker/transport/ports.ts';

const ORIGIN = 'https://shop.example';
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
/** The tracker's pauses grow to a minute; here a node is gone for a second, again and again. Giving up, after an hour, stays as it is. */
const PAUSE_MAX_MS = 1_000;
const LONG_MS = 600_000;
const PAGES = ['/', '/a', '/b', '/c'];

/** What one session sent and what was acknowledged of it. */
export type Books = { readonly sent: Map<number, string>; ackedSeq: number };

export class Fleet {
  readonly #url: string;
  readonly #random: () => number;
  readonly #books = new Map<string, Books>();
  readonly #clients = new Set<Client>();
  #begun = 0;
  #ending = false;
  /** Frames that came with other events than the same numbers had before: a fault of the client's. */
  changed = 0;
  /** Acknowledgements of less than the one before them on the same socket. */
  takenBack = 0;
  /** Events that the clients gave up, by the tracker's own reasons. */
  readonly gaveUp: Record<string, number> = {};

  /** @param random 0 ≤ x < 1 */
  constructor(url: string, random: () => number) {
    this.#url = url;
    this.#random = random;
  }

  /** By session. */
  get books(): ReadonlyMap<string, Books> {
    return this.#books;
  }

  /** Events that were handed to the network, and events that were acknowledged, over all sessions. */
  get sent(): number {
    return sum(this.#books, ({ sent }) => sent.size);
  }

  get acked(): number {
    return sum(this.#books, ({ ackedSeq }) => ackedSeq);
  }

  /** Begins clients; each that ends is followed by a new one until `drain`. */
  begin(count: number): void {
    for (let i = 0; i < count; i++) this.#beginOne();
  }

  /** Ends all: resolves when everything that was sent is acknowledged. */
  async drain(): Promise<void> {
    this.#ending = true;
    await Promise.all(Array.from(this.#clients, (client) => client.drained()));
  }

  book(session: string): Books {
    let books = this.#books.get(session);
    if (!books) {
      books = { sent: new Map(), ackedSeq: 0 };
      this.#books.set(session, books);
    }
    return books;
  }

  noteSent(session: string, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (!frame.ok) return;
    const { sent } = this.book(session);
    frame.value.events.forEach((event, i) => {
      const seq = frame.value.firstSeq + i;
      const text = JSON.stringify(event);
      const before = sent.get(seq);
      if (before !== undefined && before !== text) this.changed++;
      sent.set(seq, text);
    });
  }

  #beginOne(): void {
    const client = new Client(this, this.#url, `tab-${this.#begun++}`, this.#random, (lost) => {
      this.#clients.delete(client);
      for (const [reason, count] of Object.entries(lost)) this.gaveUp[reason] = (this.gaveUp[reason] ?? 0) + count;
      if (!this.#ending) this.#beginOne();
    });
    this.#clients.add(client);
  }
}

class Client {
  readonly #connection: Connection;
  readonly #page: PageContext;
  readonly #random: () => number;
  readonly #ended: (lost: Readonly<Record<string, number>>) => void;
  #timer: NodeJS.Timeout | undefined;
  #left: number;
  #drained: (() => void) | null = null;

  constructor(fleet: Fleet, url: string, tab: string, random: () => number, ended: (lost: Readonly<Record<string, number>>) => void) {
    const path = PAGES[Math.floor(random() * PAGES.length)] ?? '/';
    this.#page = { url: `${ORIGIN}${path}`, viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 3_000 };
    this.#random = random;
    this.#ended = ended;
    // Some stay for seconds, some for the whole run.
    this.#left = Math.round(50 + random() ** 3 * 2_000);
    this.#connection = new Connection({
      ports: portsOf(fleet, url),
      facts: () => ({ app: 'shop', tab, referrer: '', browser: USER_AGENT, OS: 'Linux', url: this.#page.url }),
      onPlace: (place) => place === END && this.#end(),
    });
    this.#connection.start();
    this.#push({ kind: 'start', atMs: Date.now(), title: 'Shop', referrer: '' });
    this.#go();
  }

  /** Pushes nothing more; resolves when nothing waits and the goodbye is said. */
  drained(): Promise<void> {
    this.#left = 0;
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #go(): void {
    this.#timer = setTimeout(
      () => {
        if (this.#left-- > 0) this.#act();
        else if (this.#connection.stats.heldEvents === 0 && this.#connection.place === 'LISTEN') {
          this.#connection.flush();
          if (this.#connection.stats.heldEvents === 0) return this.#connection.close();
        }
        this.#go();
      },
      20 + this.#random() * 60,
    );
  }

  #act(): void {
    const [x, y, atMs] = [Math.floor(this.#random() * 1_280), Math.floor(this.#random() * 3_000), Date.now()];
    const target = { x, y, target: `#b${Math.floor(this.#random() * 9)}`, tag: 'button', text: 'Buy' };
    const kind = this.#random();
    if (kind < 0.9) this.#push({ kind: 'move', atMs, x, y, restMs: Math.floor(this.#random() * 300) });
    else if (kind < 0.98) this.#push({ kind: 'hover', atMs, ...target, dwellMs: 600 });
    else this.#push({ kind: 'urlchange', atMs, from: this.#page.url, to: `${this.#page.url}#${x}`, elapsedMs: y, cause: 'push' });
  }

  #push(event: Event): void {
    this.#connection.push(event, this.#page);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#drained?.();
    this.#ended(this.#connection.stats.lost);
  }
}

function sum(books: ReadonlyMap<string, Books>, countOf: (books: Books) => number): number {
  let count = 0;
  for (const one of books.values()) count += countOf(one);
  return count;
}

function portsOf(fleet: Fleet, url: string): Ports {
  const headers = { origin: ORIGIN, 'user-agent': USER_AGENT, 'content-type': 'text/plain' };
  let session = '';
  const acked = (seq: unknown) => {
    const books = fleet.book(session);
    books.ackedSeq = Math.max(books.ackedSeq, Number(seq));
  };
  return {
    clock: {
      nowMs: Date.now,
      after: (delayMs, fn) => {
        const timer = setTimeout(fn, delayMs < LONG_MS ? Math.min(delayMs, PAUSE_MAX_MS) : delayMs);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    postHello: (body, answered) => {
      fetch(`${url}/api/hello`, { method: 'POST', headers, body: JSON.stringify(body) })
        .then(async (response) => {
          const reply = (await response.json()) as { readonly session?: string; readonly ackedSeq?: number };
          if (response.status === 200) {
            session = reply.session ?? '';
            acked(reply.ackedSeq);
          }
          answered({ status: response.status, body: reply });
        })
        .catch(() => answered(null));
    },
    openSocket: (address, protocols, handlers) => {
      const socket = new WebSocket(address, [...protocols], { origin: ORIGIN });
      let ackedHere = 0;
      socket.on('open', () => handlers.opened());
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as { readonly type: string; readonly seq?: number };
        if (message.type === 'ACK') {
          const seq = Number(message.seq);
          if (seq < ackedHere) fleet.takenBack++;
          ackedHere = seq;
          acked(seq);
        }
        handlers.message(String(data));
      });
      socket.on('close', (code) => handlers.closed(code));
      socket.on('error', () => undefined);
      return {
        send: (bytes) => {
          fleet.noteSent(session, bytes);
          socket.send(bytes);
        },
        close: (code) => socket.close(code),
      };
    },
    beacon: () => true,
    storage: { take: () => null, put: () => undefined },
  };
}
