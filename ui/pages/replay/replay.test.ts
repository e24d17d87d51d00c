import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../engine/protocol/codec/frame.ts';
import { Writer } from '../../../engine/protocol/codec/writer.ts';
import type { Event, Frame, PageContext } from '../../../engine/protocol/events.ts';
import { advance, quietsOf } from './playhead.ts';
import { readRecording } from './recording.ts';
import { pointerAt, sceneAt } from './scene.ts';

const T0 = 1_767_225_600_000;
const page = (url: string): PageContext => ({ url, viewportWidth: 1280, viewportHeight: 800, pageWidth: 1280, pageHeight: 2400 });
const move = (atMs: number, x: number, y = 0, restMs = 0): Event => ({ kind: 'move', atMs: T0 + atMs, x, y, restMs });

function chunks(...frames: { url: string; events: Event[] }[]): Uint8Array {
  const out = new Writer();
  let firstSeq = 1;
  for (const { url, events } of frames) {
    const frame: Frame = { firstSeq, baseSeq: 1, goodbye: false, startMs: events[0]?.atMs ?? T0, page: page(url), events };
    firstSeq += events.length;
    out.blob(encodeFrame(frame));
  }
  return out.finish();
}

describe('recording', () => {
  it('events of all frames are in the order of time, with the page they happened on', () => {
    const recording = readRecording(
      chunks({ url: 'https://a/2', events: [move(500, 5)] }, { url: 'https://a/1', events: [move(0, 1), move(100, 2)] }),
    );
    expect(recording.moments.map((moment) => [moment.atMs - T0, moment.page.url])).toEqual([
      [0, 'https://a/1'],
      [100, 'https://a/1'],
      [500, 'https://a/2'],
    ]);
    expect(recording.pages.map((entry) => entry.page.url)).toEqual(['https://a/1', 'https://a/2']);
  });

  it('a frame that cannot be read is counted and the rest is played', () => {
    const good = chunks({ url: 'https://a/', events: [move(0, 1)] });
    const out = new Writer();
    out.blob(new Uint8Array([1, 9, 9]));
    out.raw(good);
    const recording = readRecording(out.finish());
    expect(recording.unreadable).toBe(1);
    expect(recording.moments).toHaveLength(1);
  });

  it('an answer cut anywhere gives a recording of what came before', () => {
    const whole = chunks({ url: 'https://a/', events: [move(0, 1)] }, { url: 'https://a/', events: [move(9, 2)] });
    for (let length = 0; length < whole.length; length++) {
      const recording = readRecording(whole.subarray(0, length));
      expect(recording.moments.length).toBeLessThan(2);
      expect(recording.unreadable).toBeLessThanOrEqual(1);
    }
  });

  it('any bytes give a recording', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readRecording(bytes).moments).toBeDefined();
      }),
    );
  });
});

describe('playhead', () => {
  const recording = readRecording(chunks({ url: 'https://a/', events: [move(0, 0), move(1000, 1), move(61_000, 2), move(62_000, 3)] }));
  const quiets = quietsOf(recording);

  it('more than 10 s of nothing are quiet, with a lead-out and a lead-in', () => {
    expect(quiets).toEqual([{ fromMs: T0 + 2000, toMs: T0 + 60_500 }]);
  });

  it('playing jumps over a quiet stretch and keeps what is left of the step', () => {
    expect(advance(T0 + 1900, 200, 1, recording, quiets)).toBe(T0 + 60_600);
    expect(advance(T0 + 30_000, 16, 1, recording, quiets)).toBe(T0 + 60_500);
    expect(advance(T0 + 1900, 200, 1, recording, [])).toBe(T0 + 2100);
  });

  it('speed multiplies, and time ends at the end', () => {
    expect(advance(T0, 100, 8, recording, [])).toBe(T0 + 800);
    expect(advance(T0, 1e9, 1, recording, quiets)).toBe(recording.endMs);
  });

  it('time never goes back and never rests inside a quiet stretch', () => {
    fc.assert(
      fc.property(fc.nat(62_000), fc.nat(5000), fc.constantFrom(0.5, 1, 4, 16), (at, passedMs, speed) => {
        const next = advance(T0 + at, passedMs, speed, recording, quiets);
        expect(next).toBeGreaterThanOrEqual(T0 + at);
        for (const quiet of quiets) expect(next > quiet.fromMs && next < quiet.toMs).toBe(false);
      }),
    );
  });
});

describe('scene', () => {
  it('the pointer rests where it was, then goes straight to the next sample', () => {
    const samples = [
      { atMs: 0, x: 0, y: 0, restMs: 1000 },
      { atMs: 1100, x: 100, y: 50, restMs: 0 },
    ];
    expect(pointerAt(samples, 900)).toEqual({ x: 0, y: 0 });
    expect(pointerAt(samples, 1050)).toEqual({ x: 50, y: 25 });
    expect(pointerAt(samples, 5000)).toEqual({ x: 100, y: 50 });
    expect(pointerAt(samples, -1)).toBeUndefined();
  });

  it('another address starts at its top, and its own layout is drawn', () => {
    const box = (text: string) => [{ tag: 'h1', x: 0, y: 0, w: 10, h: 10, text }];
    const recording = readRecording(
      chunks(
        {
          url: 'https://a/1',
          events: [
            { kind: 'layout', atMs: T0, boxes: box('one') },
            { kind: 'scroll', atMs: T0 + 100, top: 700, reach: 9 },
          ],
        },
        { url: 'https://a/2', events: [move(200, 4), { kind: 'layout', atMs: T0 + 300, boxes: box('two') }] },
      ),
    );
    expect(sceneAt(recording, T0 + 150)).toMatchObject({ scrollTop: 700, boxes: [{ text: 'one' }] });
    // Its layout comes a little later; until then it is already drawn, never the page before.
    expect(sceneAt(recording, T0 + 200)).toMatchObject({ scrollTop: 0, boxes: [{ text: 'two' }] });
  });

  it('clicks and hovers show for as long as they last', () => {
    const hover: Event = { kind: 'hover', atMs: T0, x: 1, y: 2, target: '#a', tag: 'a', text: '', dwellMs: 900 };
    const recording = readRecording(chunks({ url: 'https://a/', events: [hover, move(5000, 1)] }));
    expect(sceneAt(recording, T0 + 900)?.hovers).toEqual([{ x: 1, y: 2, ageMs: 900 }]);
    expect(sceneAt(recording, T0 + 901)?.hovers).toEqual([]);
  });

  it('an empty recording has no scene', () => {
    expect(sceneAt(readRecording(new Uint8Array()), T0)).toBeUndefined();
  });
});
