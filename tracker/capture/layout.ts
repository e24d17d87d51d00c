import type { LayoutBox } from '../../engine/protocol/events.ts';
import { LAYOUT_MAX_BOXES } from '../../engine/protocol/limits.ts';
import { type Emit, type Env, later, type Stop, whenIdle } from './env.ts';
import { privacy } from './privacy.ts';
import { TEXT_MAX_CHARS, visibleText } from './visible-text.ts';

/** The parts by which a page is recognised. */
const PARTS =
  'header, nav, main, aside, footer, section, article, form, fieldset, figure, img, picture, svg, video, canvas, iframe, ' +
  'h1, h2, h3, h4, p, blockquote, pre, ul, ol, li, dl, table, tr, a, button, summary, label, input, select, textarea, dialog';
const LABELLED = 'h1, h2, h3, h4, a, button, summary, label';
/** Parts whose text already stands in a part around them. */
const INSIDE_LABELLED = `:is(${LABELLED}) *`;

/** Smaller parts draw nothing. */
const SIDE_MIN_PX = 8;
/** Parts looked at, at most: a table of ten thousand rows must not cost a frame. */
const LOOKED_AT_MAX = 2_000;
/** Time for the page to settle after a load or a new address. */
const SETTLE_MS = 800;
/** Two layouts are at least this far apart. */
const AGAIN_MIN_MS = 5_000;

/** Reports the boxes of the page as it stands: after load, on a new address, and when it has grown or shrunk a lot. */
export function startLayout(emit: Emit, env: Env): Stop {
  let sent = '';
  let sentMs = Number.NEGATIVE_INFINITY;
  let url = '';
  let cancel: Stop | null = null;
  const take = () => {
    cancel = null;
    const page = env.page();
    const boxes = readBoxes();
    const picture = `${page.url} ${JSON.stringify(boxes)}`;
    if (picture === sent || boxes.length === 0) return;
    sent = picture;
    sentMs = performance.now();
    url = page.url;
    emit({ kind: 'layout', atMs: Date.now(), boxes });
  };
  const soon = () => {
    if (cancel) return;
    const sameUrl = env.page().url === url;
    const waitMs = sameUrl ? Math.max(SETTLE_MS, sentMs + AGAIN_MIN_MS - performance.now()) : SETTLE_MS;
    cancel = later(env, waitMs, () => {
      cancel = whenIdle(env, take);
    });
  };
  let seenHeight = 0;
  let seenWidth = 0;
  const resized = new ResizeObserver(
    env.guard(() => {
      const { offsetHeight, offsetWidth } = document.documentElement;
      if (offsetWidth === seenWidth && Math.abs(offsetHeight - seenHeight) < Math.max(100, seenHeight / 10)) return;
      seenHeight = offsetHeight;
      seenWidth = offsetWidth;
      soon();
    }),
  );
  resized.observe(document.documentElement);
  env.settlers.add(soon);
  soon();
  return () => {
    resized.disconnect();
    cancel?.();
    env.settlers.delete(soon);
  };
}

/** The page's parts in page coordinates, in document order: what contains stands before what is contained. */
function readBoxes(): LayoutBox[] {
  const boxes: LayoutBox[] = [];
  let lookedAt = 0;
  for (const element of document.querySelectorAll(`${PARTS}, ${privacy.block}`)) {
    if (boxes.length >= LAYOUT_MAX_BOXES || ++lookedAt > LOOKED_AT_MAX) break;
    const blocked = element.closest(privacy.block);
    if (blocked && blocked !== element) continue;
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width < SIDE_MIN_PX || height < SIDE_MIN_PX || isHidden(element)) continue;
    boxes.push({
      tag: element.localName,
      x: Math.round(left + scrollX),
      y: Math.round(top + scrollY),
      w: Math.round(width),
      h: Math.round(height),
      text: labelOf(element),
    });
  }
  return boxes;
}

function labelOf(element: Element): string {
  if (element.matches(INSIDE_LABELLED)) return '';
  if (element.matches(LABELLED)) return visibleText(element);
  if (!element.matches('p, nav li, th')) return '';
  const text = visibleText(element, TEXT_MAX_CHARS + 1);
  // A long paragraph is content, not a label.
  return text.length > TEXT_MAX_CHARS || element.querySelector(LABELLED) ? '' : text;
}

function isHidden(element: Element): boolean {
  // Browsers of before 2024 lack it; an invisible box more does no harm there.
  return 'checkVisibility' in element && !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}
