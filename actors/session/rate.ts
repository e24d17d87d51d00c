/** Mean over about the last 10 s, for one session: two numbers, no buckets. */
const WINDOW_MS = 10_000;

/** Events per second with an exponential window. */
export class Rate {
  #value = 0;
  #atMs: number;

  /** @param nowMs monotonic */
  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** @param nowMs monotonic */
  add(count: number, nowMs: number): void {
    this.#decay(nowMs);
    this.#value += count;
  }

  /** Per second. @param nowMs monotonic */
  perSec(nowMs: number): number {
    this.#decay(nowMs);
    return this.#value / (WINDOW_MS / 1000);
  }

  #decay(nowMs: number): void {
    this.#value *= Math.exp(-(nowMs - this.#atMs) / WINDOW_MS);
    this.#atMs = nowMs;
  }
}
