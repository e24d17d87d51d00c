/**
 * One hashed timing wheel for all deadlines of a registry: arming and cancelling cost O(1), and one timer of the
 * machine's serves a hundred thousand sessions.
 *
 *   slot 0   slot 1   slot 2  …  slot 511
 *   ├ ● ●    ├        ├ ●        ├ ●          ● an armed deadline, with the rounds it still has to wait
 *      ▲ the hand moves one slot per tick
 */
import type { Clock } from '../engine/clock/clock.ts';

/** Deadlines fire up to this much late, never early. */
export const WHEEL_TICK_MS = 50;
const SLOTS = 512;

export type Deadline = { readonly dueTick: number; readonly fn: () => void };

export class TimingWheel {
  readonly #clock: Clock;
  readonly #slots: Set<Deadline>[] = Array.from({ length: SLOTS }, () => new Set<Deadline>());
  readonly #startedMs: number;
  /** The last tick whose slot was served. */
  #tick = 0;
  #armed = 0;
  #stopTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  /** Deadlines that have neither fired nor been cancelled. */
  get armed(): number {
    return this.#armed;
  }

  /** Calls `fn` once, at least `delayMs` from now. What it throws is the caller's affair: wrap it. */
  arm(delayMs: number, fn: () => void): Deadline {
    const due = this.#clock.monotonicMs() - this.#startedMs + Math.max(0, delayMs);
    if (this.#armed === 0) this.#tick = this.#nowTick();
    const deadline = { dueTick: Math.max(this.#tick + 1, Math.ceil(due / WHEEL_TICK_MS)), fn };
    this.#slot(deadline.dueTick).add(deadline);
    this.#armed++;
    this.#stopTimer ??= this.#clock.after(WHEEL_TICK_MS, this.#turn);
    return deadline;
  }

  /** Harmless when it has fired or was cancelled before. */
  cancel(deadline: Deadline): void {
    if (this.#slot(deadline.dueTick).delete(deadline)) this.#armed--;
  }

  /** Forgets everything; nothing fires any more. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    for (const slot of this.#slots) slot.clear();
    this.#armed = 0;
  }

  readonly #turn = (): void => {
    this.#stopTimer = null;
    const now = this.#nowTick();
    while (this.#tick < now && this.#armed > 0) {
      this.#tick++;
      const slot = this.#slot(this.#tick);
      for (const deadline of slot) {
        if (deadline.dueTick > this.#tick) continue;
        slot.delete(deadline);
        this.#armed--;
        deadline.fn();
      }
    }
    this.#tick = Math.max(this.#tick, now);
    if (this.#armed > 0) this.#stopTimer ??= this.#clock.after(WHEEL_TICK_MS, this.#turn);
  };

  #nowTick(): number {
    return Math.floor((this.#clock.monotonicMs() - this.#startedMs) / WHEEL_TICK_MS);
  }

  #slot(tick: number): Set<Deadline> {
    return this.#slots[tick % SLOTS] as Set<Deadline>;
  }
}
