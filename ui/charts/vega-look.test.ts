import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vegaLook } from './vega-look.ts';

const css = readFileSync(new URL('../look/tokens.css', import.meta.url), 'utf8');
const names = (block: string) => new Set([...block.matchAll(/(--[a-z0-9-]+):/g)].map((match) => match[1]));
const [light = '', dark = ''] = css.split(':root[data-theme="dark"]');

describe('vega look', () => {
  it('every token it asks for is there in both themes', () => {
    const asked = new Set<string>();
    vegaLook((name) => {
      asked.add(name);
      return '#000';
    });
    expect(asked.size).toBeGreaterThan(8);
    for (const name of asked) {
      expect(names(light)).toContain(name);
      expect(names(dark)).toContain(name);
    }
  });
});
