import { describe, expect, it } from 'vitest';
import { wrapWords } from './wireframe.ts';

describe('words of a wireframe', () => {
  const perLetter = (words: string) => words.length;

  it('break at spaces where the box ends', () => {
    expect(wrapWords('Gear for the long way home', 12, 9, perLetter)).toEqual(['Gear for the', 'long way', 'home']);
  });

  it('are never lost: the last line that fits takes the rest', () => {
    expect(wrapWords('Gear for the long way home', 12, 2, perLetter)).toEqual(['Gear for the', 'long way home']);
    expect(wrapWords('Unbreakable', 3, 4, perLetter)).toEqual(['Unbreakable']);
    expect(wrapWords('', 3, 4, perLetter)).toEqual(['']);
  });
});
