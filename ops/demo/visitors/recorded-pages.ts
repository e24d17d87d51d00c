/** What a visitor of the demo site can see and point at, as a real browser laid it out (record-pages.ts writes it). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayoutBox } from '../../../engine/protocol/events.ts';

export type RecordedTarget = {
  /** Selector, tag, text and link as the tracker would name them. */
  readonly target: string;
  readonly tag: string;
  readonly text: string;
  /** Path on the site; '' if it is no link. */ readonly href: string;
  /** In page coordinates, px. */ readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
};

export type RecordedView = {
  readonly viewportWidth: number;
  readonly viewportHeight: number;
  readonly pageWidth: number;
  readonly pageHeight: number;
  readonly boxes: readonly LayoutBox[];
  readonly targets: readonly RecordedTarget[];
};

export type RecordedPage = { readonly path: string; readonly title: string; readonly views: readonly RecordedView[] };

export function recordedPages(): readonly RecordedPage[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'pages.json'), 'utf8')) as RecordedPage[];
}
