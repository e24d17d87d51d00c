import { describe, expect, it } from 'vitest';
import { toCsv } from './chart.ts';

const csvOf = (text: string) => toCsv({ columns: [{ label: 'page', value: (row: { text: string }) => row.text }], table: [{ text }] });

describe('chart csv', () => {
  it('formulas are text', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1']) expect(csvOf(text).split('\r\n')[1]).toContain(`'${text}`);
  });

  it('quotes, commas and line ends are quoted', () => {
    expect(csvOf('a "b", c')).toBe('page\r\n"a ""b"", c"');
    expect(csvOf('a\nb')).toBe('page\r\n"a\nb"');
  });
});
