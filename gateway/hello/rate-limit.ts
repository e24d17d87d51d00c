import type { Clock } from '../../engine/clock/clock.ts';

/** Names remembered; beyond it the longest unseen is forgotten, which only ever favours the client. */
const NAMES_MAX = 50_000;

type Bucket = { left: number; atMs: number };

/** A token bucket per name (an address, an app), in memory only: no address is written anywhere. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMin: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, perMin: number) {
    this.#clock = clock;
    this.#perMin = perMin;
  }

  /** Takes one; false when this name has used up its minute. @param perMin of this name, if not as of all */
  take(name: string, perMin = this.#perMin): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(name) ?? { left: perMin, atMs: nowMs };
    bucket.left = Math.min(perMin, bucket.left + ((nowMs - bucket.atMs) / 60_000) * perMin);
    bucket.atMs = nowMs;
    // Moved to the end: the map stays in order of last use.
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > NAMES_MAX && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}
