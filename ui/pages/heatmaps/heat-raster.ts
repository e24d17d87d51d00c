/** Cells of heat → a small picture, one pixel a cell, that is drawn large. */
import type { Heatmap } from '../../../engine/protocol/api.ts';
import { heatRatio, rampColor } from './heat-ramp.ts';

export type Raster = { readonly columns: number; readonly rows: number; readonly rgba: Uint8ClampedArray<ArrayBuffer> };

/** @param rows of the picture; cells below are left out @param hottest weight at the top of the ramp */
export function rasterOf(heatmap: Pick<Heatmap, 'columns' | 'cells'>, rows: number, hottest: number): Raster {
  const { columns } = heatmap;
  const weights = new Float64Array(columns * rows);
  for (const { row, column, weight } of heatmap.cells) if (row < rows && column < columns) weights[row * columns + column] = weight;
  const soft = soften(weights, columns, rows);
  const rgba = new Uint8ClampedArray(columns * rows * 4);
  for (const [place, weight] of soft.entries()) {
    const [red, green, blue, alpha] = rampColor(heatRatio(weight, hottest));
    rgba.set([red, green, blue, Math.round(alpha * 255)], place * 4);
  }
  return { columns, rows, rgba };
}

/** Spreads each cell over its neighbours, ¼ ½ ¼ both ways: cells are a raster of ours, not of the visitors. Sums stay. */
function soften(weights: Float64Array, columns: number, rows: number): Float64Array {
  const across = new Float64Array(weights.length);
  const both = new Float64Array(weights.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      spread(weights[place] ?? 0, across, place, column > 0 ? place - 1 : place, column < columns - 1 ? place + 1 : place);
    }
  }
  for (let place = 0; place < across.length; place++) {
    const up = place >= columns ? place - columns : place;
    const down = place + columns < across.length ? place + columns : place;
    spread(across[place] ?? 0, both, place, up, down);
  }
  return both;
}

function spread(weight: number, into: Float64Array, place: number, before: number, after: number): void {
  if (weight === 0) return;
  into[place] = (into[place] ?? 0) + weight / 2;
  into[before] = (into[before] ?? 0) + weight / 4;
  into[after] = (into[after] ?? 0) + weight / 4;
}
