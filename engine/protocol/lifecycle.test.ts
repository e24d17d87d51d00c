import { describe, expect, it } from 'vitest';
import { END, END_REASONS, INITIAL, isForced, LIFECYCLE, LIFECYCLE_EVENTS, type Place, STATES, step } from './lifecycle.ts';

const PLACES: readonly Place[] = [...STATES, END];

/** Every place that some walk from `from` comes to, itself included. */
function reachableFrom(from: Place): Set<Place> {
  const seen = new Set<Place>([from]);
  // A set hands out what is added while it is walked.
  for (const place of seen)
    for (const event of LIFECYCLE_EVENTS) {
      const next = step(place, event);
      if (next) seen.add(next);
    }
  return seen;
}

describe('the lifecycle', () => {
  it('[LC1] is a table over the four states, the listed events and the known places', () => {
    expect(Object.keys(LIFECYCLE)).toEqual([...STATES]);
    for (const row of Object.values(LIFECYCLE)) {
      expect(LIFECYCLE_EVENTS).toEqual(expect.arrayContaining(Object.keys(row)));
      expect(PLACES).toEqual(expect.arrayContaining(Object.values(row)));
    }
  });

  it('[LC1] a session passes INIT, CONNECT, LISTEN and CLOSING to the end', () => {
    let place: Place | null = INITIAL;
    const passed: (Place | null)[] = [place];
    for (const event of ['HELLO_ADMITTED', 'SOCKET_OPENED', 'GOODBYE_SAID', 'FLUSHED'] as const) {
      place = place && step(place, event);
      passed.push(place);
    }
    expect(passed).toEqual(PLACES);
  });

  it('[LC1] every place is reached from the beginning, and every event moves something', () => {
    expect([...reachableFrom(INITIAL)].toSorted()).toEqual([...PLACES].toSorted());
    expect(LIFECYCLE_EVENTS.filter((event) => !STATES.some((state) => step(state, event)))).toEqual([]);
  });

  it.each(STATES)('[LC1] from %s the end is reached, and through CLOSING alone', (state) => {
    expect(reachableFrom(state)).toContain(END);
    expect(Object.values(LIFECYCLE[state]).includes(END)).toBe(state === 'CLOSING');
  });

  it('[LC1] no socket opens before an admitted hello', () => {
    expect(STATES.filter((state) => step(state, 'SOCKET_OPENED'))).toEqual(['CONNECT']);
    expect(STATES.filter((state) => step(state, 'HELLO_ADMITTED'))).toEqual(['INIT']);
  });

  it('[LC2] an event that its state does not list is no transition; every other goes where the table says', () => {
    for (const state of STATES) for (const event of LIFECYCLE_EVENTS) expect(step(state, event)).toBe(LIFECYCLE[state][event] ?? null);
    expect(step('INIT', 'SOCKET_OPENED')).toBeNull();
    expect(step('LISTEN', 'FLUSHED')).toBeNull();
    expect(step('CLOSING', 'GOODBYE_SAID')).toBeNull();
  });

  it('[LC2] nothing moves a session that has ended', () => {
    expect(LIFECYCLE_EVENTS.filter((event) => step(END, event) !== null)).toEqual([]);
  });

  it('a goodbye is the only end that is not forced', () => {
    expect(END_REASONS.filter((reason) => !isForced(reason))).toEqual(['goodbye']);
  });
});
