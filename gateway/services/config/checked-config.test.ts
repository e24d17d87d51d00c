import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { type AppConfig, DEFAULT_APP_CONFIG } from '../../../engine/protocol/administration.ts';
import { requireSoundConfig } from './checked-config.ts';

const problemOf = (config: Partial<AppConfig>): string => {
  try {
    requireSoundConfig({ ...DEFAULT_APP_CONFIG, ...config });
    return '';
  } catch (error) {
    if (error instanceof DatalabError && error.code === 'query-invalid') return error.message;
    throw error;
  }
};
const goal = (match: string, by: 'url' | 'event' | 'target' = 'target') => ({ goals: [{ name: 'Bought', by, match }] });

describe('a selector is taken as far as one can tell without a page', () => {
  it.each([
    '',
    '.price',
    '#total, .price',
    'main > .price + b ~ i',
    '[data-x="a,b"], [data-y=\'c]\']',
    '[data-x="a\\"b"]',
    '[data-x=",,"]',
    '.md\\:w-1\\/2',
    '.top-\\[calc\\(100\\%\\)\\]',
    '.a\\,b',
    ':is(.a, .b):not([hidden])',
    'li:nth-child(2n + 1)',
    'ul:has(> li.on)',
    '.preis-größe, .价格, .😀',
    '*',
  ])('%s', (selector) => {
    expect(problemOf({ mask: selector })).toBe('');
    expect(problemOf({ block: selector })).toBe('');
    if (selector !== '') expect(problemOf(goal(selector))).toBe('');
  });

  it.each([
    ['.a[', '“[” is not closed'],
    ['.a)', '“)” closes nothing'],
    ['.a[(])', '“]” closes nothing'],
    ['[x="a', '“"” is not closed'],
    ['[x=\'a"]', "“'” is not closed"],
    ['.a {color: red}', '“{” stands in no selector'],
    ['</script>', '“<” stands in no selector'],
    ['.a;', '“;” stands in no selector'],
    ['.a,', 'nothing beside a comma'],
    [',.a', 'nothing beside a comma'],
    ['.a,,.b', 'nothing beside a comma'],
    ['   ', 'nothing'],
    ['.a >', 'ends in “>”'],
    ['.a., .b', 'ends in “.”'],
    ['.. a', 'a name is missing after “.”'],
    ['# a', 'a name is missing after “#”'],
    ['.a\\', 'in the middle of an escape'],
  ])('not %s', (selector, words) => {
    expect(problemOf({ mask: selector })).toMatch(/^mask: /);
    expect(problemOf({ block: selector })).toContain(words);
    expect(problemOf(goal(selector))).toMatch(/^the goal Bought: /);
  });

  it('of goals, those by target alone: an address or a name is no selector', () => {
    for (const by of ['url', 'event'] as const) expect(problemOf(goal('/a[;{', by))).toBe('');
  });

  it.each(['data-track', 'x', ''])('a name of an attribute is one that pages may have: “%s”', (targetAttribute) => {
    expect(problemOf({ targetAttribute })).toBe('');
  });

  it.each(['Data-Track', '1x', 'data track', 'a"]', 'on=', '-x'])('a name of an attribute is not “%s”', (targetAttribute) => {
    expect(problemOf({ targetAttribute })).toMatch(/^targetAttribute: /);
  });
});

it('whatever is written there is taken or refused in words, never anything else', () => {
  const parts = fc.constantFrom(
    '.',
    '#',
    '[',
    ']',
    '(',
    ')',
    '"',
    "'",
    '\\',
    ',',
    '>',
    ' ',
    'a',
    '1',
    ':',
    '{',
    '<',
    '😀',
    '\ud800',
    '\u0000',
    '-',
  );
  const selector = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(parts, { maxLength: 30 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(selector, selector, selector, (mask, block, targetAttribute) => {
      problemOf({ mask, block, targetAttribute, ...goal(mask) });
    }),
    { numRuns: 2_000 },
  );
});
