/** The pulse of a node: per app, one value a second for the last five minutes. */
import type { Clock } from '../../engine/clock/clock.ts';
import type { Registry } from '../registry/registry.ts';

const KEPT_S = 300;
const ACTIVE_MS = 300_000;

export type PulseSecond = { readonly atMs: number; readonly eventsPerSec: number; readonly connected: number };

export class Pulse {
  readonly #clock: Clock;
  readonly #registry: Registry;
  readonly #history = new Map<string, PulseSecond[]>();
  readonly #active = new Map<string, number>();
  /** Events received of each session when last looked at; a session's own total is not kept per app. */
  #seen = new Map<string, number>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, registry: Registry) {
    this.#clock = clock;
    this.#registry = registry;
  }

  start(): void {
    this.#cancel = this.#clock.after(1_000, this.#tick);
  }

  stop(): void {
    this.#cancel?.();
  }

  /** The last five minutes, oldest first. */
  history(app: string): readonly PulseSecond[] {
    return this.#history.get(app) ?? [];
  }

  latest(app: string): PulseSecond | undefined {
    return this.#history.get(app)?.at(-1);
  }

  /** Live sessions whose latest event is at most five minutes old. */
  active5min(app: string): number {
    return this.#active.get(app) ?? 0;
  }

  readonly #tick = (): void => {
    this.#cancel = this.#clock.after(1_000, this.#tick);
    const nowMs = this.#clock.nowMs();
    const events = new Map<string, number>();
    const seen = new Map<string, number>();
    this.#active.clear();
    for (const session of this.#registry.all()) {
      const { app, session: id } = session.facts;
      const before = this.#seen.get(id) ?? 0;
      seen.set(id, session.received);
      events.set(app, (events.get(app) ?? 0) + session.received - before);
      if (nowMs - session.lastEventMs <= ACTIVE_MS) this.#active.set(app, (this.#active.get(app) ?? 0) + 1);
    }
    this.#seen = seen;
    for (const app of new Set([...this.#history.keys(), ...events.keys()])) {
      const history = this.#history.get(app) ?? [];
      history.push({ atMs: nowMs, eventsPerSec: events.get(app) ?? 0, connected: this.#registry.counts(app).LISTEN });
      if (history.length > KEPT_S) history.shift();
      this.#history.set(app, history);
    }
  };
}
