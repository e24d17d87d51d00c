import { describe, expect, it } from 'vitest';
import type { NewestRow } from '../../../engine/protocol/live.ts';
import { newestFirst, takeNewest } from './newest-rows.ts';

const row = (session: string, startedMs: number, events = 1): NewestRow => ({
  session,
  startedMs,
  state: 'LISTEN',
  url: 'https://shop.example/',
  referrer: '',
  device: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  language: 'en',
  bot: false,
  events,
});
const sessions = (rows: ReturnType<typeof takeNewest>) => newestFirst(rows).map((each) => each.session);

describe('newest rows', () => {
  it('a delta replaces by session and keeps the rest', () => {
    const full = takeNewest(new Map(), { type: 'newest', full: true, rows: [row('a', 1), row('b', 2)] }, 30);
    const next = takeNewest(full, { type: 'newest', full: false, rows: [row('a', 1, 9), row('c', 3)] }, 30);
    expect(sessions(next)).toEqual(['c', 'b', 'a']);
    expect(next.get('a')?.events).toBe(9);
  });

  it('a full picture forgets what it does not hold', () => {
    const before = takeNewest(new Map(), { type: 'newest', full: true, rows: [row('a', 1)] }, 30);
    expect(sessions(takeNewest(before, { type: 'newest', full: true, rows: [row('b', 2)] }, 30))).toEqual(['b']);
  });

  it('the oldest go once there are more than the limit', () => {
    const rows = takeNewest(new Map(), { type: 'newest', full: true, rows: [row('a', 1), row('b', 2), row('c', 3)] }, 2);
    expect(sessions(rows)).toEqual(['c', 'b']);
  });
});
