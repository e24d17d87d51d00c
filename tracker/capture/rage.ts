import type { EventOf, PageContext } from '../../engine/protocol/events.ts';
import { type Emit, type Env, type Judge, later, type Stop } from './env.ts';

/** So many clicks are anger (rules.md, Events), */
export const RAGE_MIN_CLICKS = 3;
/** each at most so long after the one before it, */
export const RAGE_GAP_MAX_MS = 1_000;
/** and at most so far from it. */
export const RAGE_DISTANCE_MAX_PX = 30;

type Run = { readonly latest: EventOf<'click'>; readonly count: number; readonly page: PageContext };

/** Reports runs of clicks in one place, once they end. */
export function startRage(emit: Emit, env: Env): Stop {
  let run: Run | null = null;
  let cancel = () => {};
  const end = () => {
    cancel();
    if (run && run.count >= RAGE_MIN_CLICKS) {
      const { latest, count, page } = run;
      const { atMs, x, y, target, tag, text } = latest;
      emit({ kind: 'rage', atMs, x, y, target, tag, text, count }, page);
    }
    run = null;
  };
  const judge: Judge = (latest, _element, { type, detail }) => {
    // A label that is clicked clicks its field, too: that is one click, and the second has no detail.
    if (type !== 'click' || detail === 0) return;
    if (run && !follows(run.latest, latest)) end();
    cancel();
    run = { latest, count: (run?.count ?? 0) + 1, page: env.page() };
    // Of fewer there is nothing to tell.
    if (run.count >= RAGE_MIN_CLICKS) cancel = later(env, RAGE_GAP_MAX_MS, end);
  };
  env.judges.add(judge);
  env.settlers.add(end);
  return () => {
    end();
  };
}

function follows(before: EventOf<'click'>, click: EventOf<'click'>): boolean {
  const distancePx = Math.hypot(click.x - before.x, click.y - before.y);
  return click.atMs - before.atMs <= RAGE_GAP_MAX_MS && distancePx <= RAGE_DISTANCE_MAX_PX;
}
