import { describe, expect, it } from 'vitest';
import { confirmedWords, isConfirmed } from './confirmed-words.ts';

describe('how far a version is', () => {
  it('counts the trackers that confirmed it', () => {
    const answer = { version: 12, connected: 42, confirmed: 41 };
    expect(confirmedWords(answer, 12, String)).toBe('Version 12 · 41 of 42 connected trackers confirmed');
    expect(isConfirmed(answer, 12)).toBe(false);
    expect(isConfirmed({ ...answer, confirmed: 42 }, 12)).toBe(true);
  });

  it('counts nobody on a node that has not heard of it, and waits', () => {
    const answer = { version: 11, connected: 1, confirmed: 1 };
    expect(confirmedWords(answer, 12, String)).toBe('Version 12 · 0 of 1 connected tracker confirmed');
    expect(isConfirmed(answer, 12)).toBe(false);
  });

  it('waits for nobody where nobody is connected', () => {
    expect(isConfirmed({ version: 0, connected: 0, confirmed: 0 }, 0)).toBe(true);
    expect(confirmedWords({ version: 0, connected: 0, confirmed: 0 }, 0, String)).toBe('Version 0 · no tracker is connected');
  });
});
