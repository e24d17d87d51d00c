import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowWindow } from './row-window.ts';

describe('row window', () => {
  it('every row on screen lies within the window, and the server gives as many', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(100), (start, shown) => {
        const { offset, limit } = rowWindow(start, start + shown);
        expect(offset).toBeLessThanOrEqual(start);
        expect(offset + limit).toBeGreaterThan(start + shown);
        expect(limit).toBeLessThanOrEqual(500);
      }),
    );
  });

  it('scrolling by a row within a step asks for the same window', () => {
    expect(rowWindow(30, 50)).toEqual(rowWindow(31, 51));
  });
});
