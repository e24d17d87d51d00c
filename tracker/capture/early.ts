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
export const EARLY_TYPES = ['pointermove', 'error', 'unhandledrejection'];

/** Most kept: at sixty a second, a quarter of a minute. Who comes later has the first ones, and the way ends early. */
const EARLY_MAX = 1_000;

/** What a pointer says of itself; null for a finger, which is no pointer: it comes as clicks and scrolls. */
export function pointOf(event: PointerEvent, env: Env): Point | null {
  const element = event.composedPath()[0];
  const { x, y } = env.origin(element);
  return event.pointerType === 'touch'
    ? null
    : { x: x + event.clientX, y: y + event.clientY, atMs: Date.now(), page: env.page(), element, event };
}

/** Keeps what comes too early for the extra. @param early takes it */
export function keepEarly(env: Env, early: Point[]): Stop {
  const keep = (event: PointerEvent) => {
    const point = pointOf(event, env);
    if (point && early.length < EARLY_MAX) early.push(point);
  };
  const stops = EARLY_TYPES.map((type) => listen(env, window, type, keep));
  return () => {
    for (const stop of stops) stop();
  };
}
