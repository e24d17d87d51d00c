import type { Frame, LayoutBox, WidthClass } from '../protocol/events.ts';
import { type FrameEffect, withinSkew } from './aggregate.ts';

/** How a page of one app looked in one width class. */
export type PageLayout = {
  readonly app: string;
  readonly url: string;
  readonly widthClass: WidthClass;
  /** Epoch ms. */ readonly atMs: number;
  /** CSS pixels. */ readonly pageWidth: number;
  readonly pageHeight: number;
  readonly viewportHeight: number;
  readonly boxes: readonly LayoutBox[];
};

/** The layouts that a frame brings, in order. @param effect what the aggregator made of the frame @param receivedMs when it arrived */
export function layoutsOf(app: string, { page, events }: Frame, { widthClass }: FrameEffect, receivedMs: number): PageLayout[] {
  if (!widthClass) return [];
  const { url, pageWidth, pageHeight, viewportHeight } = page;
  return events
    .filter((event) => event.kind === 'layout')
    .map(({ atMs, boxes }) => ({
      app,
      url,
      widthClass,
      atMs: withinSkew(atMs, receivedMs),
      pageWidth,
      pageHeight,
      viewportHeight,
      boxes,
    }));
}
