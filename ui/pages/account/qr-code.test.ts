import { describe, expect, it } from 'vitest';
import { pathOf } from './qr-code.tsx';

describe('a QR code as a path', () => {
  it('covers the dark modules, each once, and no light one', () => {
    const rows = ['.##.#', '.....', '#####', '#...#'].map((row) => [...row].map((module) => module === '#'));
    const covered: string[] = [];
    for (const [, x, y, width] of pathOf(rows).matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g))
      for (let dx = 0; dx < Number(width); dx++) covered.push(`${Number(x) + dx} ${y}`);
    const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`${x} ${y}`] : [])));
    expect(covered).toEqual(dark);
  });

  it('of nothing is nothing', () => {
    expect(pathOf([[false, false], []])).toBe('');
  });
});
