import type { PageContext } from '../../engine/protocol/events.ts';
import { type Env, listen, type Stop } from './env.ts';

/** The pointer on a page: page coordinates in CSS pixels, epoch ms, and what lay under it. */
export type Point = {
  readonly x: number;
  readonly y: number;
  readonly atMs: number;
  readonly page: PageContext;
  readonly element: unknown;
  /** What told of it: among what came early, it may also be an error, which has no place. */ readonly event: globalThis.Event;
};

/** What the extra makes events of once it is there, from the page's first moment on. */
const EARLY_TYPES = ['pointermove', 'pointerover', 'click', 'auxclick', 'error', 'unhandledrejection'];

/** Most ways kept: at sixty a second, a quarter of a minute. Who comes later has the first ones, and the way ends early. */
const EARLY_MAX = 1_000;

/** Where something happened, and when. */
export function pointOf(event: PointerEvent, env: Env): Point {
  return { ...env.placeOf(event), atMs: Date.now(), page: env.page(), element: event.composedPath()[0], event };
}

/** True for a press of any button, or a tap. */
export const isPress = ({ event }: Point) => event.type.endsWith('click');

/** Keeps what comes too early for the extra. @param keep takes it */
export function hearEarly(env: Env, keep: (point: Point) => void): Stop {
  const stops = EARLY_TYPES.map((type) => listen(env, window, type, (event: PointerEvent) => keep(pointOf(event, env))));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Adds to what is kept; presses always, of other things the first ones. */
export function keepEarly(early: Point[], point: Point): void {
  if (early.length < EARLY_MAX || isPress(point)) early.push(point);
}
