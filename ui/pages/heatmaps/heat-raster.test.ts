import { describe, expect, it } from 'vitest';
import { rasterOf } from './heat-raster.ts';

const alphaAt = (raster: ReturnType<typeof rasterOf>, row: number, column: number) => raster.rgba[(row * raster.columns + column) * 4 + 3];

describe('heat raster', () => {
  it('heat is hottest where its cell is, fades around it and ends there', () => {
    const raster = rasterOf({ columns: 9, cells: [{ row: 4, column: 4, weight: 0.4 }] }, 9, 10);
    const middle = alphaAt(raster, 4, 4) ?? 0;
    const beside = alphaAt(raster, 4, 5) ?? 0;
    expect(middle).toBeGreaterThan(beside);
    expect(beside).toBeGreaterThan(0);
    expect(alphaAt(raster, 4, 6)).toBe(0);
  });

  it('heat at the right edge does not appear at the left one', () => {
    const raster = rasterOf({ columns: 8, cells: [{ row: 0, column: 7, weight: 10 }] }, 2, 10);
    expect(alphaAt(raster, 0, 0)).toBe(0);
    expect(alphaAt(raster, 1, 0)).toBe(0);
  });

  it('cells below the picture are left out', () => {
    const raster = rasterOf({ columns: 4, cells: [{ row: 99, column: 0, weight: 10 }] }, 2, 10);
    expect(raster.rgba.every((value, place) => place % 4 !== 3 || value === 0)).toBe(true);
  });
});
