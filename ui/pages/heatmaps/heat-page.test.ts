import { describe, expect, it } from 'vitest';
import { formatWeight, heatPage } from './heat-page.ts';

const cells = [{ row: 99, column: 0, weight: 1 }];
const layout = { pageWidth: 1280, pageHeight: 800, viewportHeight: 600, boxes: [] };

describe('heat page', () => {
  it('is as high as its lowest heat, where that lies below the layout', () => {
    expect(heatPage({ page: layout, cells, rowPx: 16 }, 'laptop')).toEqual({ width: 1280, height: 1600, rows: 100 });
    expect(heatPage({ page: layout, cells: [], rowPx: 16 }, 'laptop')).toEqual({ width: 1280, height: 800, rows: 50 });
  });

  it('has the usual width of its class while no layout was seen', () => {
    expect(heatPage({ cells, rowPx: 16 }, 'mobile').width).toBe(390);
  });

  it('is never endless, whatever a client claims', () => {
    const claimed = heatPage({ page: { ...layout, pageHeight: 10_000_000 }, cells: [], rowPx: 16 }, 'laptop');
    expect(claimed.rows).toBe(2500);
  });

  it('weights have units', () => {
    expect(formatWeight('click', 1)).toBe('1 click');
    expect(formatWeight('click', 0.4)).toBe('under 1 click');
    expect(formatWeight('rage', 2)).toBe('2 rages');
    expect(formatWeight('dead', 1)).toBe('1 dead click');
    expect(formatWeight('move', 2500)).toBe('2.5 s of pointer');
  });
});
