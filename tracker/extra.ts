/**
 * datalab-extra.js: what a page's first moments do not need. The core loads it once the hello was admitted and the page
 * is idle, and starts it as one more behaviour.
 */
import { startClick } from './capture/click.ts';
import { startControl } from './capture/control.ts';
import { startDead } from './capture/dead.ts';
import { startEngaged } from './capture/engaged.ts';
import type { Emit, Env, Stop } from './capture/env.ts';
import { startErrors } from './capture/errors.ts';
import { startForm } from './capture/form.ts';
import { startFrames } from './capture/frames.ts';
import { startHover } from './capture/hover.ts';
import { startInnerScroll } from './capture/inner-scroll.ts';
import { startLayout } from './capture/layout.ts';
import { startLink } from './capture/link.ts';
import { startMove } from './capture/move.ts';
import type { Point } from './capture/point.ts';
import { startRage } from './capture/rage.ts';
import { startScroll } from './capture/scroll.ts';
import { startVitals } from './capture/vitals.ts';

const STARTS = [
  startControl,
  startScroll,
  startInnerScroll,
  startLayout,
  startRage,
  startDead,
  startLink,
  startForm,
  startEngaged,
  startVitals,
];

/** Begins every behaviour of the extra. @param early what happened until now */
export function start(emit: Emit, env: Env, early: readonly Point[]): Stop {
  // Hears the way from its beginning; who judges presses begins after those that were kept: what followed them was not watched.
  const stops = [startHover(emit, env)];
  for (const each of [startMove, startErrors, startClick]) stops.push(each(emit, env, early));
  for (const each of STARTS) stops.push(each(emit, env));
  stops.push(startFrames(env));
  return () => {
    for (const stop of stops) env.guard(stop)();
    for (const registered of [env.settlers, env.judges, env.ways]) registered.clear();
  };
}
