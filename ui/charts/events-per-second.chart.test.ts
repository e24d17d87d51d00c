import { compile } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import type { Beat } from '../state/pulse.ts';
import { eventsPerSecondChart } from './events-per-second.chart.ts';

const T0 = 1_767_225_600_000;
const beats = (count: number, rate: (second: number) => number = () => 10): Beat[] =>
  Array.from({ length: count }, (_, second) => ({ atMs: T0 + second * 1000 + 20, eventsPerSec: rate(second), connected: 1 }));

describe('events per second', () => {
  it('an interval is the mean of its seconds', () => {
    const { rows } = eventsPerSecondChart(beats(10, (second) => second));
    expect(rows.filter((row) => row.eventsPerSec !== null)).toEqual([
      { atMs: T0, eventsPerSec: 2, part: 'finished' },
      { atMs: T0 + 5000, eventsPerSec: 7, part: 'finished' },
    ]);
  });

  it('the interval that is not over is dashed from the last finished one on', () => {
    const { rows } = eventsPerSecondChart(beats(12));
    const unfinished = rows.filter((row) => row.part === 'unfinished').map((row) => row.atMs);
    expect(unfinished).toEqual([T0 + 5000, T0 + 10_000]);
    expect(rows.filter((row) => row.part === 'finished').map((row) => row.atMs)).not.toContain(T0 + 10_000);
  });

  it('the axis spans five minutes from the first second on', () => {
    const times = eventsPerSecondChart(beats(3)).rows.map((row) => row.atMs);
    expect(Math.max(...times) - Math.min(...times)).toBe(295_000);
  });

  it('the table has each interval once, latest first', () => {
    const times = eventsPerSecondChart(beats(12)).table.map((row) => row.atMs);
    expect(times).toEqual([T0 + 10_000, T0 + 5000, T0]);
  });

  it('no beats are no rows', () => {
    expect(eventsPerSecondChart([]).rows).toEqual([]);
  });

  it('the specification does not change with the rows, compiles, and measures from zero', () => {
    const { spec } = eventsPerSecondChart(beats(5));
    expect(spec).toBe(eventsPerSecondChart(beats(50)).spec);
    const vega = compile(spec).spec;
    const y = vega.scales?.find((scale) => scale.name === 'y');
    expect(y).toMatchObject({ type: 'linear', zero: true });
  });
});
