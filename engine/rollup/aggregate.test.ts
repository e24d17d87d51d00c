import { expect, test } from 'vitest';
import type { Event, Frame, PageContext } from '../protocol/events.ts';
import { CLOCK_SKEW_MAX_MS } from '../protocol/limits.ts';
import { Aggregator, MOVE_WEIGHT_MAX_MS, MOVE_WEIGHT_MIN_MS } from './aggregate.ts';
import { type Facts, newVisitChanges } from './dimensions.ts';
import { HEAT_ROWS_MAX, heatRows } from './heat.ts';
import { DURATION_MAX_MS, endChanges, LEFT } from './page-time.ts';
import { HEAT_COLUMNS, type RollupName } from './rollups.ts';

const AT = Date.UTC(2026, 0, 5, 12);
const URL_A = 'https://shop.example/a';
const URL_B = 'https://shop.example/b';
const PAGE: PageContext = { url: URL_A, viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 4000 };
const FACTS: Facts = {
  app: 'demo',
  device: 'desktop',
  browser: 'Firefox',
  os: 'Linux',
  language: 'de-AT',
  referrer: 'https://news.example/today',
  screen: '1920×1080',
};

const CLICK = { kind: 'click', x: 0, y: 0, target: '#buy', tag: 'a', text: 'Buy', href: '', elementX: 0, elementY: 0, button: 0 } as const;
const click = (at: Partial<{ x: number; y: number; atMs: number }> = {}): Event => ({
  ...CLICK,
  atMs: AT,
  hesitationMs: 0,
  fixed: 0,
  ...at,
});
const start = (atMs = AT): Event => ({ kind: 'start', atMs, title: '', referrer: '' });
const leave = (elapsedMs: number): Event => ({ kind: 'leave', atMs: AT, elapsedMs });
const move = (x: number, y: number, atMs: number, restMs = 0): Event => ({ kind: 'move', atMs, x, y, restMs });
const urlchange = (from: string, to: string, elapsedMs: number, cause = 'push'): Event => ({
  kind: 'urlchange',
  atMs: AT,
  from,
  to,
  elapsedMs,
  cause,
});

function aggregate(events: readonly Event[], page = PAGE, receivedMs = AT) {
  const aggregator = new Aggregator();
  const frame: Frame = { firstSeq: 1, baseSeq: 1, goodbye: false, startMs: AT, page, events };
  const effect = aggregator.add(FACTS, frame, receivedMs);
  const { rollups, heat } = aggregator.finish();
  const rows = (name: RollupName): Readonly<Record<string, unknown>>[] =>
    rollups.filter((change) => change.rollup === name).map(({ key, add }) => ({ ...key, ...add }));
  return { effect, rows, heat: heat.flatMap(heatRows) };
}

test('a start counts a view of its page and in every dimension', () => {
  const { effect, rows } = aggregate([start()]);
  expect(effect).toMatchObject({ views: 1, clicks: 0, events: 1, place: { url: URL_A, sinceMs: AT }, widthClass: 'laptop' });
  expect(rows('page')).toEqual([
    { app: 'demo', day: '2026-01-05', url: URL_A, widthClass: 'laptop', views: 1, clicks: 0, events: 1, timeMs: 0, leaves: 0 },
  ]);
  expect(rows('dimension').map((row) => [row['dimension'], row['value'], row['views'], row['events']])).toEqual([
    ['device', 'desktop', 1, 1],
    ['browser', 'Firefox', 1, 1],
    ['os', 'Linux', 1, 1],
    ['language', 'de-AT', 1, 1],
    ['referrer', 'news.example', 1, 1],
    ['screen', '1920×1080', 1, 1],
    ['event', 'start', 0, 1],
  ]);
});

test('an urlchange gives the time to the old address, the view to the new one, and a step', () => {
  const { effect, rows } = aggregate([urlchange(URL_A, URL_B, 1_200)]);
  expect(rows('page')).toEqual([
    expect.objectContaining({ url: URL_A, views: 0, timeMs: 1_200, events: 1 }),
    expect.objectContaining({ url: URL_B, views: 1, timeMs: 0, events: 0 }),
  ]);
  expect(rows('step')).toEqual([{ app: 'demo', day: '2026-01-05', from: URL_A, to: URL_B, count: 1 }]);
  expect(effect.place).toEqual({ url: URL_B, sinceMs: AT, atMs: AT });
});

test('a full load counts neither view nor time again: the start and the leave said it', () => {
  const { effect, rows } = aggregate([urlchange(URL_A, URL_B, 1_200, 'load')]);
  expect(effect.views).toBe(0);
  expect(rows('page')).toEqual([expect.objectContaining({ url: URL_A, views: 0, timeMs: 0 })]);
  expect(rows('step')).toHaveLength(1);
});

test('a change of query alone is no view and no step, its time counts', () => {
  const { effect, rows } = aggregate([urlchange(URL_A, URL_A, 700, 'replace')]);
  expect(effect.views).toBe(0);
  expect(rows('step')).toEqual([]);
  expect(rows('page')).toEqual([expect.objectContaining({ url: URL_A, views: 0, timeMs: 700 })]);
});

