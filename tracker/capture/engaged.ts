import { type Emit, type Env, later, listen, type Stop } from './env.ts';

/** While somebody looks, it is said at most this often: what a crash takes along is no more. */
export const ENGAGED_REPORT_MS = 15_000;
/** A longer stretch without a report is that of a computer that slept. */
export const STRETCH_MAX_MS = 2 * ENGAGED_REPORT_MS;

/** Reports how long the page was visible and had the focus. */
export function startEngaged(emit: Emit, env: Env): Stop {
  let page = env.page();
  let engagedMs = 0;
  /** Since when somebody looks, by performance.now(); null while nobody does. */
  let sinceMs: number | null = null;
  let timer: Stop | null = null;
  /** Adds up what has passed, and sees whether somebody looks now. */
  const look = () => {
    const nowMs = performance.now();
    if (sinceMs !== null) engagedMs += Math.min(nowMs - sinceMs, STRETCH_MAX_MS);
    sinceMs = document.visibilityState === 'visible' && document.hasFocus() ? nowMs : null;
    if (sinceMs !== null) timer ??= later(env, ENGAGED_REPORT_MS, report);
  };
  const rest = () => {
    timer?.();
    timer = null;
  };
  const report = () => {
    rest();
    look();
    const wholeMs = Math.round(engagedMs);
    engagedMs = 0;
    if (wholeMs > 0) emit({ kind: 'engaged', atMs: Date.now(), engagedMs: wholeMs }, page);
    page = env.page();
  };
  // The focus that goes into a frame of the page is still the page's: only a moment later is it known where it went.
  let cancel = () => {};
  const moved = () => {
    look();
    cancel();
    cancel = later(env, 0, look);
  };
  look();
  const stops = [listen(env, window, 'focus', moved), listen(env, window, 'blur', moved), listen(env, window, 'visibilitychange', look)];
  env.settlers.add(report);
  return () => {
    // Whoever stops has settled: it is all told.
    for (const stop of stops) stop();
    rest();
    cancel();
  };
}
