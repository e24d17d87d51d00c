import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { END, LIFECYCLE_EVENTS, type LifecycleEvent, type Place, STATES, step } from '../../engine/protocol/lifecycle.ts';
import {
  createSessionMachine,
  MACHINE_VERSION,
  type MachineEvent,
  persistActor,
  placeOf,
  restoreActor,
  type SessionActor,
} from './session.machine.ts';

const DEADLINES = { INIT: 10, CONNECT: 20, LISTEN: 30, CLOSING: null };

function machineAt(now: { ms: number }, entered: (place: Place) => void = () => undefined) {
  return createSessionMachine({ nowMs: () => now.ms, deadlines: DEADLINES, entered });
}

const eventOf = (type: LifecycleEvent): MachineEvent => (type === 'CLOSE' ? { type, reason: 'operator' } : { type });

/** Every walk over the table of at most `length` events that moves at each step. */
function* walks(from: Place, length: number): Generator<LifecycleEvent[]> {
  yield [];
  if (length === 0) return;
  for (const event of LIFECYCLE_EVENTS) {
    const to = step(from, event);
    if (to !== null) for (const rest of walks(to, length - 1)) yield [event, ...rest];
  }
}

function actorAfter(walk: readonly LifecycleEvent[], now = { ms: 1_000 }): SessionActor {
  const actor = createActor(machineAt(now), { input: { session: 's' } }).start();
  for (const event of walk) actor.send(eventOf(event));
  return actor;
}

describe('the session machine', () => {
  it('[LC1] [LC4] agrees with step() after every event of every walk over the table', () => {
    let count = 0;
    for (const walk of walks('INIT', 6)) {
      const actor = createActor(machineAt({ ms: 0 }), { input: { session: 's' } }).start();
      let place: Place = 'INIT';
      for (const event of walk) {
        place = step(place, event) ?? place;
        actor.send(eventOf(event));
        expect(placeOf(actor.getSnapshot()), walk.join(' ')).toBe(place);
      }
      count++;
    }
    expect(count).toBeGreaterThan(1_000);
  });

  it('[LC2] every pair of state and event moves as the table says or stays where it is', () => {
    for (const walk of [[], ['HELLO_ADMITTED'], ['HELLO_ADMITTED', 'SOCKET_OPENED'], ['CLOSE']] as LifecycleEvent[][]) {
      for (const event of LIFECYCLE_EVENTS) {
        const actor = actorAfter(walk);
        const before = placeOf(actor.getSnapshot());
        actor.send(eventOf(event));
        expect(placeOf(actor.getSnapshot())).toBe(step(before, event) ?? before);
        expect(actor.getSnapshot().status).not.toBe('error');
      }
    }
  });

  it('[LC7] runs its effect on entry of every state and of the end, and on entering INIT again', () => {
    const places: Place[] = [];
    const actor = createActor(
      machineAt({ ms: 0 }, (place) => places.push(place)),
      { input: { session: 's' } },
    ).start();
    for (const event of ['HELLO_BEGUN', 'HELLO_ADMITTED', 'SOCKET_OPENED', 'GOODBYE_SAID', 'FLUSHED'] as const) actor.send({ type: event });
    expect(places).toEqual(['INIT', 'INIT', 'CONNECT', 'LISTEN', 'CLOSING', END]);
  });

  it('gives every state its deadline from the moment it is entered, and CLOSING none', () => {
    const now = { ms: 1_000 };
    const actor = createActor(machineAt(now), { input: { session: 's' } }).start();
    const deadline = () => actor.getSnapshot().context.deadlineMs;
    expect(deadline()).toBe(1_010);
    now.ms = 2_000;
    actor.send({ type: 'HELLO_ADMITTED' });
    expect(deadline()).toBe(2_020);
    now.ms = 3_000;
    actor.send({ type: 'SOCKET_OPENED' });
    expect(deadline()).toBe(3_030);
    actor.send({ type: 'GOODBYE_SAID' });
    expect(deadline()).toBeNull();
  });

  it.each([
    [['DEADLINE_PASSED'], 'hello-deadline'],
    [['HELLO_REFUSED'], 'refused'],
    [['HELLO_ADMITTED', 'DEADLINE_PASSED'], 'connection-interrupt'],
    [['HELLO_ADMITTED', 'SOCKET_OPENED', 'DEADLINE_PASSED'], 'max-length'],
    [['HELLO_ADMITTED', 'SOCKET_OPENED', 'GOODBYE_SAID'], 'goodbye'],
    [['HELLO_ADMITTED', 'CLOSE'], 'operator'],
    [['CLOSE', 'HELLO_BEGUN'], null],
  ] as [LifecycleEvent[], string | null][])('[LC5] says why it ends: %j is %s', (walk, reason) => {
    expect(actorAfter(walk).getSnapshot().context.endReason).toBe(reason);
  });

  it('goes on after persist and restore at every state, to the same end and with its deadline', () => {
    const toEach: Record<(typeof STATES)[number], LifecycleEvent[]> = {
      INIT: [],
      CONNECT: ['HELLO_ADMITTED'],
      LISTEN: ['HELLO_ADMITTED', 'SOCKET_OPENED'],
      CLOSING: ['CLOSE'],
    };
    for (const state of STATES) {
      const persisted = JSON.parse(JSON.stringify(persistActor(actorAfter(toEach[state]))));
      const restored = restoreActor(machineAt({ ms: 9_000 }), persisted);
      restored.start();
      expect(placeOf(restored.getSnapshot())).toBe(state);
      expect(restored.getSnapshot().context).toEqual(persisted.context);
      if (state !== 'CLOSING') restored.send({ type: 'CLOSE', reason: 'limit' });
      restored.send({ type: 'FLUSHED' });
      expect(placeOf(restored.getSnapshot())).toBe(END);
      expect(restored.getSnapshot().status).toBe('done');
    }
  });

  it('refuses a snapshot of an unknown machine version or place, loudly', () => {
    const persisted = persistActor(actorAfter([]));
    expect(() => restoreActor(machineAt({ ms: 0 }), { ...persisted, machineVersion: MACHINE_VERSION + 1 })).toThrow(/machine version/);
    expect(() => restoreActor(machineAt({ ms: 0 }), { ...persisted, place: 'PAUSED' as Place })).toThrow(/no such state/);
  });
});
