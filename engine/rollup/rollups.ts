/**
 * Every rollup there is, as one table: its key, and the fields that are added up. The aggregator, both store adapters and
 * the documentation come from it. A rollup is a plain document that any client can read.
 *
 * All are sums, so that merging is associative and commutative: halves merged equal the whole.
 */

/** Columns that divide the viewport's width. */
export const HEAT_COLUMNS = 64;
/** Height of a row of heat in CSS pixels. */
export const HEAT_ROW_PX = 16;

export const ROLLUPS = {
  /** Heat of a page: milliseconds for move and hover, clicks for click. */
  heat: { key: ['app', 'day', 'url', 'widthClass', 'layer', 'row', 'column'], sums: ['weight'] },
  /** Per target of a page. */
  target: { key: ['app', 'day', 'url', 'target', 'text'], sums: ['clicks', 'hovers', 'dwellMs'] },
  /** Per address and width class. */
  page: { key: ['app', 'day', 'url', 'widthClass'], sums: ['views', 'clicks', 'events', 'timeMs', 'leaves'] },
  /** Per dimension and value: device, browser, os, language, referrer, screen, event kind … */
  dimension: { key: ['app', 'day', 'dimension', 'value'], sums: ['visitors', 'visits', 'views', 'events'] },
  /** Steps from one address to the next. */
  step: { key: ['app', 'day', 'from', 'to'], sums: ['count'] },
} as const satisfies Record<string, { key: readonly string[]; sums: readonly string[] }>;

export type RollupName = keyof typeof ROLLUPS;
type KeyValue<C extends string> = C extends 'row' | 'column' ? number : string;
export type RollupKey<N extends RollupName> = { readonly [C in (typeof ROLLUPS)[N]['key'][number]]: KeyValue<C> };
export type RollupSums<N extends RollupName> = { readonly [C in (typeof ROLLUPS)[N]['sums'][number]]: number };

/** One stored document. */
export type RollupRow<N extends RollupName> = RollupKey<N> & RollupSums<N>;

/** An increment of one document. Heat is not among them: it travels packed, as a HeatGrid (heat.ts). */
export type RollupChange = {
  [N in Exclude<RollupName, 'heat'>]: { readonly rollup: N; readonly key: RollupKey<N>; readonly add: Partial<RollupSums<N>> };
}[Exclude<RollupName, 'heat'>];

/** The UTC day of a time, `YYYY-MM-DD`. @param atMs epoch ms */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
