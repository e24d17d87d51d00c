/** Turns a stream of pointer positions into few samples that still draw the same way. Pure: it is told every time. */

/** A sample of the pointer. `C` is whatever must travel with it. */
export type Sample<C> = { readonly x: number; readonly y: number; readonly atMs: number; readonly restMs: number; readonly context: C };

/** The pointer rests when it has not moved for this long. */
export const REST_MIN_MS = 250;
/** A pointer that lies still longer than this was left alone. */
const REST_MAX_MS = 60_000;
/** A sample is left out when the way without it passes this near, in CSS pixels. */
const TOLERANCE_PX = 3;
/** Straight ways are cut at this length, so that what is live stays live. */
const STRAIGHT_MAX_MS = 400;

export type Thinner<C> = {
  /** The pointer is here. */ at(x: number, y: number, atMs: number, context: C): void;
  /**
   * Time has passed: a rest that has become long enough is given out, so that it is seen while it lasts.
   * @returns when to ask again, epoch ms; null if nothing moves
   */
  tick(nowMs: number): number | null;
  /** Gives out everything, with the rest so far. */ end(nowMs: number): void;
};

/** Makes a thinner. @param sampleMs least time between samples @param emit takes each sample, in order of time */
export function createThinner<C>(sampleMs: () => number, emit: (sample: Sample<C>) => void): Thinner<C> {
  let anchor: Sample<C> | null = null;
  let candidate: Sample<C> | null = null;
  /** Where the pointer is now; the rest at this place begins at its time. */
  let latest: Sample<C> | null = null;
  let sampledMs = Number.NEGATIVE_INFINITY;

  const give = (sample: Sample<C>) => {
    emit(sample);
    anchor = sample;
  };
  const take = (sample: Sample<C>) => {
    sampledMs = sample.atMs;
    if (candidate && candidate.atMs < sample.atMs && !(anchor && isBetween(anchor, candidate, sample))) give(candidate);
    candidate = sample;
  };
  const rest = (nowMs: number) => {
    if (!latest) return;
    const sample = { ...latest, restMs: Math.min(nowMs - latest.atMs, REST_MAX_MS) };
    take(sample);
    give(sample);
    candidate = null;
    // What is left of the rest is counted from here.
    latest = { ...latest, atMs: nowMs };
  };

  /** True once the rest at this place has been given out: what follows is more of it. */
  const resting = () => latest !== null && anchor !== null && anchor.restMs > 0 && anchor.x === latest.x && anchor.y === latest.y;

  return {
    at(x, y, atMs, context) {
      if (latest && (resting() || atMs - latest.atMs >= REST_MIN_MS)) rest(atMs);
      latest = { x, y, atMs, restMs: 0, context };
      if (atMs - sampledMs >= sampleMs()) take(latest);
    },
    tick(nowMs) {
      if (!latest || resting()) return null;
      const dueMs = latest.atMs + REST_MIN_MS;
      if (nowMs < dueMs) return dueMs;
      rest(nowMs);
      return null;
    },
    end(nowMs) {
      if (!latest) return;
      rest(Math.max(nowMs, latest.atMs));
      anchor = null;
      latest = null;
      sampledMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** True if the pointer, going straight and evenly from `a` to `c`, would have been near `b` at b's time. */
function isBetween(a: { x: number; y: number; atMs: number }, b: typeof a, c: typeof a): boolean {
  const spanMs = c.atMs - a.atMs;
  if (spanMs > STRAIGHT_MAX_MS) return false;
  const share = spanMs > 0 ? (b.atMs - a.atMs) / spanMs : 0;
  return Math.hypot(a.x + (c.x - a.x) * share - b.x, a.y + (c.y - a.y) * share - b.y) <= TOLERANCE_PX;
}
