import { REACH_STEPS } from '../../engine/protocol/limits.ts';
import { type Emit, type Env, later, listen, type Stop } from './env.ts';

/** While somebody scrolls, the place is reported this often. */
const SCROLL_SAMPLE_MS = 250;

/** Reports how far down the page was seen, beginning with what is seen without scrolling. */
export function startScroll(emit: Emit, env: Env): Stop {
  let url = '';
  let reach = 0;
  let top = -1;
  let waiting = false;
  let cancel = () => {};
  const sample = () => {
    waiting = false;
    const page = env.page();
    if (page.url !== url) {
      url = page.url;
      reach = 0;
      top = -1;
    }
    const atTop = Math.max(0, Math.round(scrollY));
    if (atTop === top) return;
    top = atTop;
    const seen = page.pageHeight > 0 ? (atTop + page.viewportHeight) / page.pageHeight : 1;
    reach = Math.max(reach, Math.min(REACH_STEPS, Math.floor(seen * REACH_STEPS)));
    emit({ kind: 'scroll', atMs: Date.now(), top, reach });
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    cancel = later(env, SCROLL_SAMPLE_MS, sample);
  };
  soon();
  // Containers scroll, too; only the document's own scrolling is the page's.
  const stop = listen(env, document, 'scroll', (event) => {
    if (event.target === document) soon();
  });
  return () => {
    stop();
    cancel();
  };
}
