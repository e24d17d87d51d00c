import type { PageContext } from '../../engine/protocol/events.ts';
import { elementOf, pointOf } from './early.ts';
import { type Emit, type Env, later, listen, type Stop } from './env.ts';
import type { Point } from './point.ts';
import { createThinner, REST_MIN_MS } from './thinner.ts';

/**
 * So many moves are looked at together. Sixteen milliseconds after the one before, nothing that a move needs is at hand in the processor
 * any more: looking at one costs about as much as looking at four.
 */
const TOGETHER = 4;

/** Reports where the pointer was and how long it stayed, and lets others know. @param early where it was before this began */
export function startMove(emit: Emit, env: Env, early: readonly Point[]): Stop {
  const thinner = createThinner<PageContext>(
    () => env.config().moveSampleMs,
    ({ x, y, atMs, restMs, context }) => emit({ kind: 'move', x, y, atMs, restMs }, context),
  );
  let pointer = 0;
  let isFinger = false;
  /** A finger is no pointer: it comes as clicks and scrolls. Each has a number, and asking for the number costs less. */
  const isOfFinger = (event: PointerEvent) => {
    if (event.pointerId !== pointer) {
      pointer = event.pointerId;
      isFinger = event.pointerType === 'touch';
    }
    return isFinger;
  };
  // One timer that looks again, instead of one that every move would have to set back.
  let watching = false;
  const watch = (delayMs: number) => {
    watching = true;
    cancel = later(env, delayMs, () => {
      env.drain();
      const nowMs = Date.now();
      const nextMs = thinner.tick(nowMs);
      watching = false;
      if (nextMs !== null) watch(nextMs - nowMs);
    });
  };
  let cancel = () => {};
  const end = () => {
    env.drain();
    thinner.end(Date.now());
  };
  const take = (point: Point) => {
    thinner.at(point.x, point.y, point.atMs, point.page);
    for (const fn of env.ways) fn(point);
  };
  for (const point of early) if (point.event.type === 'pointermove' && !isOfFinger(point.event as PointerEvent)) take(point);
  watch(REST_MIN_MS);
  /** Heard, and not looked at. */
  let waiting: (readonly [event: PointerEvent, element: unknown, atMs: number])[] = [];
  env.drain = () => {
    const moves = waiting;
    waiting = [];
    for (const [event, element, atMs] of moves) if (!isOfFinger(event)) take(pointOf(event, env, element, atMs));
  };
  const stop = listen<PointerEvent>(env, window, 'pointermove', (event) => {
    const [over] = env.overs;
    // Asking the event costs more, and says nothing else unless it is within a shadow root.
    const element = over?.isHost === false ? over.element : elementOf(event);
    if (waiting.push([event, element, Date.now()]) >= TOGETHER) env.drain();
    else if (!watching) watch(REST_MIN_MS);
  });
  env.settlers.add(end);
  return () => {
    stop();
    cancel();
    end();
  };
}
