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

/** Smaller parts draw nothing. */
const SIDE_MIN_PX = 8;
/** Parts looked at, at most: a table of ten thousand rows must not cost a frame. */
const LOOKED_AT_MAX = 2_000;
/** Time for the page to settle after a load or a new address. */
const SETTLE_MS = 800;
/** Two layouts are at least this far apart. */
const AGAIN_MIN_MS = 5_000;
/** The page is read for so long at once; the rest waits for its next idle moment. */
const READ_MAX_MS = 3;
/** It is looked at the clock once for so many parts: that costs, too. */
const LOOK_AT_CLOCK = 16;

/** Reports the boxes of the page as it stands: after load, on a new address, and when it has grown or shrunk a lot. */
export function startLayout(emit: Emit, env: Env): Stop {
  let sent = 0;
  let sentMs = Number.NEGATIVE_INFINITY;
  let url = '';
  let cancel: Stop | null = null;
  const take = () => {
    const page = env.page(true);
    const parts = document.querySelectorAll(`${PARTS}, ${privacy.block}`);
    const boxes: LayoutBox[] = [];
    let at = 0;
    /** What stands within it has its text there. */
    let labelled: Element | undefined;
    const read = () => {
      cancel = null;
      const untilMs = performance.now() + READ_MAX_MS;
      const scrolled = { x: scrollX, y: scrollY };
      for (; boxes.length < LAYOUT_MAX_BOXES && at < LOOKED_AT_MAX; at++) {
        const part = parts[at];
        if (!part) break;
        if (at % LOOK_AT_CLOCK === 0 && performance.now() > untilMs) {
          cancel = whenIdle(env, read);
          return;
        }
        const isInside = labelled?.contains(part);
        if (!isInside) labelled = part.matches(LABELLED) ? part : undefined;
        const box = boxOf(part, scrolled);
        if (box) boxes.push({ ...box, text: isInside ? '' : labelled ? visibleText(part) : shortText(part) });
      }
      if (env.page().url === page.url) tell(page.url, boxes);
      // Gone meanwhile.
      else soon();
    };
    read();
  };
  const tell = (at: string, boxes: LayoutBox[]) => {
    const picture = hashOf(boxes);
    if ((picture === sent && at === url) || boxes.length === 0) return;
    sent = picture;
    sentMs = performance.now();
    url = at;
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
      // Now that the page is laid out, its sizes cost nothing.
      const { pageHeight, viewportWidth } = env.page(true);
      if (viewportWidth === seenWidth && Math.abs(pageHeight - seenHeight) < Math.max(100, seenHeight / 10)) return;
      seenHeight = pageHeight;
      seenWidth = viewportWidth;
      soon();
    }),
  );
  resized.observe(document.documentElement);
  env.settlers.add(soon);
  soon();
  return () => {
    resized.disconnect();
    cancel?.();
  };
}

/** In page coordinates; null for what draws nothing, and for what lies in a blocked part. */
function boxOf(part: Element, scrolled: { readonly x: number; readonly y: number }): Omit<LayoutBox, 'text'> | null {
  const blocked = part.closest(privacy.block);
  if (blocked && blocked !== part) return null;
  const { left, top, width, height } = part.getBoundingClientRect();
  if (width < SIDE_MIN_PX || height < SIDE_MIN_PX || isHidden(part)) return null;
  return {
    tag: part.localName,
    x: Math.round(left + scrolled.x),
    y: Math.round(top + scrolled.y),
    w: Math.round(width),
    h: Math.round(height),
  };
}

/** Of what is no label by its kind: a long paragraph is content. */
function shortText(part: Element): string {
  if (!part.matches('p, nav li, th')) return '';
  const text = visibleText(part, TEXT_MAX_CHARS + 1);
  return text.length > TEXT_MAX_CHARS || part.querySelector(LABELLED) ? '' : text;
}

/** Tells layouts apart: kept as text they would take some ten kilobytes as long as the page lives. */
function hashOf(boxes: readonly LayoutBox[]): number {
  let hash = 0;
  const mix = (value: number) => {
    hash = (hash * 31 + value) | 0;
  };
  for (const { x, y, w, h, text } of boxes) {
    [x, y, w, h].forEach(mix);
    for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
  }
  return hash;
}

function isHidden(element: Element): boolean {
  // Browsers of before 2024 lack it; an invisible box more does no harm there.
  return 'checkVisibility' in element && !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}
