import { describe, expect, it } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatHost, formatId, formatPosition, formatUrl } from './format.ts';

describe('format', () => {
  it('a duration shows its two largest units', () => {
    const cases: [number, string][] = [
      [0, '0 ms'],
      [999.4, '999 ms'],
      [4200, '4.2 s'],
      [59_900, '59 s'],
      [60_000, '1 min'],
      [192_000, '3 min 12 s'],
      [7_500_000, '2 h 5 min'],
      [273_600_000, '3 d 4 h'],
    ];
    for (const [ms, text] of cases) expect(formatDuration(ms)).toBe(text);
  });

  it('an age shows its largest unit, and never less than a second', () => {
    expect([-5, 12_400, 61_000, 7_300_000, 90_000_000].map(formatAge)).toEqual(['1 s ago', '12 s ago', '1 min ago', '2 h ago', '1 d ago']);
  });

  it('a position counts hours only when there are some', () => {
    expect(formatPosition(187_400)).toBe('3:07');
    expect(formatPosition(3_765_000)).toBe('1:02:45');
    expect(formatPosition(-5)).toBe('0:00');
  });

  it('what is no address is shown as it is', () => {
    expect(formatUrl('https://shop.example/a/b')).toBe('shop.example/a/b');
    expect(formatUrl('https://shop.example/')).toBe('shop.example');
    expect(formatUrl('https://shop.example/a', 'path')).toBe('/a');
    expect(formatUrl('<script>')).toBe('<script>');
    expect(formatHost('https://shop.example/a?b')).toBe('shop.example');
    expect(formatHost('<script>')).toBe('<script>');
  });

  it('a unit stands apart from its number', () => {
    expect(formatBytes(126)).toBe('126 B');
    expect(formatBytes(12_600)).toBe('12.6 kB');
  });

  it('ids made in the same moment stay apart when shortened', () => {
    expect(formatId('0198f3a0-7c11-7000-8000-00000000a001')).not.toBe(formatId('0198f3a0-7c11-7000-8000-00000000a002'));
  });
});
