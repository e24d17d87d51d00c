import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRemains, encodeRemains } from './remains.ts';

const remains = {
  session: 's-1',
  resume: 'token',
  postUrl: 'https://lab.example/p',
  startMs: 1,
  clockOffsetMs: -5,
  nextSeq: 9,
  held: [{ firstSeq: 7, lastSeq: 8, bytes: Uint8Array.from({ length: 256 }, (_, i) => i), heavy: true }],
};

test('what a page leaves is what the next one takes up, every byte of it', () => {
  expect(decodeRemains(encodeRemains(remains))).toEqual(remains);
});

test('any text gives remains or null, never a throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => decodeRemains(text) === null));
  expect(decodeRemains(encodeRemains(remains).replace('"bytes":"', '"bytes":"*'))).toBeNull();
});
