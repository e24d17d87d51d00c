import { describe, expect, it } from 'vitest';
import { addBeat, type Beat, HISTORY_MAX_BEATS, type Pulse } from './pulse.ts';

const pulseAt = (atMs: number, eventsPerSec: number): Pulse => ({
  type: 'pulse',
  atMs,
  states: { INIT: 0, CONNECT: 1, LISTEN: 4, CLOSING: 0 },
  active5min: 5,
  eventsPerSec,
  dropped: 0,
  storeAway: false,
});

describe('pulse', () => {
  it('two beats within a second are one value, the later', () => {
    const history = addBeat(addBeat([], pulseAt(5000, 1)), pulseAt(5900, 2));
    expect(history).toEqual([{ atMs: 5900, eventsPerSec: 2, connected: 4 }]);
  });

  it('the history holds five minutes and drops the oldest', () => {
    let history: readonly Beat[] = [];
    for (let second = 0; second < HISTORY_MAX_BEATS + 7; second++) history = addBeat(history, pulseAt(second * 1000, second));
    expect(history).toHaveLength(HISTORY_MAX_BEATS);
    expect(history[0]?.eventsPerSec).toBe(7);
  });
});
