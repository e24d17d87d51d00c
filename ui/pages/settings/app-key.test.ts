import { describe, expect, it } from 'vitest';
import { suggestKey } from './app-key.ts';

describe('the key suggested for an app', () => {
  it.each([
    ['Fernweh Outfitters', 'fernweh-outfitters'],
    ['  Müller & Söhne GmbH. ', 'muller-sohne-gmbh'],
    ['Straße 9', 'strasse-9'],
    ['日本', ''],
    [`${'long '.repeat(20)}`, 'long-long-long-long-long-long-long-long'],
  ])('of %j is %j', (name, key) => {
    expect(suggestKey(name)).toBe(key);
  });

  it('is always empty or a key', () => {
    for (const name of ['---', 'a_b', '\u0000', '💥 boom', 'ÄÖÜ']) expect(suggestKey(name)).toMatch(/^([a-z0-9][a-z0-9-]*)?$/);
  });
});
