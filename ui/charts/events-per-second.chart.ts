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
  autosize: { type: 'fit', contains: 'padding' },
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
  const intervals = intervalsOf(beats);
  const latest = intervals.findLast((interval) => interval.part === 'finished');
  return {
    title: 'How much is coming in?',
    summary: `Events per second over the last five minutes; latest ${formatRate(latest?.eventsPerSec ?? 0)} events per second.`,
    spec: SPEC,
    rows: drawnRows(intervals),
    table: intervals.toReversed(),
    columns: [
      { label: 'From', value: (row) => formatClock(row.atMs) },
      { label: 'Events per second', value: (row) => (row.eventsPerSec === null ? '' : Math.round(row.eventsPerSec * 10) / 10) },
      { label: 'Interval', value: (row) => row.part },
    ],
  };
}

/** Means of whole intervals, oldest first; the last one may not be over. */
function intervalsOf(beats: readonly Beat[]): readonly RateRow[] {
  const lastMs = beats.at(-1)?.atMs ?? 0;
  const sums = new Map<number, { sum: number; seconds: number }>();
  for (const beat of beats) {
    const atMs = Math.floor(beat.atMs / INTERVAL_MS) * INTERVAL_MS;
    const { sum, seconds } = sums.get(atMs) ?? { sum: 0, seconds: 0 };
    sums.set(atMs, { sum: sum + beat.eventsPerSec, seconds: seconds + 1 });
  }
  return [...sums].map(([atMs, { sum, seconds }]) => ({
    atMs,
    eventsPerSec: sum / seconds,
    part: lastMs - atMs >= INTERVAL_MS - 1000 ? 'finished' : 'unfinished',
  }));
}

function drawnRows(intervals: readonly RateRow[]): readonly RateRow[] {
  const [first] = intervals;
  const last = intervals.at(-1);
  if (!first || !last) return [];
  const joint = last.part === 'unfinished' ? intervals.at(-2) : undefined;
  const joined: RateRow[] = joint ? [...intervals.slice(0, -1), { ...joint, part: 'unfinished' }, last] : [...intervals];
  // The axis spans five minutes from the first second on: a young gateway must not look like a long quiet one.
  const firstAtMs = last.atMs - SPAN_MS + INTERVAL_MS;
  return first.atMs > firstAtMs ? [{ atMs: firstAtMs, eventsPerSec: null, part: 'finished' }, ...joined] : joined;
}
