import type { PageContext } from '../../engine/protocol/events.ts';
import { pointOf } from './early.ts';
import { type Emit, type Env, later, listen, type Stop } from './env.ts';
import type { Point } from './point.ts';
import { createThinner, REST_MIN_MS } from './thinner.ts';

/** True for a place on a pointer's way; a finger is no pointer: it comes as clicks and scrolls. */
export const isWay = ({ event }: Point) => event.type === 'pointermove' && (event as PointerEvent).pointerType !== 'touch';

/** Reports where the pointer was and how long it stayed. @param early where it was before this began */
export function startMove(emit: Emit, env: Env, early: readonly Point[]): Stop {
  const thinner = createThinner<PageContext>(
    () => env.config().moveSampleMs,
    ({ x, y, atMs, restMs, context }) => emit({ kind: 'move', x, y, atMs, restMs }, context),
  );
  // One timer that looks again, instead of one that every move would have to set back.
  let watching = false;
  const watch = (delayMs: number) => {
    watching = true;
    cancel = later(env, delayMs, () => {
      const nowMs = Date.now();
      const nextMs = thinner.tick(nowMs);
      watching = false;
      if (nextMs !== null) watch(nextMs - nowMs);
    });
  };
  let cancel = () => {};
  const end = () => thinner.end(Date.now());
  const take = (point: Point) => {
    if (!isWay(point)) return;
    thinner.at(point.x, point.y, point.atMs, point.page);
    if (!watching) watch(REST_MIN_MS);
  };
  early.forEach(take);
  const stop = listen<PointerEvent>(env, window, 'pointermove', (event) => take(pointOf(event, env)));
  env.settlers.add(end);
  return () => {
    stop();
    cancel();
    end();
    env.settlers.delete(end);
  };
}
