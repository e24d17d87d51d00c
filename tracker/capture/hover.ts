import { type Emit, type Env, listen, type Stop } from './env.ts';
import { isElement } from './place.ts';
import type { Point } from './point.ts';
import { actionable, describeTarget } from './target.ts';

/** A pointer that lies still longer than this was left alone: nobody looks at one thing for so long. */
export const HOVER_MAX_MS = 60_000;

/** Reports rests of the pointer on a target, once they end. Begins before what tells of its way. */
export function startHover(emit: Emit, env: Env): Stop {
  let rest: Point | null = null;
  const end = (nowMs: number) => {
    if (!rest) return;
    const { element, x, y, atMs, page } = rest;
    rest = null;
    const dwellMs = nowMs - atMs;
    const { hoverMinMs, targetAttribute } = env.config();
    if (dwellMs < hoverMinMs || !(isElement(element) && element.isConnected)) return;
    const { target, tag, text } = describeTarget(actionable(element, targetAttribute), targetAttribute);
    emit({ kind: 'hover', atMs, x, y, target, tag, text, dwellMs: Math.min(dwellMs, HOVER_MAX_MS) }, page);
  };
  const way = (point: Point) => {
    end(point.atMs);
    rest = point;
  };
  const endNow = () => {
    env.drain();
    end(Date.now());
  };
  // Another element comes under the pointer, or the pointer leaves the window.
  const stop = listen(env, window, 'scroll', endNow);
  // Not in the capture phase: there it would be told for each element that the pointer leaves.
  const left = env.guard(endNow);
  const root = document.documentElement;
  root.addEventListener('pointerleave', left);
  env.ways.add(way);
  env.settlers.add(endNow);
  return () => {
    stop();
    root.removeEventListener('pointerleave', left);
    endNow();
  };
}
