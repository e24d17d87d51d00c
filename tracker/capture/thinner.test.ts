import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createThinner, REST_MIN_MS, type Sample } from './thinner.ts';

function setUp() {
  const samples: Sample<null>[] = [];
  const thinner = createThinner<null>(
    () => 50,
    (sample) => samples.push(sample),
  );
  return { samples, thinner, at: (x: number, y: number, atMs: number) => thinner.at(x, y, atMs, null) };
}

describe('move thinning', () => {
  test('positions closer than the sampling time are left out', () => {
    const { samples, thinner, at } = setUp();
    // A zigzag, so that no sample is left out for lying on a straight way.
    for (let ms = 0; ms < 1_000; ms += 10) at((ms / 50) % 2 < 1 ? 0 : 500, ms, ms);
    thinner.end(1_000);
    for (const [index, { atMs }] of samples.slice(1, -1).entries()) expect(atMs - (samples[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(50);
    expect(samples.length).toBeGreaterThan(15);
  });

  test('a straight and even way keeps its ends and few samples between', () => {
    const { samples, thinner, at } = setUp();
    for (let ms = 0; ms <= 1_000; ms += 10) at(ms, ms / 2, ms);
    thinner.end(1_000);
    expect(samples.length).toBeLessThanOrEqual(5);
    expect([samples[0]?.x, samples.at(-1)?.x]).toEqual([0, 1_000]);
  });

  test('the same way at uneven speed is kept: replay shows the hesitation', () => {
    const { samples, thinner, at } = setUp();
    for (let ms = 0; ms <= 200; ms += 10) at(ms, 0, ms);
    for (let ms = 210; ms <= 400; ms += 10) at(200 + (ms - 200) * 5, 0, ms);
    thinner.end(400);
    expect(samples.some(({ x }) => x >= 150 && x <= 250)).toBe(true);
  });

  test('every way drawn from the samples passes within tolerance of where the pointer was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 })), { minLength: 3, maxLength: 60 }),
        (steps) => {
          const { samples, thinner } = setUp();
          const way: { x: number; y: number; atMs: number }[] = [];
          let [x, y] = [500, 500];
          steps.forEach(([dx, dy], index) => {
            [x, y] = [x + dx, y + dy];
            way.push({ x, y, atMs: index * 50 });
            thinner.at(x, y, index * 50, null);
          });
          thinner.end(steps.length * 50);
          // Samples are left out one by one, each within 3 px of the way of its moment; ways are cut at 400 ms, so the
          // error of a point is bounded by what eight of them can add up to.
          for (const point of way) expect(distance(point, samples)).toBeLessThanOrEqual(24);
        },
      ),
    );
  });

  test('times rise', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(700)), { maxLength: 50 }), (moves) => {
        const { samples, thinner, at } = setUp();
        let nowMs = 0;
        for (const [x, y, waitMs] of moves) {
          nowMs += waitMs;
          thinner.tick(nowMs);
          at(x, y, nowMs);
        }
        thinner.end(nowMs);
        for (const [index, { atMs }] of samples.slice(1).entries()) expect(atMs).toBeGreaterThanOrEqual(samples[index]?.atMs ?? 0);
      }),
    );
  });
});

describe('rests', () => {
  test('a rest is given out while it lasts, and its remainder when the pointer goes on', () => {
    const { samples, thinner, at } = setUp();
    at(10, 10, 0);
    expect(thinner.tick(100)).toBe(REST_MIN_MS);
    expect(thinner.tick(REST_MIN_MS)).toBeNull();
    expect(samples).toEqual([{ x: 10, y: 10, atMs: 0, restMs: REST_MIN_MS, context: null }]);
    at(20, 20, 2_000);
    expect(samples[1]).toEqual({ x: 10, y: 10, atMs: REST_MIN_MS, restMs: 2_000 - REST_MIN_MS, context: null });
  });

  test('rests add up to the time the pointer lay still, asked or not while it did', () => {
    for (const asked of [true, false]) {
      const { samples, thinner, at } = setUp();
      at(10, 10, 1_000);
      if (asked) thinner.tick(1_300);
      at(11, 10, 6_000);
      expect(samples.reduce((sum, { restMs }) => sum + restMs, 0)).toBe(5_000);
    }
  });

  test('a pause shorter than a rest is none', () => {
    const { samples, thinner, at } = setUp();
    at(0, 0, 0);
    at(100, 0, REST_MIN_MS - 1);
    at(0, 100, 2 * REST_MIN_MS - 3);
    expect(samples.every(({ restMs }) => restMs === 0)).toBe(true);
    thinner.end(2 * REST_MIN_MS);
  });

  test('a pointer left alone stops counting after a minute', () => {
    const { samples, at } = setUp();
    at(0, 0, 0);
    at(1, 0, 3_600_000);
    expect(samples[0]?.restMs).toBe(60_000);
  });

  test('ending gives out the last place, and begins anew', () => {
    const { samples, thinner, at } = setUp();
    at(0, 0, 0);
    thinner.end(100);
    thinner.end(5_000);
    expect(samples).toEqual([{ x: 0, y: 0, atMs: 0, restMs: 100, context: null }]);
  });
});

/** From a point to the place that the samples show for its moment, in px. */
function distance(point: { x: number; y: number; atMs: number }, samples: readonly Sample<null>[]): number {
  const after = samples.findIndex(({ atMs }) => atMs >= point.atMs);
  const b = samples[after] ?? samples.at(-1);
  const a = samples[after - 1] ?? b;
  if (!a || !b) return Number.POSITIVE_INFINITY;
  const share = b.atMs > a.atMs ? Math.min(1, (point.atMs - a.atMs) / (b.atMs - a.atMs)) : 0;
  return Math.hypot(a.x + (b.x - a.x) * share - point.x, a.y + (b.y - a.y) * share - point.y);
}
