import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyFrame } from '../protocol/codec/frame.arbitrary.ts';
import type { Frame } from '../protocol/events.ts';
import { Aggregator } from './aggregate.ts';
import type { Facts } from './dimensions.ts';
import { heatRows } from './heat.ts';
import { RollupTotals } from './totals.ts';

const AT = Date.UTC(2026, 0, 5, 12);

type Part = { readonly facts: Facts; readonly frame: Frame };
type Sums = ReturnType<Aggregator['finish']>;

const word = fc.constantFrom('', 'a', '1:a', 'b\u0000c');
const anyFacts: fc.Arbitrary<Facts> = fc.record({
  app: word,
  device: word,
  browser: word,
  os: word,
  language: word,
  referrer: word,
  screen: word,
});
const parts = fc.array(fc.record({ facts: anyFacts, frame: anyFrame(AT) }), { maxLength: 8 });

function whole(frames: readonly Part[]): Sums {
  const aggregator = new Aggregator();
  for (const { facts, frame } of frames) aggregator.add(facts, frame, AT);
  return aggregator.finish();
}

function merge(...sums: readonly Sums[]): Sums {
  const totals = new RollupTotals();
  for (const { rollups, heat } of sums) {
    for (const change of rollups) totals.add(change);
    for (const grid of heat) totals.addGrid(grid);
  }
  return { rollups: totals.changes(), heat: totals.grids() };
}

/** Order is no part of a sum. */
function sorted({ rollups, heat }: Sums): string[] {
  const line = (key: object, add: unknown) => JSON.stringify([Object.entries(key).sort(), add]);
  return [
    ...rollups.map(({ rollup, key, add }) => line({ ...key, rollup }, add)),
    ...heat.flatMap(heatRows).map(({ weight, ...key }) => line(key, weight)),
  ].sort();
}

test('halves merged equal the whole, wherever it is cut', () => {
  fc.assert(
    fc.property(parts, fc.nat(8), (frames, cut) => {
      expect(sorted(merge(whole(frames.slice(0, cut)), whole(frames.slice(cut))))).toEqual(sorted(whole(frames)));
    }),
  );
});

test('merging is commutative and associative', () => {
  fc.assert(
    fc.property(parts, parts, parts, (one, two, three) => {
      const [a, b, c] = [whole(one), whole(two), whole(three)];
      expect(sorted(merge(a, b))).toEqual(sorted(merge(b, a)));
      expect(sorted(merge(merge(a, b), c))).toEqual(sorted(merge(a, merge(b, c))));
    }),
  );
});

test('no event is counted twice or left out', () => {
  fc.assert(
    fc.property(parts, (frames) => {
      const { rollups } = whole(frames);
      const pages = rollups.reduce((sum, change) => sum + (change.rollup === 'page' ? (change.add.events ?? 0) : 0), 0);
      expect(pages).toBe(frames.reduce((sum, { frame }) => sum + frame.events.length, 0));
    }),
  );
});
