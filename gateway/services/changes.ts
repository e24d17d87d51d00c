import type { Clock } from '../../engine/clock/clock.ts';

/**
 * Lets others wait for the next change of a service's data: a long poll names the version that it has, and is answered as soon as there is
 * another, or after a while. Versions are times, so that those of an earlier process are others.
 */
export class Changes {
  readonly #clock: Clock;
  #version: number;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#version = clock.nowMs();
  }

  get version(): number {
    return this.#version;
  }

  /** Something has changed. */
  bump(): void {
    this.#version = Math.max(this.#version + 1, this.#clock.nowMs());
    for (const wake of this.#waiting) wake();
  }

  /** Resolves once the version is not `known` any more, at the latest after `waitMs`. */
  wait(known: number, waitMs: number): Promise<void> {
    if (known !== this.#version || waitMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = this.#clock.after(waitMs, done);
      this.#waiting.add(done);
    });
  }

  /** Answers all who wait: the process ends. */
  stop(): void {
    for (const wake of this.#waiting) wake();
  }
}
