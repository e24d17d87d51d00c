import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeatGrid } from './heat.ts';
import { packChanges, unpackChanges } from './packed-changes.ts';
import { ROLLUPS, type RollupChange } from './rollups.ts';

const sum = fc.integer({ min: -1e12, max: 1e12 });
const text = fc.string({ unit: 'binary' });

const change = fc.constantFrom('page', 'target', 'step', 'dimension').chain((rollup) => {
  const { key, sums } = ROLLUPS[rollup as RollupChange['rollup']];
  return fc.record({
    rollup: fc.constant(rollup),
    key: fc.record(Object.fromEntries(key.map((column) => [column, text]))),
    add: fc.record(Object.fromEntries(sums.map((column) => [column, sum]))),
  });
}) as unknown as fc.Arbitrary<RollupChange>;

const grid: fc.Arbitrary<HeatGrid> = fc
  .record({
    key: fc.record({ app: text, day: text, url: text, widthClass: text, layer: text }),
    cells: fc.uniqueArray(fc.nat(262_143)),
    seed: sum,
  })
  .map(({ key, cells, seed }) => ({
    key,
    cells: Uint32Array.from(cells).sort(),
    weights: Float64Array.from(cells, (_, i) => seed + i),
  }));

test('unpack ∘ pack = id, for additions and for corrections', () => {
  fc.assert(
    fc.property(fc.array(change), fc.array(grid), (rollups, heat) => {
      expect(unpackChanges(packChanges({ rollups, heat }))).toEqual({ rollups, heat });
    }),
  );
});

test('nothing packs to no bytes', () => {
  expect(packChanges({ rollups: [], heat: [] })).toHaveLength(0);
});

test('bytes of a newer version are refused, not guessed at', () => {
  expect(() => unpackChanges(Uint8Array.of(2, 0, 0))).toThrow('version 2');
});
