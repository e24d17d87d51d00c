import { type Env, listen, type Stop } from './env.ts';
import type { Point } from './point.ts';

/** What the extra makes events of once it is there, from the page's first moment on. */
const EARLY_TYPES = ['pointermove', 'pointerover', 'click', 'auxclick', 'error', 'unhandledrejection'];

/** Most ways kept: at sixty a second, a quarter of a minute. Who comes later has the first ones, and the way ends early. */
const EARLY_MAX = 1_000;

/** What lay under the pointer, in an open shadow root, too. Asking for the whole path costs, and is seldom needed. */
export const elementOf = (event: PointerEvent) =>
  (event.target as Partial<Element> | null)?.shadowRoot ? event.composedPath()[0] : event.target;

/** Where something happened, and when. @param element what lies there @param atMs epoch ms */
export function pointOf(event: PointerEvent, env: Env, element: unknown = elementOf(event), atMs = Date.now()): Point {
  const { x, y } = env.placeOf(event);
  return { x, y, atMs, page: env.page(), element, event };
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
