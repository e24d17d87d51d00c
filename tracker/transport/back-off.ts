/** The first pause lies around this; each later one is twice as long. */
const FIRST_MS = 1_000;
/** With the jitter on top, a pause never exceeds 60 s. */
const LONGEST_MS = 40_000;

/**
 * How long to wait before the next attempt: 0.5–1.5 s, doubling to 60 s, spread by half in both directions so that the
 * tabs of a restarted node do not come back in one moment (rules.md, Connection).
 * @param failures attempts that failed before, 0 for the first pause
 * @param random 0 ≤ x < 1
 */
export function backOffMs(failures: number, random: number): number {
  return Math.min(FIRST_MS * 2 ** failures, LONGEST_MS) * (0.5 + random);
}
