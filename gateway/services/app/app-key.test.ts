import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ID_PATTERN } from '../../../engine/protocol/hello.ts';
import { appKeyOf } from './app-key.ts';

it.each([
  ['Shop', 1, 'shop'],
  ['Shop', 2, 'shop-2'],
  ['Müller & Söhne', 1, 'muller-sohne'],
  ['  --  ', 1, 'app'],
  ['商店', 3, 'app-3'],
  ['\ud800', 1, 'app'],
  ['x'.repeat(80), 1, 'x'.repeat(64)],
  ['x'.repeat(80), 100, `${'x'.repeat(60)}-100`],
])('a key is made of a name so that people know it again: %s, %i → %s', (name, attempt, key) => {
  expect(appKeyOf(name, attempt)).toBe(key);
});

it('a key is made of any name, another one at every attempt', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 80 });
  fc.assert(
    fc.property(anyText, (name) => {
      const keys = Array.from({ length: 100 }, (_, at) => appKeyOf(name, at + 1));
      for (const key of keys) expect(key).toMatch(new RegExp(ID_PATTERN));
      expect(new Set(keys).size).toBe(100);
    }),
  );
});
