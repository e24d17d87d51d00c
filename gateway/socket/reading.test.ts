import { beforeEach, describe, expect, it } from 'vitest';
import { Reading } from './reading.ts';

let done: string[];
let reading: Reading;
/** What is to be done when this text is taken. */
let on: Record<string, () => void>;

beforeEach(() => {
  done = [];
  on = {};
  const peer = { pause: () => void done.push('(paused)'), resume: () => void done.push('(resumed)') };
  reading = new Reading(peer, (data) => {
    done.push(String(data));
    on[String(data)]?.();
  });
});
const arrive = (text: string) => {
  for (const letter of text) reading.arrived(Buffer.from(letter), true);
};
const microtasks = () => new Promise<void>((resolve) => queueMicrotask(resolve));

describe('[SM3] what a socket gives after it was paused', () => {
  it('waits, and comes in its order before the socket is read on', async () => {
    on = { b: () => reading.stop() };
    arrive('abcd');
    expect(done).toEqual(['a', 'b', '(paused)']);
    on = {};
    reading.resume();
    arrive('e');
    await microtasks();
    expect(done).toEqual(['a', 'b', '(paused)', 'c', 'd', 'e', '(resumed)']);
    arrive('f');
    expect(done.at(-1)).toBe('f');
  });

  it('waits again when there is no room again', async () => {
    on = { a: () => reading.stop(), c: () => reading.stop() };
    arrive('abcd');
    reading.resume();
    await microtasks();
    expect(done).toEqual(['a', '(paused)', 'b', 'c', '(paused)']);
    reading.resume();
    await microtasks();
    expect(done.slice(5)).toEqual(['d', '(resumed)']);
  });

  it('is given when the socket is gone', () => {
    on = { a: () => reading.stop() };
    arrive('abc');
    reading.end();
    expect(done).toEqual(['a', '(paused)', 'b', 'c']);
  });
});
