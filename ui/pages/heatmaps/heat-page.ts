/** The size of the page that heat is drawn over, and heat in words. */
import type { HeatLayer, Heatmap } from '../../../engine/protocol/api.ts';
import type { WidthClass } from '../../../engine/protocol/events.ts';
import { formatCount, formatDuration } from '../../look/format.ts';

/** In the page's own pixels. */
export type HeatPage = { readonly width: number; readonly height: number; readonly rows: number };

/** What a page of a width class is drawn as while no layout of it was seen. */
const USUAL_WIDTH_PX: Readonly<Record<WidthClass, number>> = { mobile: 390, tablet: 768, laptop: 1280, desktop: 1536 };
/** An endless page, or a client that lies about its own, must not ask for an endless picture. */
const HEIGHT_MAX_PX = 40_000;

/** As high as the layout, or as its lowest heat where that lies below it. */
export function heatPage({ page, cells, rowPx }: Pick<Heatmap, 'page' | 'cells' | 'rowPx'>, widthClass: WidthClass): HeatPage {
  const lowestRow = cells.reduce((lowest, cell) => Math.max(lowest, cell.row), 0);
  const height = Math.min(HEIGHT_MAX_PX, Math.max(page?.pageHeight ?? 0, (lowestRow + 1) * rowPx));
  return { width: page?.pageWidth || USUAL_WIDTH_PX[widthClass], height, rows: Math.ceil(height / rowPx) };
}

/** What is counted in the layers that do not measure time. */
const COUNTED: Readonly<Partial<Record<HeatLayer, string>>> = { click: 'click', rage: 'rage', dead: 'dead click' };

/** A weight with its unit. */
export function formatWeight(layer: HeatLayer, weight: number): string {
  const counted = COUNTED[layer];
  if (!counted) return `${formatDuration(weight)} ${layer === 'hover' ? 'of hovering' : 'of pointer'}`;
  return weight < 1 && weight > 0 ? `under 1 ${counted}` : `${formatCount(weight)} ${counted}${Math.round(weight) === 1 ? '' : 's'}`;
}
