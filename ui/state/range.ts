/** Date ranges: presets that move with the clock, and pairs of days. */

/** A preset: what it is called, and how far back it goes. */
export type Preset = { readonly id: string; readonly label: string; readonly backMs: number };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const PRESETS: readonly Preset[] = [
  { id: '1h', label: 'Last hour', backMs: HOUR_MS },
  { id: '24h', label: 'Last 24 hours', backMs: DAY_MS },
  { id: '7d', label: 'Last 7 days', backMs: 7 * DAY_MS },
  { id: '30d', label: 'Last 30 days', backMs: 30 * DAY_MS },
  { id: '90d', label: 'Last 90 days', backMs: 90 * DAY_MS },
];

/** Bounds of a range, epoch ms. Presets have no end: what happens now belongs to them. */
export type Bounds = { readonly fromMs: number; readonly toMs?: number };

const DAYS = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/;

/**
 * Reads a range from the address: a preset's id, or `2026-01-01..2026-01-31` (UTC days, both included).
 * A preset starts at a whole minute, so that the question stays the same for a minute. Anything else is 7 days.
 */
export function boundsOf(range: string, nowMs: number): Bounds {
  const days = daysOf(range);
  if (days) return { fromMs: Date.parse(days.from), toMs: Date.parse(days.to) + DAY_MS };
  const backMs = PRESETS.find((preset) => preset.id === range)?.backMs ?? 7 * DAY_MS;
  return { fromMs: Math.floor((nowMs - backMs) / 60_000) * 60_000 };
}

/** The two days of a custom range, or undefined for a preset or for what is no range. */
export function daysOf(range: string): { readonly from: string; readonly to: string } | undefined {
  const [, from, to] = DAYS.exec(range) ?? [];
  if (from === undefined || to === undefined || Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to)) || from > to)
    return undefined;
  return { from, to };
}

/** What the range is called in the top bar. */
export function labelOf(range: string): string {
  const days = daysOf(range);
  if (days) return days.from === days.to ? days.from : `${days.from} to ${days.to}`;
  return PRESETS.find((preset) => preset.id === range)?.label ?? 'Last 7 days';
}
