import type { PageContext } from '../../engine/protocol/events.ts';
import { type Env, listen, type Stop } from './env.ts';

/** The pointer on a page: page coordinates in CSS pixels, epoch ms, and what lay under it. */
export type Point = {
  readonly x: number;
  readonly y: number;
  readonly atMs: number;
  readonly page: PageContext;
  readonly element: unknown;
};

/** Most points kept: at sixty a second, a quarter of a minute. Who comes later has the first ones, and the way ends early. */
const POINTS_MAX = 1_000;

/** What a pointer says of itself; null for a finger, which is no pointer: it comes as clicks and scrolls. */
export function pointOf(event: PointerEvent, env: Env): Point | null {
  const { pageX: x, pageY: y } = event;
  return event.pointerType === 'touch' ? null : { x, y, atMs: Date.now(), page: env.page(), element: event.composedPath()[0] };
}

/**
 * Keeps the pointer's way from the page's first moment until the extra, which makes events of it, is there.
 * @param points takes them
 */
export function keepEarly(env: Env, points: Point[]): Stop {
  return listen<PointerEvent>(env, window, 'pointermove', (event) => {
    const point = pointOf(event, env);
    if (point && points.length < POINTS_MAX) points.push(point);
  });
}
