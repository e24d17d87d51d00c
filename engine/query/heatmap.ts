import type { Heatmap, HeatmapQuery } from '../protocol/api.ts';
import { HEAT_COLUMNS, HEAT_ROW_PX } from '../rollup/rollups.ts';
import type { LayoutRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { dayRange } from './day-range.ts';

type Target = Heatmap['targets'][number];

/** Most targets in one answer. */
const TARGETS_MAX = 50;

/** Heat of one page, layer and width class, with its targets and its latest layout. */
export async function heatmap(store: Pick<Store, 'readRollup' | 'latestLayout'>, query: HeatmapQuery): Promise<Heatmap> {
  const { app, url, layer, widthClass } = query;
  const range = { app, ...dayRange(query) };
  const [heat, targets, layout] = await Promise.all([
    store.readRollup('heat', { ...range, where: { url, widthClass, layer } }),
    store.readRollup('target', { ...range, where: { url } }),
    store.latestLayout(app, url, widthClass),
  ]);
  const weights = new Map<number, number>();
  let total = 0;
  for (const { row, column, weight } of heat) {
    const cell = row * HEAT_COLUMNS + column;
    weights.set(cell, (weights.get(cell) ?? 0) + weight);
    total += weight;
  }
  const cells = Array.from(weights, ([cell, weight]) => ({ row: Math.floor(cell / HEAT_COLUMNS), column: cell % HEAT_COLUMNS, weight }));
  return {
    columns: HEAT_COLUMNS,
    rowPx: HEAT_ROW_PX,
    cells,
    targets: overDays(targets),
    total,
    ...(layout && { page: pageOf(layout) }),
  };
}

function pageOf({ pageWidth, pageHeight, viewportHeight, boxes }: LayoutRecord): NonNullable<Heatmap['page']> {
  return { pageWidth, pageHeight, viewportHeight, boxes: [...boxes] };
}

/** One row per target, whatever the day; most clicked first, then longest dwelt on. */
function overDays(rows: readonly Target[]): Target[] {
  const targets = new Map<string, Target>();
  for (const { target, text, clicks, hovers, dwellMs } of rows) {
    const key = JSON.stringify([target, text]);
    const sum = targets.get(key) ?? { target, text, clicks: 0, hovers: 0, dwellMs: 0 };
    targets.set(key, { target, text, clicks: sum.clicks + clicks, hovers: sum.hovers + hovers, dwellMs: sum.dwellMs + dwellMs });
  }
  return [...targets.values()].sort((a, b) => b.clicks - a.clicks || b.dwellMs - a.dwellMs).slice(0, TARGETS_MAX);
}
