import type { Clock } from './clock.ts';

type Timer = { readonly dueMs: number; readonly order: number; readonly fn: () => void };

/** A clock that moves only when told to. Timers fire in the order of their times, then of their making. */
export class SimulatedClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  #epochMs: number;
  readonly #timers = new Set<Timer>();

  constructor(epochMs = 1_767_225_600_000) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on; every timer due on the way fires at its own time. */
  advance(byMs: number): void {
    const untilMs = this.#elapsedMs + byMs;
    for (let next = this.#nextBefore(untilMs); next; next = this.#nextBefore(untilMs)) {
      this.#timers.delete(next);
      this.#elapsedMs = next.dueMs;
      next.fn();
    }
    this.#elapsedMs = untilMs;
  }

  /** The wall clock jumps (NTP, an operator); the monotonic one does not. */
  stepWall(byMs: number): void {
    this.#epochMs += byMs;
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  #nextBefore(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    return next;
  }
}
