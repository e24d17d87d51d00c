import { describe, expect, it } from 'vitest';
import { EVENTS, type Event, type Frame } from '../events.ts';
import { FRAME_MAX_BYTES, FRAME_MAX_EVENTS, LAYOUT_MAX_BOXES } from '../limits.ts';
import { GOLDEN_FRAMES } from './fixtures/golden-frames.ts';
import { decodeFrame, encodeFrame, readHeader } from './frame.ts';

const PAGE = { url: 'https://a.example/', viewportWidth: 100, viewportHeight: 100, pageWidth: 100, pageHeight: 100 };

function frameOf(events: readonly Event[], changes: Partial<Frame> = {}): Frame {
  return { firstSeq: 1, baseSeq: 1, goodbye: false, startMs: 0, page: PAGE, events, ...changes };
}

/** A header by hand: what no encoder of ours would write. */
function header(flags: number, ...numbers: number[]): Uint8Array {
  return Uint8Array.of(1, flags, ...numbers);
}

const MOVE: Event = { kind: 'move', atMs: 0, x: 0, y: 0, restMs: 0 };

describe('frames', () => {
  it.each(GOLDEN_FRAMES)('[CO6] golden frame: $name', ({ hex, frame }) => {
    expect(decodeFrame(Buffer.from(hex, 'hex'))).toStrictEqual({ ok: true, value: frame });
  });

  it('[CO6] every kind of event has a golden frame of its own', () => {
    const alone = GOLDEN_FRAMES.filter(({ frame }) => frame.events.length === 1).map(({ frame }) => frame.events[0]?.kind);
    expect(alone.toSorted()).toEqual(Object.keys(EVENTS).toSorted());
  });

  it('[CO6] every other version byte is refused as frame-version', () => {
    const bytes = encodeFrame(frameOf([MOVE]));
    for (let version = 0; version < 256; version++) {
      if (version === 1) continue;
      bytes[0] = version;
      expect(decodeFrame(bytes)).toEqual({ ok: false, reason: 'frame-version' });
      expect(readHeader(bytes)).toEqual({ ok: false, reason: 'frame-version' });
    }
  });

  it('[CO5] 64 KiB are taken, one byte more is message-too-big', () => {
    const ofLength = (length: number): Uint8Array => {
      const dom = (size: number): Event => ({ kind: 'dom', atMs: 0, json: 'x'.repeat(size) });
      const around = encodeFrame(frameOf([dom(60_000)])).length - 60_000;
      return encodeFrame(frameOf([dom(length - around)]));
    };
    const most = ofLength(FRAME_MAX_BYTES);
    const over = ofLength(FRAME_MAX_BYTES + 1);
    expect([most.length, over.length]).toEqual([FRAME_MAX_BYTES, FRAME_MAX_BYTES + 1]);
    expect(decodeFrame(most).ok).toBe(true);
    expect(decodeFrame(over)).toEqual({ ok: false, reason: 'message-too-big' });
    expect(readHeader(over)).toEqual({ ok: false, reason: 'message-too-big' });
  });

  it('[CO5] 2,000 events are taken, one more is refused', () => {
    const moves = (count: number) => encodeFrame(frameOf(Array.from({ length: count }, () => MOVE)));
    expect(decodeFrame(moves(FRAME_MAX_EVENTS)).ok).toBe(true);
    expect(decodeFrame(moves(FRAME_MAX_EVENTS + 1))).toEqual({ ok: false, reason: 'frame-malformed' });
  });

  it('[CO3] a layout keeps as many boxes as decode again', () => {
    const box = { tag: 'p', x: 0, y: 0, w: 1, h: 1, text: '' };
    const boxes = Array.from({ length: LAYOUT_MAX_BOXES + 1 }, () => box);
    const decoded = decodeFrame(encodeFrame(frameOf([{ kind: 'layout', atMs: 0, boxes }])));
    expect(decoded.ok && decoded.value.events).toEqual([{ kind: 'layout', atMs: 0, boxes: boxes.slice(1) }]);
  });

  it.each([
    ['unknown flags', header(2, 1, 0, 1, 0)],
    ['[AK1] a first number of 0', header(0, 0, 0, 1, 0)],
    ['[AK5] a lowest number of 0', header(0, 1, 0, 0, 0)],
    ['[AK5] a lowest number above its first', header(0, 1, 0, 2, 0)],
    ['numbers beyond 2^53', header(0, 255, 255, 255, 255, 255, 255, 255, 15, 1, 1, 0)],
    ['a number without end', header(0, 255, 255, 255, 255, 255, 255, 255, 255, 255)],
  ])('[CO2] a header with %s is refused', (_what, bytes) => {
    expect(readHeader(bytes)).toEqual({ ok: false, reason: 'frame-malformed' });
  });

  it.each([
    ['a kind that is not there', [99, 0]],
    ['a reference to text that was not seen', [8, 0, 9]],
    ['bytes that are not UTF-8', [8, 0, 0, 1, 0xff]],
    ['text that is longer than the frame', [8, 0, 0, 100, 97]],
    ['a time before 1970', [13, 1, 0]],
    ['a coordinate out of range', [5, 0, 254, 255, 255, 255, 15, 0, 0]],
  ])('[CO2] an event with %s is refused', (_what, event) => {
    const empty = encodeFrame(frameOf([]));
    const good = Uint8Array.of(...empty, 13, 0, 0);
    const bad = Uint8Array.of(...empty, ...event);
    // The fourth byte of these headers is how many events follow.
    good[3] = 1;
    bad[3] = 1;
    expect(decodeFrame(good).ok).toBe(true);
    expect(decodeFrame(bad)).toEqual({ ok: false, reason: 'frame-malformed' });
  });
});
