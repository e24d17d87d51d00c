/** A session's actor that throws is restarted; one that does so again and again is set aside and shown. */
export const RESTARTS_MAX = 3;
export const RESTARTS_WITHIN_MS = 10_000;

export type Verdict = 'restart' | 'quarantine';

/**
 * Decides on one fault and remembers it.
 * @param restarts times of earlier restarts, monotonic ms; those outside the window are forgotten in place
 */
export function judgeFault(restarts: number[], nowMs: number): Verdict {
  while (restarts[0] !== undefined && restarts[0] <= nowMs - RESTARTS_WITHIN_MS) restarts.shift();
  if (restarts.length >= RESTARTS_MAX) return 'quarantine';
  restarts.push(nowMs);
  return 'restart';
}
