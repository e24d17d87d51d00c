/**
 * Heat in its packed form. A batch touches thousands of cells of few pages: as two arrays per page and layer they cross
 * threads for nearly nothing, as objects they would cost more than the aggregation itself.
 */
import type { PageContext } from '../protocol/events.ts';
import { HEAT_COLUMNS, HEAT_ROW_PX, type RollupKey, type RollupRow } from './rollups.ts';

/** Lowest row kept, counted from the top: 65,536 px of page. What lies deeper is kept in it. */
export const HEAT_ROWS_MAX = 4_096;

/** Key of one page and layer. */
export type HeatKey = Omit<RollupKey<'heat'>, 'row' | 'column'>;

/** Weights to add to one page and layer. `cells[i]` is row × HEAT_COLUMNS + column, ascending; each cell stands once. */
export type HeatGrid = { readonly key: HeatKey; readonly cells: Uint32Array; readonly weights: Float64Array };

/** A block is four rows of a page. By bits, because a remainder of doubles takes longer than the adding. */
const BLOCK_BITS = 8;
const BLOCK_CELLS = 1 << BLOCK_BITS;

/**
 * Weights by cell number, in blocks that are there once something fell into them: adding is an index and no look-up, and a
 * long page costs what was touched of it. (By a map, adding up took half of a fold: 2.2 against 0.5 ms a batch.)
 */
export type HeatCells = (Float64Array | undefined)[];

/**
 * Cell of a point, or -1 when the page names no viewport (a seed client's without a screen): a share of nothing is no place.
 * A column is a share of the viewport's width, so what lies right of it, on a page that scrolls sideways, is in the last.
 * @param x @param y page coordinates in CSS pixels
 */
export function cellOf(x: number, y: number, page: PageContext): number {
  if (page.viewportWidth < 1) return -1;
  const column = Math.floor((x / page.viewportWidth) * HEAT_COLUMNS);
  const row = Math.floor(y / HEAT_ROW_PX);
  return clamp(row, HEAT_ROWS_MAX - 1) * HEAT_COLUMNS + clamp(column, HEAT_COLUMNS - 1);
}

/** Adds a weight to a cell. */
export function addHeat(cells: HeatCells, cell: number, weight: number): void {
  const number = cell >> BLOCK_BITS;
  let block = cells[number];
  if (!block) {
    block = new Float64Array(BLOCK_CELLS);
    cells[number] = block;
  }
  const place = cell & (BLOCK_CELLS - 1);
  block[place] = (block[place] ?? 0) + weight;
}

/** Packs the cells of one page and layer that have a weight. Ascending, so that equal heat packs to equal bytes and upserts walk the key in order. */
export function packHeat(key: HeatKey, blocks: HeatCells): HeatGrid {
  const cells: number[] = [];
  const weights: number[] = [];
  blocks.forEach((block, number) => {
    block?.forEach((weight, place) => {
      if (weight === 0) return;
      cells.push(number * BLOCK_CELLS + place);
      weights.push(weight);
    });
  });
  return { key, cells: Uint32Array.from(cells), weights: Float64Array.from(weights) };
}

/** A grid as the documents it adds to: for adapters and readers that want rows. */
export function heatRows({ key, cells, weights }: HeatGrid): RollupRow<'heat'>[] {
  return Array.from(cells, (cell, i) => ({
    ...key,
    row: Math.floor(cell / HEAT_COLUMNS),
    column: cell % HEAT_COLUMNS,
    weight: weights[i] ?? 0,
  }));
}

const clamp = (value: number, max: number) => Math.min(Math.max(value, 0), max);
