/** Runs inside a page of the demo site: what the real tracker would say of its layout and its targets. */

import { DEFAULT_TRACKER_CONFIG } from '../../../engine/protocol/hello.ts';
import { createGuard } from '../../../tracker/capture/guard.ts';
import { startLayout } from '../../../tracker/capture/layout.ts';
import { createPageReader } from '../../../tracker/capture/page.ts';
import { describeTarget } from '../../../tracker/capture/target.ts';
import type { RecordedTarget, RecordedView } from './recorded-pages.ts';

/** What a visitor may point at. */
const POINTED = 'a, button, input, [data-datalab], h1, h2, h3, img, svg, figure, article > p';
const SIDE_MIN_PX = 12;

/** @returns the page as it is laid out now */
export function probePage(): Promise<RecordedView> {
  const page = createPageReader()();
  const store = { take: () => null, put: () => undefined };
  return new Promise((resolve) => {
    const stop = startLayout(
      (event) => {
        if (event.kind !== 'layout') return;
        queueMicrotask(() => stop());
        resolve({
          viewportWidth: page.viewportWidth,
          viewportHeight: page.viewportHeight,
          pageWidth: page.pageWidth,
          pageHeight: page.pageHeight,
          boxes: event.boxes,
          targets: targets(),
        });
      },
      {
        guard: createGuard(),
        store,
        config: () => DEFAULT_TRACKER_CONFIG,
        page: () => page,
        settlers: new Set(),
        heard: new Map(),
        reconfigure: () => undefined,
        overs: [],
        drain: () => undefined,
        judges: new Set(),
        ways: new Set(),
        placeOf: ({ pageX, pageY }) => ({ x: pageX, y: pageY }),
      },
    );
  });
}

function targets(): RecordedTarget[] {
  const found: RecordedTarget[] = [];
  for (const element of document.querySelectorAll(POINTED)) {
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width < SIDE_MIN_PX || height < SIDE_MIN_PX || left < 0 || !element.checkVisibility()) continue;
    const { target, tag, text, href } = describeTarget(element, DEFAULT_TRACKER_CONFIG.targetAttribute);
    found.push({
      target,
      tag,
      text,
      href: href === '' ? '' : new URL(href, location.href).pathname,
      x: Math.round(left + scrollX),
      y: Math.round(top + scrollY),
      w: Math.round(width),
      h: Math.round(height),
    });
  }
  return found;
}
