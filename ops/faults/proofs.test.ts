/** README says which test proves what: the files are there, and the words stand in them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const rows = [...readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').matchAll(/^\| (\d*) ?\| .*\| (\S+\.ts) \| (.+) \|$/gm)].map(
  ([, number = '', file = '', words = '']) => ({ number, file, words: words.replaceAll('\\_', '_') }),
);

it('every number from 33 to 52 has a row, in order', () => {
  const numbers = rows.flatMap(({ number }) => (number === '' ? [] : [Number(number)]));
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => 33 + i));
});

it.each(rows)('$file: $words', ({ file, words }) => {
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(words);
});
