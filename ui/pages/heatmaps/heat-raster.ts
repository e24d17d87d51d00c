/** Cells of heat → a small picture, one pixel a cell, that is drawn large. */
import type { Heatmap } from '../../../engine/protocol/api.ts';
import { heatRatio, hottestWeight, rampColor } from './heat-ramp.ts';

/** Weights of all cells, row by row, softened; and the weight that is drawn hottest. */
export type HeatField = {
  readonly columns: number;
  readonly rows: number;
  readonly weights: Float64Array;
  readonly hottest: number;
};

/**
 * Cells are a raster of ours, not of the visitors: each is spread over about a finger's width, the same both ways,
 * however narrow the columns are. Sums stay.
 */
const SPREAD_PX = 16;

/** @param rows of the field; cells below are left out @param columnPx width of a column on the page */
export function heatField(heatmap: Pick<Heatmap, 'columns' | 'rowPx' | 'cells'>, rows: number, columnPx: number): HeatField {
  const { columns, rowPx } = heatmap;
  const weights = new Float64Array(columns * rows);
  for (const { row, column, weight } of heatmap.cells) if (row < rows && column < columns) weights[row * columns + column] = weight;
  const across = soften(weights, columns, rows, 1, columns, kernel(SPREAD_PX / columnPx));
  const both = soften(across, rows, columns, columns, 1, kernel(SPREAD_PX / rowPx));
  return { columns, rows, weights: both, hottest: hottestWeight(both) };
}

/** The field's colours, ready for an ImageData of columns × rows. */
export function rasterOf({ weights, hottest }: HeatField): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(weights.length * 4);
  for (const [place, weight] of weights.entries()) {
    if (weight === 0) continue;
    const [red, green, blue, alpha] = rampColor(heatRatio(weight, hottest));
    rgba.set([red, green, blue, Math.round(alpha * 255)], place * 4);
  }
  return rgba;
}

/** Half a bell curve, middle first; with its mirror it sums to 1. @param sigma in cells */
function kernel(sigma: number): readonly number[] {
  const reach = Math.max(1, Math.ceil(sigma * 3));
  const bell = Array.from({ length: reach + 1 }, (_, step) => Math.exp(-(step * step) / (2 * sigma * sigma)));
  const sum = bell.reduce((total, share, step) => total + (step === 0 ? share : 2 * share), 0);
  return bell.map((share) => share / sum);
}

/** Spreads along lines of `length` cells; what would leave a line stays in its last cell. */
function soften(
  weights: Float64Array,
  length: number,
  lines: number,
  step: number,
  lineStep: number,
  bell: readonly number[],
): Float64Array {
  const into = new Float64Array(weights.length);
  for (let line = 0; line < lines; line++) {
    for (let cell = 0; cell < length; cell++) {
      const weight = weights[line * lineStep + cell * step] ?? 0;
      if (weight === 0) continue;
      for (let away = 1 - bell.length; away < bell.length; away++) {
        const place = line * lineStep + Math.min(length - 1, Math.max(0, cell + away)) * step;
        into[place] = (into[place] ?? 0) + weight * (bell[Math.abs(away)] ?? 0);
      }
    }
  }
  return into;
}
