import { describe, expect, test } from 'vitest';
import type { Event, PageContext } from '../../engine/protocol/events.ts';
import { FRAME_MAX_EVENTS } from '../../engine/protocol/limits.ts';
import { framesWithin, OUTBOX_LIMITS, Outbox } from './outbox.ts';
import { decoded } from './simulated-server.ts';

const page = (url: string, viewportWidth = 1_000): PageContext => ({
  url,
  viewportWidth,
  viewportHeight: 800,
  pageWidth: 1_000,
  pageHeight: 3_000,
});
const HOME = page('https://shop.example/');
const BASKET = page('https://shop.example/basket');
const move = (atMs: number): Event => ({ kind: 'move', atMs, x: atMs, y: 0, restMs: 0 });
const custom = (name: string, chars = 0): Event => ({ kind: 'custom', atMs: 1, name, props: 'x'.repeat(chars) });
const layout: Event = { kind: 'layout', atMs: 1, boxes: [{ tag: 'main', x: 0, y: 0, w: 10, h: 10, text: '' }] };
const framesOf = (outbox: Outbox) => outbox.held.map((frame) => decoded(frame.bytes));

describe('numbers', () => {
  test('[AK1] events are numbered from 1 without gaps, when they are sealed', () => {
    const outbox = new Outbox();
    for (let i = 0; i < 3; i++) outbox.push(move(i), HOME);
    expect(outbox.held).toEqual([]);
    outbox.seal(0);
    outbox.push(move(3), HOME);
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => [frame.firstSeq, frame.events.length])).toEqual([
      [1, 3],
      [4, 1],
    ]);
  });

  test('[AK1] a sealed frame is the same bytes however often it is asked for', () => {
    const outbox = new Outbox();
    outbox.push(move(1), HOME);
    outbox.seal(0);
    const before = outbox.held[0]?.bytes.slice();
    outbox.push(move(2), HOME);
    outbox.seal(99);
    expect(outbox.held[0]?.bytes).toEqual(before);
  });

  test('[AK2] an ack forgets whole frames up to its number and nothing beyond', () => {
    const outbox = new Outbox();
    for (let i = 0; i < 3; i++) {
      outbox.push(move(i), HOME);
      outbox.push(move(i), HOME);
      outbox.seal(0);
    }
    outbox.acked(3);
    expect(outbox.held.map((frame) => frame.firstSeq)).toEqual([3, 5]);
  });

  test('[AK5] baseSeq is the lowest number still held, or the next one', () => {
    const outbox = new Outbox();
    expect(outbox.baseSeq).toBe(1);
    outbox.push(move(1), HOME);
    outbox.seal(0);
    outbox.push(move(2), HOME);
    outbox.seal(0);
    outbox.acked(1);
    expect(outbox.baseSeq).toBe(2);
    outbox.acked(2);
    outbox.push(move(3), HOME);
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => frame.baseSeq)).toEqual([3]);
  });
});

describe('frames', () => {
  test('[CO5] a frame never spans two addresses', () => {
    const outbox = new Outbox();
    outbox.push(move(1), HOME);
    outbox.push({ kind: 'urlchange', atMs: 2, from: HOME.url, to: BASKET.url, elapsedMs: 1, cause: 'push' }, HOME);
    outbox.push(move(3), BASKET);
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => [frame.page.url, frame.events.map((event) => event.kind)])).toEqual([
      [HOME.url, ['move', 'urlchange']],
      [BASKET.url, ['move']],
    ]);
  });

  test('a resized window begins a new frame, since heat is a share of its width', () => {
    const outbox = new Outbox();
    outbox.push(move(1), page(HOME.url, 1_000));
    outbox.push(move(2), page(HOME.url, 400));
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => frame.page.viewportWidth)).toEqual([1_000, 400]);
  });

  test('[CO5] frames keep to about 16 KiB, and no frame exceeds its bound even where characters take three bytes', () => {
    const outbox = new Outbox({ ...OUTBOX_LIMITS, frameMaxBytes: 20_000 });
    for (let i = 0; i < 100; i++) outbox.push({ kind: 'custom', atMs: i, name: `n${i}`, props: `${i}${'漢'.repeat(1_300)}` }, HOME);
    outbox.seal(0, true);
    expect(framesOf(outbox).reduce((sum, frame) => sum + frame.events.length, 0)).toBe(100);
    for (const frame of outbox.held) expect(frame.bytes.length).toBeLessThanOrEqual(20_000);
  });

  test('[CO5] a frame holds at most the wire’s number of events', () => {
    const outbox = new Outbox();
    for (let i = 0; i <= FRAME_MAX_EVENTS; i++) outbox.push(move(i), HOME);
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => frame.events.length)).toEqual([FRAME_MAX_EVENTS, 1]);
  });

  test('an event that no frame can hold is given up before it has a number', () => {
    const outbox = new Outbox();
    outbox.push({ kind: 'dom', atMs: 1, json: 'x'.repeat(70_000) }, HOME);
    outbox.push(move(2), HOME);
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => [frame.firstSeq, frame.events[0]?.kind])).toEqual([[1, 'move']]);
    expect(outbox.lost['too-big']).toBe(1);
  });

  test('times are corrected by the clock offset', () => {
    const outbox = new Outbox();
    outbox.push(move(1_000), HOME);
    outbox.seal(250.4);
    expect(framesOf(outbox)[0]?.events[0]?.atMs).toBe(1_250);
  });

  test('a layout is a frame of its own, so that it can be left behind alone', () => {
    const outbox = new Outbox();
    for (const event of [custom('a'), layout, custom('b')]) outbox.push(event, HOME);
    outbox.seal(0);
    expect(outbox.held.map((frame) => frame.heavy)).toEqual([false, true, false]);
  });
});

