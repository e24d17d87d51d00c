/** The four topics of the UI's socket, each over the registry, the pulse and the bus. */
import type { Bus } from '../../actors/bus/bus.ts';
import { actorPage } from '../../actors/inspect/actor-page.ts';
import { newestRow } from '../../actors/inspect/actor-row.ts';
import type { Pulse } from '../../actors/inspect/pulse.ts';
import type { Registry } from '../../actors/registry/registry.ts';
import { Rate } from '../../actors/session/rate.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import type { ActorRow, LiveMessage, LiveRequest, NewestRow } from '../../engine/protocol/live.ts';
import type { Directory } from '../directory/directory.ts';
import type { StartWatch, Watch } from './live-socket.ts';

/** Notices of commits are this far apart: pages ask again what they show, and that costs a question each. */
const STORED_EVERY_MS = 1_000;
/** Ended sessions that the newest list still shows. */
const NEWEST_KEPT = 100;

export type WatchDeps = { clock: Clock; apps: Directory; registry: Registry; bus: Bus; pulse: Pulse; node: string };

type RequestOf<T extends LiveRequest['type']> = Extract<LiveRequest, { type: T }>;

/** Keeps what the topics need between watches: the newest sessions and the traffic on each edge. */
export class Watches {
  readonly #deps: WatchDeps;
  /** By app: the newest sessions, ended ones included, newest last. */
  readonly #newest = new Map<string, Map<string, NewestRow>>();
  /** By app: how often each edge of the lifecycle is passed. */
  readonly #edges = new Map<string, Map<string, Rate>>();

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    deps.bus.subscribe((message) => {
      if (message.type !== 'moved') return;
      const { facts } = message.session;
      const newest = entry(this.#newest, facts.app, () => new Map<string, NewestRow>());
      newest.set(facts.session, newestRow(message.session));
      const [oldest] = newest.keys();
      if (newest.size > NEWEST_KEPT && oldest !== undefined) newest.delete(oldest);
      const { from, event } = message.transition;
      const edges = entry(this.#edges, facts.app, () => new Map<string, Rate>());
      const nowMs = deps.clock.monotonicMs();
      entry(edges, `${from}>${event}`, () => new Rate(nowMs)).add(1, nowMs);
    });
  }

  readonly start: StartWatch = (request) => {
    if (!this.#deps.apps.find(request.app)) return null;
    switch (request.type) {
      case 'watch-pulse':
        return this.#pulse(request);
      case 'watch-newest':
        return this.#newestOf(request);
      case 'watch-actors':
        return this.#actors(request);
      case 'watch-stored':
        return this.#stored(request);
    }
  };

  #pulse({ app }: RequestOf<'watch-pulse'>): Watch {
    const { registry, pulse, clock } = this.#deps;
    let sent = '';
    return {
      next: () => {
        const states = registry.counts(app);
        const latest = pulse.latest(app);
        const { storeAway } = registry;
        const key = `${latest?.atMs} ${storeAway} ${JSON.stringify(states)}`;
        if (key === sent) return null;
        const message: LiveMessage = {
          type: 'pulse',
          atMs: clock.nowMs(),
          states,
          active5min: pulse.active5min(app),
          eventsPerSec: latest?.eventsPerSec ?? 0,
          dropped: registry.counters.dropped,
          storeAway,
        };
        const first = sent === '';
        sent = key;
        return first ? { ...message, history: pulse.history(app) } : message;
      },
      stop: () => undefined,
    };
  }

  #newestOf({ app, limit = 30 }: RequestOf<'watch-newest'>): Watch {
    const sent = new Map<string, string>();
    let full = true;
    return {
      next: () => {
        const rows = [...(this.#newest.get(app)?.values() ?? [])]
          .slice(-limit)
          .reverse()
          .map((row) => this.#asOfNow(row));
        const changed = rows.filter((row) => {
          const text = JSON.stringify(row);
          if (sent.get(row.session) === text) return false;
          sent.set(row.session, text);
          return true;
        });
        if (!full && changed.length === 0) return null;
        const message: LiveMessage = { type: 'newest', full, rows: full ? rows : changed };
        full = false;
        return message;
      },
      stop: () => undefined,
    };
  }

  /** Counts move without a transition; an ended session keeps its last row. */
  #asOfNow(row: NewestRow): NewestRow {
    const session = this.#deps.registry.find(row.session);
    return session ? newestRow(session) : row;
  }

  #actors(question: RequestOf<'watch-actors'>): Watch {
    const { registry, clock, node } = this.#deps;
    let sent = new Map<string, string>();
    let sentOrder = '';
    let full = true;
    return {
      next: () => {
        const { total, rows } = actorPage(registry.all(), question, node, clock.monotonicMs());
        const states = registry.counts(question.app);
        const edges = this.#edgeRates(question.app);
        const order = rows.map((row) => row.session);
        const texts = new Map(rows.map((row) => [row.session, JSON.stringify(row)]));
        const changed: ActorRow[] = rows.filter((row) => sent.get(row.session) !== texts.get(row.session));
        const orderKey = JSON.stringify([total, states, order, edges]);
        if (!full && changed.length === 0 && orderKey === sentOrder) return null;
        sent = texts;
        sentOrder = orderKey;
        const message: LiveMessage = { type: 'actors', full, total, states, order, rows: full ? rows : changed, edges };
        full = false;
        return message;
      },
      stop: () => undefined,
    };
  }

  #edgeRates(app: string): Record<string, number> {
    const nowMs = this.#deps.clock.monotonicMs();
    const rates: Record<string, number> = {};
    for (const [edge, rate] of this.#edges.get(app) ?? []) {
      const perSec = Math.round(rate.perSec(nowMs) * 10) / 10;
      if (perSec > 0) rates[edge] = perSec;
    }
    return rates;
  }

  #stored({ app }: RequestOf<'watch-stored'>): Watch {
    const { bus, clock } = this.#deps;
    const sessions = new Set<string>();
    const urls = new Set<string>();
    let sentMs = Number.NEGATIVE_INFINITY;
    const stop = bus.subscribe((message) => {
      if (message.type !== 'stored') return;
      for (const { facts } of message.sessions) if (facts.app === app) sessions.add(facts.session);
      if (sessions.size > 0) for (const url of message.urls) urls.add(url);
    });
    return {
      next: () => {
        if (sessions.size === 0 || clock.monotonicMs() - sentMs < STORED_EVERY_MS) return null;
        sentMs = clock.monotonicMs();
        const message: LiveMessage = { type: 'stored', sessions: [...sessions], urls: [...urls] };
        sessions.clear();
        urls.clear();
        return message;
      },
      stop,
    };
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
