/**
 * datalab-extra.js: what a page's first moments do not need. The core loads it once the hello was admitted and the page
 * is idle, and starts it as one more behaviour.
 */
import type { Point } from './capture/early.ts';
import type { Emit, Env, Stop } from './capture/env.ts';
import { startHover } from './capture/hover.ts';
import { startLayout } from './capture/layout.ts';
import { startMove } from './capture/move.ts';

/** Begins every behaviour of the extra. @param early where the pointer was until now */
export function start(emit: Emit, env: Env, early: readonly Point[]): Stop {
  const stops = [startMove, startHover, startLayout].map((each) => each(emit, env, early));
  return () => {
    for (const stop of stops) stop();
  };
}
