import type { DropReason } from '../engine/protocol/drop-reasons.ts';

/** Everything that the actors count, by closed names. Only ever grows. */
export const COUNTERS = [
  'sessionsBegun',
  'sessionsResumed',
  'sessionsRestored',
  'sessionsEnded',
  'framesReceived',
  'eventsReceived',
  'bytesReceived',
  'framesStored',
  'eventsStored',
  'framesSetAside',
  'acksSent',
  'thinsSent',
  'controlsSent',
  'eventsIgnored',
  'faults',
  'restarts',
  'quarantines',
  'commits',
  'commitRetries',
] as const;
export type CounterName = (typeof COUNTERS)[number];

/** The counters of one node: by name, and refusals by reason. */
export class Counters {
  readonly #counts = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]));
  readonly #drops = new Map<DropReason, number>();
  #dropped = 0;

  add(name: CounterName, by = 1): void {
    this.#counts.set(name, this.get(name) + by);
  }

  get(name: CounterName): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Counts a refusal under its reason (SPEC DR1). A duplicate is no loss, and not in the total. */
  drop(reason: DropReason, by = 1): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + by);
    if (reason !== 'frame-duplicate') this.#dropped += by;
  }

  /** All refusals but duplicates. */
  get dropped(): number {
    return this.#dropped;
  }

  counts(): Record<CounterName, number> {
    return Object.fromEntries(this.#counts) as Record<CounterName, number>;
  }

  drops(): Partial<Record<DropReason, number>> {
    return Object.fromEntries(this.#drops);
  }
}