test('a leave counts the time once: the end of the session adds none', () => {
  const { effect, rows } = aggregate([start(), leave(3_000)]);
  expect(rows('page')).toEqual([expect.objectContaining({ timeMs: 3_000, leaves: 1 })]);
  expect(effect.place?.sinceMs).toBe(LEFT);
  expect(endChanges({ app: 'demo', url: URL_A, urlSinceMs: LEFT, widthClass: 'laptop' }, AT)).toEqual([]);
});

test('a session that ends without a leave counts the time on its last address', () => {
  const open = { app: 'demo', url: URL_A, urlSinceMs: AT - 4_000, widthClass: 'laptop' } as const;
  expect(endChanges(open, AT)).toEqual([
    { rollup: 'page', key: { app: 'demo', day: '2026-01-05', url: URL_A, widthClass: 'laptop' }, add: { timeMs: 4_000, leaves: 1 } },
  ]);
});

test('clicks and hovers count per target, dwell is added up', () => {
  const hover: Event = { kind: 'hover', atMs: AT, x: 1, y: 1, target: '#buy', tag: 'a', text: 'Buy', dwellMs: 800 };
  const { rows, heat } = aggregate([click(), hover, hover]);
  expect(rows('target')).toEqual([
    { app: 'demo', day: '2026-01-05', url: URL_A, target: '#buy', text: 'Buy', clicks: 1, hovers: 2, dwellMs: 1_600 },
  ]);
  expect(heat.map((row) => [row.layer, row.weight])).toEqual([
    ['click', 1],
    ['hover', 1_600],
  ]);
});

test('rages and dead clicks are layers of heat, each weighs one; the clicks they are made of are counted by themselves', () => {
  const spot = { atMs: AT, x: 1, y: 1, target: '#buy', tag: 'a', text: 'Buy' } as const;
  const { rows, heat } = aggregate([
    { ...spot, kind: 'rage', count: 5 },
    { ...spot, kind: 'dead' },
    { ...spot, kind: 'dead' },
  ]);
  expect(heat.map((row) => [row.layer, row.weight])).toEqual([
    ['rage', 1],
    ['dead', 2],
  ]);
  expect(rows('target')).toEqual([]);
});

test('heat: columns are shares of the viewport’s width, rows are bins of height, both clamped', () => {
  const corners = [click({ x: 640, y: 33 }), click({ x: -5, y: -5 }), click({ x: 9_999, y: 9_999_999 })];
  const { heat } = aggregate(corners);
  expect(heat.map((row) => [row.row, row.column])).toEqual([
    [0, 0],
    [2, 32],
    [HEAT_ROWS_MAX - 1, HEAT_COLUMNS - 1],
  ]);
});

test('heat: a page without a viewport has none', () => {
  expect(aggregate([click(), move(1, 1, AT)], { ...PAGE, viewportWidth: 0 }).heat).toEqual([]);
});

test('heat: a move weighs until the next one, at least its rest, at most the bound', () => {
  const { heat } = aggregate([
    move(0, 0, AT),
    move(20, 0, AT + 70),
    move(40, 0, AT + 100, 900),
    move(60, 0, AT + 60_000),
    move(80, 0, AT + 60_010),
  ]);
  expect(heat.map((row) => row.weight)).toEqual([70, 30, MOVE_WEIGHT_MAX_MS, 10, MOVE_WEIGHT_MIN_MS]);
  expect(aggregate([move(0, 0, AT, 700)]).heat.map((row) => row.weight)).toEqual([700]);
});

test('a number that no page can have does not poison a sum', () => {
  const { rows } = aggregate([leave(10 ** 15)]);
  expect(rows('page')).toEqual([expect.objectContaining({ timeMs: DURATION_MAX_MS })]);
});

test('times are held within the allowed skew of the server’s clock', () => {
  const { effect } = aggregate([start(0), start(AT * 100)]);
  expect(effect).toMatchObject({ startMs: AT - CLOCK_SKEW_MAX_MS, endMs: AT + CLOCK_SKEW_MAX_MS });
});

test('events of one frame on both sides of midnight count on their own days', () => {
  const midnight = Date.UTC(2026, 0, 6);
  const { rows, effect } = aggregate([start(midnight - 1), start(midnight)], PAGE, midnight);
  expect(effect.views).toBe(2);
  expect(rows('page').map((row) => [row['day'], row['views'], row['events']])).toEqual([
    ['2026-01-05', 1, 1],
    ['2026-01-06', 1, 1],
  ]);
});

test('a new visit counts once per dimension, the visitor only if new', () => {
  const known = newVisitChanges(FACTS, '2026-01-05', false);
  expect(known).toHaveLength(6);
  expect(known[0]?.add).toEqual({ visits: 1, visitors: 0 });
  expect(newVisitChanges(FACTS, '2026-01-05', true)[0]?.add).toEqual({ visits: 1, visitors: 1 });
});
