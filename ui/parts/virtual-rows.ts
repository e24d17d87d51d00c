/** Only the rows on screen are drawn, of a list of any length. */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

export type VirtualRows = {
  /** For the element that scrolls. */
  readonly scroll: RefObject<HTMLDivElement>;
  readonly virtual: Virtualizer<HTMLDivElement, HTMLElement>;
};

/** @param rowPx height of every row @param headPx height of what stands above the rows inside the scrolling element */
export function useVirtualRows(count: number, rowPx: number, headPx = 0): VirtualRows {
  const scroll = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowPx,
    overscan: 8,
    paddingStart: headPx,
    scrollPaddingStart: headPx,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined),
  };
  const [virtual] = useState(() => new Virtualizer<HTMLDivElement, HTMLElement>(options));
  virtual.setOptions({ ...virtual.options, ...options });
  useEffect(() => virtual._didMount(), [virtual]);
  useLayoutEffect(() => virtual._willUpdate());
  return { scroll, virtual };
}
