import { describe, expect, it } from 'vitest';
import { npmSnippet } from './npm-snippet.ts';

describe('the snippet for the npm package', () => {
  it('names the same server and key as the tag', () => {
    const tag = '<script async src="https://lab.example/datalab.js" data-app="dl_key-1"></script>';
    expect(npmSnippet(tag)).toBe('import { start } from "datalab/tracker";\n\nstart({ app: "dl_key-1", api: "https://lab.example" });');
  });

  it('is empty where the tag says neither', () => {
    expect(npmSnippet('')).toBe('');
    expect(npmSnippet('<script src="https://lab.example/datalab.js"></script>')).toBe('');
  });
});
