import type { PageContext } from '../../engine/protocol/events.ts';
import { type Emit, type Env, listen, type Stop } from './env.ts';
import { actionable, describeTarget } from './target.ts';

/** A pointer that lies still longer than this was left alone: nobody looks at one thing for so long. */
export const HOVER_MAX_MS = 60_000;

type Rest = { readonly element: Element; readonly x: number; readonly y: number; readonly atMs: number; readonly page: PageContext };

/** Reports rests of the pointer on a target, once they end. */
export function startHover(emit: Emit, env: Env): Stop {
  let rest: Rest | null = null;
  const end = () => {
    if (!rest) return;
    const { element, x, y, atMs, page } = rest;
    rest = null;
    const dwellMs = Date.now() - atMs;
    const { hoverMinMs, targetAttribute } = env.config();
    if (dwellMs < hoverMinMs || !element.isConnected) return;
    const { target, tag, text } = describeTarget(actionable(element, targetAttribute), targetAttribute);
    emit({ kind: 'hover', atMs, x, y, target, tag, text, dwellMs: Math.min(dwellMs, HOVER_MAX_MS) }, page);
  };
  const stops = [
    listen<PointerEvent>(env, window, 'pointermove', (event) => {
      if (event.pointerType === 'touch') return;
      end();
      const element = event.composedPath()[0];
      if (element instanceof Element) rest = { element, x: event.pageX, y: event.pageY, atMs: Date.now(), page: env.page() };
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
