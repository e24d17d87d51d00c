/**
 * datalab-extra.js: what a page's first moments do not need. The core loads it once the hello was admitted and the page
 * is idle, and starts it as one more behaviour.
 */
import type { Emit, Env, Stop } from './capture/env.ts';
import { startLayout } from './capture/layout.ts';

/** Begins every behaviour of the extra. */
export function start(emit: Emit, env: Env): Stop {
  const stops = [startLayout].map((each) => each(emit, env));
  return () => {
    for (const stop of stops) stop();
  };
}
