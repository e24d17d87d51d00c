import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeatField, heatField, rasterOf } from './heat-raster.ts';

const at = (field: HeatField, row: number, column: number) => field.weights[row * field.columns + column] ?? Number.NaN;
const sum = (field: HeatField) => field.weights.reduce((total, weight) => total + weight, 0);
const one = (columns: number, row: number, column: number) => ({ columns, rowPx: 16, cells: [{ row, column, weight: 10 }] });

describe('heat raster', () => {
  it('heat is hottest where its cell is and fades around it', () => {
    const field = heatField(one(9, 4, 4), 9, 16);
    expect(at(field, 4, 4)).toBeGreaterThan(at(field, 4, 5));
    expect(at(field, 4, 5)).toBeGreaterThan(at(field, 5, 5));
    expect(at(field, 4, 8)).toBe(0);
  });

  it('narrow columns are spread over more of them: heat is as wide as it is high', () => {
    const field = heatField(one(31, 15, 15), 31, 8);
    expect(at(field, 15, 17)).toBeCloseTo(at(field, 16, 15), 1);
  });

  it('softening keeps the sum, at every edge', () => {
    fc.assert(
      fc.property(fc.nat(7), fc.nat(7), fc.integer({ min: 4, max: 40 }), (row, column, columnPx) => {
        expect(sum(heatField(one(8, row, column), 8, columnPx))).toBeCloseTo(10, 6);
      }),
    );
  });

  it('heat at the right edge does not appear at the left one', () => {
    const field = heatField(one(16, 0, 15), 3, 16);
    for (const row of [0, 1, 2]) expect(at(field, row, 0)).toBe(0);
  });

  it('cells below the picture are left out, and nothing is drawn for nothing', () => {
    const field = heatField(one(4, 99, 0), 2, 16);
    expect(sum(field)).toBe(0);
    expect(rasterOf(field).every((value) => value === 0)).toBe(true);
  });
});
