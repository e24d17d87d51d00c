import { expect, test } from 'vitest';
import { backOffMs } from './back-off.ts';

test('the first pause lies between 0.5 and 1.5 s, spread evenly', () => {
  expect([0, 0.5, 1].map((random) => backOffMs(0, random))).toEqual([500, 1_000, 1_500]);
});

test('pauses double and never exceed 60 s', () => {
  expect([1, 2, 3].map((failures) => backOffMs(failures, 0.5))).toEqual([2_000, 4_000, 8_000]);
  expect(backOffMs(1_000, 1)).toBe(60_000);
});

test('the longest pauses still have jitter', () => {
  expect(backOffMs(50, 0)).toBe(20_000);
});
