import { expect, it } from 'vitest';
import { SimulatedClock } from '../../../engine/clock/simulated-clock.ts';
import { type Attempt, Attempts } from './attempts.ts';

const MINUTE_MS = 60_000;

function setUp() {
  const clock = new SimulatedClock();
  const attempts = new Attempts(clock);
  const begin = (email = 'a@x', source = 'here') => attempts.begin(email, source);
  const lockedForMs = (email?: string, source?: string) => {
    const attempt = begin(email, source);
    if ('lockedForMs' in attempt) return attempt.lockedForMs;
    attempt.undo();
    return 0;
  };
  const right = (email?: string, source?: string): Attempt => {
    const attempt = begin(email, source);
    if ('lockedForMs' in attempt) throw new Error('locked');
    return attempt;
  };
  const fail = (times: number, email?: string, source?: string) => {
    for (let time = 0; time < times; time++) right(email, source);
  };
  return { clock, lockedForMs, fail, right, begin };
}

it('ten failures lock an email wherever they come from, and no other email', () => {
  const { fail, lockedForMs } = setUp();
  for (let at = 0; at < 9; at++) fail(1, 'a@x', `source ${at}`);
  expect(lockedForMs('a@x', 'elsewhere')).toBe(0);
  fail(1, 'a@x', 'source 9');
  expect(lockedForMs('a@x', 'elsewhere')).toBe(MINUTE_MS);
  expect(lockedForMs('b@x', 'elsewhere')).toBe(0);
});

it('an email is the same in other capitals and in another spelling of its code points', () => {
  const { fail, lockedForMs } = setUp();
  for (const email of ['Zoë@x', 'zoe\u0308@x', 'ZOË@X', 'ZOE\u0308@x', 'zoë@x']) fail(2, email);
  expect(lockedForMs('zoë@x')).toBe(MINUTE_MS);
});

it('thirty failures lock a source whatever the emails', () => {
  const { fail, lockedForMs } = setUp();
  for (let at = 0; at < 30; at++) fail(1, `${at}@x`);
  expect(lockedForMs('new@x')).toBe(MINUTE_MS);
  expect(lockedForMs('new@x', 'elsewhere')).toBe(0);
});

it('each lock is twice as long as the one before, an hour at most', () => {
  const { clock, fail, lockedForMs } = setUp();
  const locks = Array.from({ length: 9 }, (_, at) => {
    fail(10, 'a@x', `source ${at}`);
    const lockedMs = lockedForMs('a@x', 'elsewhere');
    clock.advance(lockedMs - 1);
    expect(lockedForMs('a@x', 'elsewhere')).toBe(1);
    clock.advance(1);
    return lockedMs / MINUTE_MS;
  });
  expect(locks).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

it('failures are forgotten after a quarter of an hour, locks after a day without one', () => {
  const { clock, fail, lockedForMs } = setUp();
  fail(9);
  clock.advance(15 * MINUTE_MS);
  fail(9);
  expect(lockedForMs()).toBe(0);
  fail(1);
  clock.advance(MINUTE_MS + 86_400_000);
  fail(10, 'a@x', 'there');
  expect(lockedForMs('a@x', 'there')).toBe(MINUTE_MS);
});

it('many at the same time are counted before any of them is answered', () => {
  const { right, lockedForMs } = setUp();
  const begun = Array.from({ length: 10 }, () => right());
  expect(lockedForMs()).toBe(MINUTE_MS);
  // The tenth was neither right nor wrong: it locks nothing.
  begun[9]?.undo();
  expect(lockedForMs()).toBe(0);
});

it('a right one lets the failures of its email be forgotten, and none of its source', () => {
  const { fail, right, lockedForMs } = setUp();
  for (let at = 0; at < 20; at++) fail(1, `${at}@x`);
  fail(9);
  right().succeeded();
  fail(1);
  expect(lockedForMs('a@x', 'elsewhere')).toBe(0);
  expect(lockedForMs('b@x')).toBe(MINUTE_MS);
});

it('the wall clock opens no lock', () => {
  const { clock, fail, lockedForMs } = setUp();
  fail(10);
  clock.stepWall(86_400_000);
  expect(lockedForMs()).toBe(MINUTE_MS);
});

it('one attempt that is kept open takes back no lock that others made: a right one of their own lets nobody guess on', () => {
  const { right, begin } = setUp();
  let guesses = 0;
  for (let round = 0; round < 10; round++) {
    const own = begin('eve@x', 'one place');
    if ('lockedForMs' in own) break;
    while (!('lockedForMs' in begin(`victim${round}-${guesses}@x`, 'one place'))) guesses++;
    own.succeeded();
  }
  expect(guesses).toBeLessThan(30);
  expect(() => right('eve@x', 'one place')).toThrow('locked');
});

it('one that was neither right nor wrong takes back itself alone: codes cannot be tried without end', () => {
  const { begin } = setUp();
  let codes = 0;
  for (let round = 0; round < 10; round++) {
    const withoutCode = begin('a@x', `a${round}`);
    if ('lockedForMs' in withoutCode) break;
    while (!('lockedForMs' in begin('a@x', `b${round}`))) codes++;
    withoutCode.undo();
  }
  expect(codes).toBeLessThan(10);
});
