import type { PageContext } from '../../engine/protocol/events.ts';
import { REACH_STEPS } from '../../engine/protocol/limits.ts';
import { type Emit, type Env, later, listen, type Stop } from './env.ts';

/** While somebody scrolls, the place is reported this often. */
export const SCROLL_SAMPLE_MS = 250;

/** How much was seen, in steps of 5 %. All in CSS pixels. @param top what is scrolled away above @param height what is seen at once */
export function reachOf(top: number, height: number, fullHeight: number): number {
  return fullHeight > 0 ? Math.min(REACH_STEPS, Math.floor(((top + height) / fullHeight) * REACH_STEPS)) : REACH_STEPS;
}

/** Reports how far down the page was seen, beginning with what is seen without scrolling. */
export function startScroll(emit: Emit, env: Env): Stop {
  let url = '';
  let reach = 0;
  let top = -1;
  /** The page that is to be looked at; null for none. */
  let waiting: PageContext | null = null;
  let cancel = () => {};
  const sample = () => {
    cancel();
    const page = waiting;
    waiting = null;
    if (!page) return;
    if (page.url !== url) {
      url = page.url;
      reach = 0;
      top = -1;
    }
    const atTop = Math.max(0, Math.round(scrollY));
    if (atTop === top) return;
    top = atTop;
    reach = Math.max(reach, reachOf(top, page.viewportHeight, page.pageHeight));
    emit({ kind: 'scroll', atMs: Date.now(), top, reach }, page);
  };
  const soon = () => {
    if (waiting) return;
    // As it is at this moment: pages grow when they are read, and while they load.
    waiting = env.page(true);
    cancel = later(env, SCROLL_SAMPLE_MS, sample);
  };
  soon();
  // Containers scroll, too; only the document's own scrolling is the page's.
  const stop = listen(env, window, 'scroll', (event) => {
    if (event.target === document) soon();
  });
  env.settlers.add(sample);
  return () => {
    stop();
    sample();
  };
}
