import { expect, it } from 'vitest';
import { TEXT_MAX_BYTES } from '../engine/protocol/limits.ts';
import { flatProps } from './flat-props.ts';

function flat(given: unknown): { json: string; leftOut: number } {
  let leftOut = 0;
  const json = flatProps(given, () => leftOut++);
  return { json, leftOut };
}

it('numbers, truths and texts of up to 200 characters are kept as they are', () => {
  const props = { price: 9.5, none: 0, gift: false, size: '', name: 'x'.repeat(200) };
  expect(flat(props)).toEqual({ json: JSON.stringify(props), leftOut: 0 });
});

it.each([
  ['a longer text', 'x'.repeat(201)],
  ['nothing', null],
  ['an undefined', undefined],
  ['no number', Number.NaN],
  ['a number without end', Number.POSITIVE_INFINITY],
  ['a big integer', 10n],
  ['a symbol', Symbol('x')],
  ['a list', [1]],
  ['an object', { a: 1 }],
  ['a function', () => 1],
])('%s is left out and counted', (_name, value) => {
  expect(flat({ before: 1, value, after: 2 })).toEqual({ json: '{"before":1,"after":2}', leftOut: 1 });
});

it('what holds itself is left out where it does', () => {
  const self: Record<string, unknown> = { a: 1 };
  self['self'] = self;
  expect(flat(self)).toEqual({ json: '{"a":1}', leftOut: 1 });
});

it('twenty are kept, and those that are left out take no place', () => {
  const props = { odd: null, ...Object.fromEntries(Array.from({ length: 23 }, (_, index) => [`p${index}`, index])) };
  const { json, leftOut } = flat(props);
  expect(Object.keys(JSON.parse(json))).toEqual(Array.from({ length: 20 }, (_, index) => `p${index}`));
  expect(leftOut).toBe(4);
});

it('always fits into one text of the wire, as whole JSON', () => {
  const wide = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`p${index}`, '語'.repeat(100)]));
  expect(flat(wide)).toEqual({ json: '{}', leftOut: 1 });
  const most = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`p${index}`, 'x'.repeat(190)]));
  const { json } = flat(most);
  expect(JSON.parse(json)).toEqual(most);
  expect(json.length).toBeLessThanOrEqual(TEXT_MAX_BYTES);
});

it.each([undefined, null, 1, true])('%s instead of properties is none', (given) => {
  expect(flat(given)).toEqual({ json: '{}', leftOut: 0 });
});
