/** How much is coming in: events per second over the last five minutes, the interval that is not over dashed. */
import type { TopLevelSpec } from 'vega-lite';
import { formatClock, formatRate } from '../look/format.ts';
import type { Beat } from '../state/pulse.ts';
import { type Chart, ROWS } from './chart.ts';

/** Seconds are averaged over this long: calm enough to see a trend, short enough to see a fault. */
const INTERVAL_MS = 5_000;
const SPAN_MS = 300_000;

export type RateRow = {
  /** Start of the interval, epoch ms. */
  readonly atMs: number;
  /** Mean of the interval; null where nothing is known yet. */
  readonly eventsPerSec: number | null;
  /** The dashed part begins at the last finished interval, so that the line is unbroken. */
  readonly part: 'finished' | 'unfinished';
};

const SPEC: TopLevelSpec = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  width: 'container',
  height: 200,
  data: { name: ROWS },
  encoding: {
    x: { field: 'atMs', type: 'temporal', title: null, axis: { format: '%H:%M:%S', tickCount: 6, labelFlush: true } },
    y: { field: 'eventsPerSec', type: 'quantitative', title: 'events/s', scale: { zero: true, nice: 4 }, axis: { tickCount: 4 } },
  },
  layer: [
    { transform: [{ filter: "datum.part === 'finished'" }], mark: { type: 'area', opacity: 0.12 } },
    {
      mark: { type: 'line', strokeWidth: 1.75 },
      encoding: {
        strokeDash: {
          field: 'part',
          type: 'nominal',
          scale: {
            domain: ['finished', 'unfinished'],
            range: [
              [1, 0],
              [4, 3],
            ],
          },
          legend: null,
        },
      },
    },
    {
      // Invisible until the pointer is nearest: exact values without a dot on every interval.
      params: [{ name: 'nearest', select: { type: 'point', on: 'pointerover', clear: 'pointerout', nearest: true, encodings: ['x'] } }],
      mark: { type: 'point', filled: true, size: 48 },
      encoding: {
        opacity: { condition: { param: 'nearest', empty: false, value: 1 }, value: 0 },
        tooltip: [
          { field: 'atMs', type: 'temporal', title: 'from', format: '%H:%M:%S' },
          { field: 'eventsPerSec', type: 'quantitative', title: 'events/s', format: ',.1f' },
        ],
      },
    },
  ],
};

/** @param beats oldest first, one a second */
export function eventsPerSecondChart(beats: readonly Beat[]): Chart<RateRow> {
  const rows = rateRows(beats);
  const latest = rows.findLast((row) => row.part === 'finished' && row.eventsPerSec !== null);
  return {
    title: 'How much is coming in?',
    summary: `Events per second over the last five minutes; latest ${formatRate(latest?.eventsPerSec ?? 0)} events per second.`,
    spec: SPEC,
    rows,
    columns: [
      { label: 'From', value: (row) => formatClock(row.atMs) },
      { label: 'Events per second', value: (row) => (row.eventsPerSec === null ? '' : Math.round(row.eventsPerSec * 10) / 10) },
      { label: 'Interval', value: (row) => row.part },
    ],
  };
}

function rateRows(beats: readonly Beat[]): readonly RateRow[] {
  const last = beats.at(-1);
  if (!last) return [];
  const sums = new Map<number, { sum: number; seconds: number }>();
  for (const beat of beats) {
    const atMs = Math.floor(beat.atMs / INTERVAL_MS) * INTERVAL_MS;
    const { sum, seconds } = sums.get(atMs) ?? { sum: 0, seconds: 0 };
    sums.set(atMs, { sum: sum + beat.eventsPerSec, seconds: seconds + 1 });
  }
  const intervals = [...sums].map(([atMs, { sum, seconds }]) => ({ atMs, eventsPerSec: sum / seconds }));
  const lastAtMs = Math.floor(last.atMs / INTERVAL_MS) * INTERVAL_MS;
  const isOver = last.atMs - lastAtMs >= INTERVAL_MS - 1000;
  const finished = isOver ? intervals : intervals.slice(0, -1);
  const rows: RateRow[] = finished.map((interval) => ({ ...interval, part: 'finished' }));
  if (!isOver) for (const interval of intervals.slice(-2)) rows.push({ ...interval, part: 'unfinished' });
  // The axis spans five minutes from the first second on: a young gateway must not look like a long quiet one.
  const firstAtMs = lastAtMs - SPAN_MS + INTERVAL_MS;
  return (intervals[0]?.atMs ?? 0) > firstAtMs ? [{ atMs: firstAtMs, eventsPerSec: null, part: 'finished' }, ...rows] : rows;
}
