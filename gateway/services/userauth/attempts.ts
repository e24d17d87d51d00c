import type { Clock } from '../../../engine/clock/clock.ts';
import { emailKeyOf } from '../email-key.ts';

type Count = {
  failures: number;
  /** When the first of them was. */ sinceMs: number;
  lockedUntilMs: number;
  /** Locks so far: each is twice as long as the one before. */ locks: number;
};

const WINDOW_MS = 15 * 60_000;
const LOCK_MIN_MS = 60_000;
const LOCK_MAX_MS = 3_600_000;
/** After so long without a failure all is forgotten. */
const FORGOTTEN_AFTER_MS = 86_400_000;
/** Failures in a window before it is locked. A whole office may share an address. */
const FAILURES_MAX = { email: 10, source: 30 } as const;
/** Of each: beyond it the oldest are forgotten. */
const KEYS_MAX = 20_000;

type Kind = keyof typeof FAILURES_MAX;

/** One try. It counts as failed from its beginning, so that many at the same time are counted, too; until it is said otherwise. */
export type Attempt = {
  /** It was right: the failures for this email are forgotten; those from this source are not, since anybody may have an account. */
  succeeded(): void;
  /** It was neither right nor wrong. */
  undo(): void;
};

/** How often somebody failed: for an email, whether there is such an account or not, and from a source. In memory. */
export class Attempts {
  readonly #clock: Clock;
  readonly #counts: Readonly<Record<Kind, Map<string, Count>>> = { email: new Map(), source: new Map() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns or, where it is locked, for how long still, in ms */
  begin(email: string, source: string): Attempt | { readonly lockedForMs: number } {
    const nowMs = this.#clock.monotonicMs();
    const emailKey = emailKeyOf(email);
    const counts = [this.#countOf('email', emailKey), this.#countOf('source', source)] as const;
    const lockedForMs = Math.max(...counts.map((count) => count.lockedUntilMs - nowMs));
    if (lockedForMs > 0) return { lockedForMs };
    const [undoEmail, undoSource] = [this.#fail('email', counts[0]), this.#fail('source', counts[1])] as const;
    return {
      succeeded: () => {
        this.#counts.email.delete(emailKey);
        undoSource();
      },
      undo: () => {
        undoEmail();
        undoSource();
      },
    };
  }

  #countOf(kind: Kind, key: string): Count {
    const counts = this.#counts[kind];
    const nowMs = this.#clock.monotonicMs();
    const known = counts.get(key);
    if (known && nowMs - Math.max(known.sinceMs, known.lockedUntilMs) < FORGOTTEN_AFTER_MS) return known;
    const fresh = { failures: 0, sinceMs: nowMs, lockedUntilMs: 0, locks: 0 };
    counts.delete(key);
    counts.set(key, fresh);
    const [oldest] = counts.keys();
    if (counts.size > KEYS_MAX && oldest !== undefined) counts.delete(oldest);
    return fresh;
  }

  /** @returns takes back this one failure, and the lock only if it was this one that made it: others begun since stay counted */
  #fail(kind: Kind, count: Count): () => void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - count.sinceMs >= WINDOW_MS) Object.assign(count, { failures: 0, sinceMs: nowMs });
    count.failures += 1;
    if (count.failures < FAILURES_MAX[kind]) {
      return () => {
        count.failures = Math.max(0, count.failures - 1);
      };
    }
    count.lockedUntilMs = nowMs + Math.min(LOCK_MIN_MS * 2 ** count.locks, LOCK_MAX_MS);
    count.locks += 1;
    count.failures = 0;
    return () => {
      Object.assign(count, { failures: FAILURES_MAX[kind] - 1, lockedUntilMs: 0, locks: count.locks - 1 });
    };
  }
}
