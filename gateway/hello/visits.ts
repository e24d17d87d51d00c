import { v7 as uuidv7 } from 'uuid';
import type { Session } from '../../actors/session/session.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import type { Store } from '../../engine/store/store.ts';

/** A visit lasts at most this long, however busy. */
const VISIT_MAX_MS = 86_400_000;
/** Visits remembered beside the store; the store knows the rest. */
const REMEMBERED_MAX = 50_000;

type Visit = { readonly visit: string; readonly startedMs: number; lastSeenMs: number };
export type FoundVisit = { readonly visit: string; readonly isNew: boolean; readonly newVisitor: boolean };

/**
 * Which visit a visitor is on: it goes on over all tabs until 30 minutes of quiet, so an idle tab never ends another
 * tab's visit (SPEC HE6).
 */
export class Visits {
  readonly #clock: Clock;
  readonly #store: Pick<Store, 'latestVisit'>;
  readonly #quietMs: number;
  readonly #byVisitor = new Map<string, Visit>();

  constructor(clock: Clock, store: Pick<Store, 'latestVisit'>, quietMs: number) {
    this.#clock = clock;
    this.#store = store;
    this.#quietMs = quietMs;
  }

  /** Finds the visit that goes on, or begins one. */
  async find(app: string, visitor: string): Promise<FoundVisit> {
    const key = `${app} ${visitor}`;
    const stored = this.#byVisitor.has(key) ? null : await this.#store.latestVisit(app, visitor);
    // Looked up after the wait: two tabs that say hello at once are one visit.
    const latest = this.#byVisitor.get(key) ?? stored;
    const nowMs = this.#clock.nowMs();
    const goesOn = latest && nowMs - latest.lastSeenMs < this.#quietMs && nowMs - latest.startedMs < VISIT_MAX_MS;
    const visit = goesOn ? latest.visit : uuidv7();
    this.#remember(key, { visit, startedMs: goesOn ? latest.startedMs : nowMs, lastSeenMs: nowMs });
    return { visit, isNew: !goesOn, newVisitor: !latest };
  }

  /** Events of these sessions were committed: their visits are alive. */
  touch(sessions: readonly Session[]): void {
    for (const { facts, lastEventMs } of sessions) {
      const visit = this.#byVisitor.get(`${facts.app} ${facts.visitor}`);
      if (visit) visit.lastSeenMs = Math.max(visit.lastSeenMs, lastEventMs);
    }
  }

  #remember(key: string, visit: Visit): void {
    this.#byVisitor.delete(key);
    this.#byVisitor.set(key, visit);
    const [oldest] = this.#byVisitor.keys();
    if (this.#byVisitor.size > REMEMBERED_MAX && oldest !== undefined) this.#byVisitor.delete(oldest);
  }
}
