import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatRatio, hottestWeight, rampColor } from './heat-ramp.ts';

/** Relative luminance (WCAG), enough to see that lightness rises. */
const luminance = ([red, green, blue]: readonly number[]) => {
  const linear = (value = 0) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
};

describe('heat ramp', () => {
  it('nothing is transparent', () => {
    expect(rampColor(0)[3]).toBe(0);
  });

  it('more is never darker and never more transparent', () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ratio, ratio, (a, b) => {
        const [less, more] = [rampColor(Math.min(a, b)), rampColor(Math.max(a, b))];
        expect(more[3]).toBeGreaterThanOrEqual(less[3]);
        expect(luminance(more)).toBeGreaterThanOrEqual(luminance(less) - 0.01);
      }),
    );
  });

  it('ratios out of range are drawn as the ends', () => {
    expect(rampColor(7)).toEqual(rampColor(1));
    expect(rampColor(-1)).toEqual(rampColor(0));
  });

  it('one extreme cell does not drown the others', () => {
    const weights = [...Array.from({ length: 199 }, () => 10), 1_000_000];
    expect(hottestWeight(weights)).toBe(10);
  });

  it('no heat has no hottest weight, and every weight a ratio of 0', () => {
    expect(hottestWeight([])).toBe(0);
    expect(heatRatio(5, 0)).toBe(0);
  });
});
