import type { PageContext } from '../../engine/protocol/events.ts';
import { type Emit, type Env, later, listen, type Stop } from './env.ts';
import { around, isElement } from './place.ts';
import { privacy } from './privacy.ts';
import { reachOf, SCROLL_SAMPLE_MS } from './scroll.ts';
import { describeTarget } from './target.ts';

/** A container as it was last reported. */
type Seen = { readonly url: string; readonly top: number; readonly reach: number };

/** How a text field scrolls says how much was typed. */
const FIELD = 'input, textarea, select';

/** Reports how far down the containers within a page were seen, and the frames of its origin, each on its own. */
export function startInnerScroll(emit: Emit, env: Env): Stop {
  const seen = new WeakMap<Element, Seen>();
  const waiting = new Map<Element, { readonly page: PageContext; readonly cancel: Stop }>();
  const sample = (container: Element) => {
    const waited = waiting.get(container);
    waiting.delete(container);
    waited?.cancel();
    if (!waited || !container.isConnected) return;
    const { page } = waited;
    const before = seen.get(container);
    const onPage = before?.url === page.url ? before : { top: 0, reach: 0 };
    const top = Math.max(0, Math.round(container.scrollTop));
    if (top === onPage.top) return;
    const reach = Math.max(onPage.reach, reachOf(top, container.clientHeight, container.scrollHeight));
    seen.set(container, { url: page.url, top, reach });
    // A frame's document is named by its frame.
    const named = container.ownerDocument.scrollingElement === container ? container.ownerDocument.defaultView?.frameElement : container;
    const { target } = describeTarget(named ?? container, env.config().targetAttribute);
    emit({ kind: 'innerscroll', atMs: Date.now(), target, top, reach }, page);
  };
  const stop = listen(env, window, 'scroll', (event) => {
    const scrolled = event.composedPath()[0];
    const container = isElement(scrolled) ? scrolled : (scrolled as Document).scrollingElement;
    if (scrolled === document || !container || waiting.has(container) || around(container, `${FIELD}, ${privacy.block}`)) return;
    waiting.set(container, { page: env.page(), cancel: later(env, SCROLL_SAMPLE_MS, () => sample(container)) });
  });
  const settled = () => {
    for (const container of [...waiting.keys()]) sample(container);
  };
  env.settlers.add(settled);
  return () => {
    stop();
    settled();
  };
}