describe('bounds', () => {
  const small = { frameBytes: 100, frameMaxBytes: 1_000, windowMaxBytes: 200, pendingMaxBytes: 1_000 };

  test('over its bound the oldest moves go, other events stay, and no number is lost', () => {
    const outbox = new Outbox(small);
    outbox.push(custom('first'), HOME);
    for (let i = 0; i < 500; i++) outbox.push(move(i), HOME);
    outbox.push(custom('last'), HOME);
    expect(outbox.pendingBytes).toBeLessThanOrEqual(small.pendingMaxBytes);
    outbox.seal(0, true);
    const events = framesOf(outbox).flatMap((frame) => frame.events);
    expect([events[0], events.at(-1)]).toEqual([custom('first'), custom('last')]);
    const moves = events.filter((event) => event.kind === 'move');
    expect(moves.at(-1)).toEqual(move(499));
    expect(outbox.lost.overflow + moves.length).toBe(500);
    expect(outbox.nextSeq).toBe(events.length + 1);
  });

  test('without moves to drop, the oldest events go and are counted', () => {
    const outbox = new Outbox(small);
    for (let i = 0; i < 50; i++) outbox.push(custom(`n${i}`), HOME);
    outbox.seal(0, true);
    const names = framesOf(outbox).flatMap((frame) => frame.events.map((event) => (event.kind === 'custom' ? event.name : '')));
    expect(names.at(-1)).toBe('n49');
    expect(names.length + outbox.lost.overflow).toBe(50);
    expect(outbox.lost.overflow).toBeGreaterThan(0);
  });

  test('a full window seals no more until an ack makes room', () => {
    const outbox = new Outbox(small);
    for (let i = 0; i < 8; i++) outbox.push(custom(`n${i}`, 60), HOME);
    outbox.seal(0);
    const sealed = outbox.nextSeq;
    expect(sealed).toBeLessThan(8);
    outbox.seal(0);
    expect(outbox.nextSeq).toBe(sealed);
    outbox.acked(sealed - 1);
    outbox.seal(0);
    expect(outbox.nextSeq).toBeGreaterThan(sealed);
  });

  test('[SM3] thinning keeps one move in 2^level and every other event', () => {
    const outbox = new Outbox();
    outbox.thin(2);
    for (let i = 0; i < 16; i++) outbox.push(move(i), HOME);
    outbox.push(custom('kept'), HOME);
    outbox.seal(0);
    expect(framesOf(outbox)[0]?.events.length).toBe(5);
    expect(outbox.lost.thinned).toBe(12);
  });

  test('where room is short, events come before layouts and older before newer', () => {
    const frame = (firstSeq: number, size: number, heavy: boolean) => ({ firstSeq, lastSeq: firstSeq, bytes: new Uint8Array(size), heavy });
    const frames = [frame(1, 50, true), frame(2, 40, false), frame(3, 40, false), frame(4, 40, false)];
    const seqs = (maxBytes: number) => framesWithin(frames, maxBytes).map((each) => each.firstSeq);
    expect(seqs(300)).toEqual([1, 2, 3, 4]);
    expect(seqs(140)).toEqual([2, 3, 4]);
    expect(seqs(90)).toEqual([2, 3]);
  });
});

describe('another session', () => {
  test('frames of a lost session are discarded and counted; what is pending goes to the new one, from its first number', () => {
    const outbox = new Outbox();
    outbox.push(move(1), HOME);
    outbox.push(move(2), HOME);
    outbox.seal(0);
    outbox.push(move(3), HOME);
    outbox.beginAfter(0);
    outbox.seal(0);
    expect(framesOf(outbox).map((frame) => [frame.firstSeq, frame.baseSeq, frame.events])).toEqual([[1, 1, [move(3)]]]);
    expect(outbox.lost['session-lost']).toBe(2);
  });

  test('[AK1] numbers the server has seen are not given again', () => {
    const outbox = new Outbox();
    outbox.continueAfter(41);
    outbox.push(move(1), HOME);
    outbox.seal(0);
    expect(framesOf(outbox)[0]?.firstSeq).toBe(42);
    outbox.continueAfter(10);
    expect(outbox.nextSeq).toBe(43);
  });
});
