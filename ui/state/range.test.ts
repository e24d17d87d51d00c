import { describe, expect, it } from 'vitest';
import { boundsOf, daysOf, labelOf } from './range.ts';

const nowMs = Date.parse('2026-05-20T10:20:30.400Z');

describe('range', () => {
  it('a preset ends open and starts at a whole minute', () => {
    expect(boundsOf('1h', nowMs)).toEqual({ fromMs: Date.parse('2026-05-20T09:20:00Z') });
  });

  it('two days include both of them', () => {
    expect(boundsOf('2026-05-01..2026-05-02', nowMs)).toEqual({ fromMs: Date.parse('2026-05-01'), toMs: Date.parse('2026-05-03') });
  });

  it('what is no range is the last 7 days', () => {
    for (const range of ['', '7 years', '2026-13-45..2026-13-46', '2026-05-02..2026-05-01']) {
      expect(daysOf(range)).toBeUndefined();
      expect(boundsOf(range, nowMs)).toEqual(boundsOf('7d', nowMs));
      expect(labelOf(range)).toBe('Last 7 days');
    }
  });
});
