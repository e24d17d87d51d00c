import type { Clock } from '../../engine/clock/clock.ts';

/** Addresses remembered; beyond it the longest unseen is forgotten, which only ever favours the client. */
const ADDRESSES_MAX = 50_000;

type Bucket = { left: number; atMs: number };

/** A token bucket per address, in memory only: no address is written anywhere. */
export class AddressLimit {
  readonly #clock: Clock;
  readonly #perMin: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, perMin: number) {
    this.#clock = clock;
    this.#perMin = perMin;
  }

  /** Takes one; false when this address has used up its minute. */
  take(address: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(address) ?? { left: this.#perMin, atMs: nowMs };
    bucket.left = Math.min(this.#perMin, bucket.left + ((nowMs - bucket.atMs) / 60_000) * this.#perMin);
    bucket.atMs = nowMs;
    // Moved to the end: the map stays in order of last use.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > ADDRESSES_MAX && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}
