import { pointOf } from './early.ts';
import { type Emit, type Env, listen, type Stop } from './env.ts';
import { isWay } from './move.ts';
import { isElement } from './place.ts';
import type { Point } from './point.ts';
import { actionable, describeTarget } from './target.ts';

/** A pointer that lies still longer than this was left alone: nobody looks at one thing for so long. */
export const HOVER_MAX_MS = 60_000;

/** Reports rests of the pointer on a target, once they end. @param early where it was before this began: there it may still rest */
export function startHover(emit: Emit, env: Env, early: readonly Point[]): Stop {
  let rest = early.filter(isWay).pop() ?? null;
  const end = () => {
    if (!rest) return;
    const { element, x, y, atMs, page } = rest;
    rest = null;
    const dwellMs = Date.now() - atMs;
    const { hoverMinMs, targetAttribute } = env.config();
    if (dwellMs < hoverMinMs || !(isElement(element) && element.isConnected)) return;
    const { target, tag, text } = describeTarget(actionable(element, targetAttribute), targetAttribute);
    emit({ kind: 'hover', atMs, x, y, target, tag, text, dwellMs: Math.min(dwellMs, HOVER_MAX_MS) }, page);
  };
  const stops = [
    listen<PointerEvent>(env, window, 'pointermove', (event) => {
      const point = pointOf(event, env);
      if (!isWay(point)) return;
      end();
      rest = point;
    }),
    // Another element comes under the pointer, or the pointer leaves the window.
    listen(env, document, 'scroll', end),
    listen(env, document.documentElement, 'pointerleave', (event) => {
      if (event.target === document.documentElement) end();
    }),
  ];
  env.settlers.add(end);
  return () => {
    for (const stop of stops) stop();
    end();
    env.settlers.delete(end);
  };
}
