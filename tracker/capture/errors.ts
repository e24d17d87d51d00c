import type { EventOf, PageContext } from '../../engine/protocol/events.ts';
import { type Emit, type Env, listen, type Stop } from './env.ts';
import type { Point } from './point.ts';

/** Longest message and stack, in characters, and how often the same error is told on one page (rules.md, Events). */
export const MESSAGE_MAX_CHARS = 500;
export const STACK_MAX_CHARS = 2_000;
export const EQUAL_MAX = 5;
/** Different errors told on one page: one whose message holds a number is another every time. */
export const DIFFERENT_MAX = 100;

/** Reports uncaught errors and rejections in scripts of the page's own origin. @param early those from before this began */
export function startErrors(emit: Emit, env: Env, early: readonly Point[]): Stop {
  const timesTold = new Map<string, number>();
  const take = (event: globalThis.Event, atMs: number, page?: PageContext) => {
    const error = 'reason' in event ? event.reason : 'error' in event ? event.error : null;
    const stack = textOf(error, 'stack');
    const message = (event as Partial<ErrorEvent>).message || textOf(error, 'message');
    const script = (event as Partial<ErrorEvent>).filename || stack.match(/\bhttps?:[^\s)]+/)?.[0];
    // Pictures that do not load end here, too, and what other sites' scripts do is theirs.
    if (!message || !script || new URL(script).origin !== location.origin) return;
    const which = `${message} ${stack}`;
    const times = timesTold.get(which) ?? 0;
    if (times >= EQUAL_MAX || (times === 0 && timesTold.size >= DIFFERENT_MAX)) return;
    timesTold.set(which, times + 1);
    const told: EventOf<'error'> = {
      kind: 'error',
      atMs,
      message: withoutQueries(message).slice(0, MESSAGE_MAX_CHARS),
      stack: withoutQueries(stack).slice(0, STACK_MAX_CHARS),
    };
    emit(told, page);
  };
  const types = ['error', 'unhandledrejection'];
  const takeEarly = env.guard(({ event, atMs, page }: Point) => take(event, atMs, page));
  for (const point of early) if (types.includes(point.event.type)) takeEarly(point);
  const stops = types.map((type) => listen(env, window, type, (event) => take(event, Date.now())));
  return () => {
    for (const stop of stops) stop();
  };
}

/** Anything can be thrown. */
function textOf(error: unknown, name: 'message' | 'stack'): string {
  const text: unknown = error && typeof error === 'object' && name in error ? (error as Record<string, unknown>)[name] : '';
  return typeof text === 'string' ? text : '';
}

/** Addresses as they may leave the browser; what follows, such as line and column, stays. */
const withoutQueries = (text: string) => text.replace(/(\bhttps?:[^\s?#)]*)[?#][^\s):]*/g, '$1');
