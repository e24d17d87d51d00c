import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, Frame } from '../events.ts';
import { COORDINATE_MAX_PX, FRAME_MAX_BYTES, TEXT_MAX_BYTES, TIME_MAX_MS } from '../limits.ts';
import { anyFrame } from './frame.arbitrary.ts';
import { decodeFrame, encodeFrame, readHeader } from './frame.ts';

/** Frames whose tracker has already forgotten some numbers. */
const numbered = fc.tuple(anyFrame(), fc.nat()).map(([frame, n]): Frame => ({ ...frame, baseSeq: 1 + (n % frame.firstSeq) }));

const REASONS = ['frame-malformed', 'frame-version', 'message-too-big'];

/** A result, and one that the rest of the server may rely on. */
function expectResult(bytes: Uint8Array): void {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) {
    expect(REASONS).toContain(decoded.reason);
    return;
  }
  const { events, page, firstSeq, baseSeq } = decoded.value;
  const coordinates = events.flatMap((event) => ('x' in event ? [event.x, event.y] : []));
  expect(events.every(({ atMs }) => Number.isSafeInteger(atMs) && atMs >= 0)).toBe(true);
  expect([...coordinates, page.viewportWidth, page.pageHeight].every((px) => Math.abs(px) <= COORDINATE_MAX_PX)).toBe(true);
  expect(baseSeq >= 1 && baseSeq <= firstSeq && Number.isSafeInteger(firstSeq + events.length)).toBe(true);
}

describe('frames', () => {
  it('[CO1] decode to what was encoded', () => {
    fc.assert(
      fc.property(numbered, (frame) => {
        const bytes = encodeFrame(frame);
        fc.pre(bytes.length <= FRAME_MAX_BYTES);
        expect(decodeFrame(bytes)).toEqual({ ok: true, value: frame });
      }),
      { numRuns: 300 },
    );
  });

  it('[CO2] any bytes give a result', () => {
    // Half of them begin as frames do: else the version byte alone would refuse nearly all.
    const begins = fc.constantFrom<number[]>([], [1, 0, 1], [1, 0, 5, 3, 1, 0, 0, 1, 97, 0, 0, 0, 0]);
    fc.assert(
      fc.property(begins, fc.uint8Array({ maxLength: 300 }), (head, tail) => expectResult(Uint8Array.of(...head, ...tail))),
      { numRuns: 3_000 },
    );
  });

  it('[CO2] a frame cut anywhere is refused as malformed', () => {
    fc.assert(
      fc.property(numbered, (frame) => {
        const bytes = encodeFrame(frame);
        for (let end = 0; end < bytes.length; end++) {
          const decoded = decodeFrame(bytes.subarray(0, end));
          if (decoded.ok || decoded.reason !== 'frame-malformed') throw new Error(`cut at ${end}: ${JSON.stringify(decoded)}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('[CO2] a frame with bytes behind its end is refused', () => {
    fc.assert(
      fc.property(numbered, fc.uint8Array({ minLength: 1, maxLength: 9 }), (frame, more) => {
        expect(decodeFrame(Uint8Array.of(...encodeFrame(frame), ...more))).toEqual({ ok: false, reason: 'frame-malformed' });
      }),
      { numRuns: 50 },
    );
  });

  it('[CO2] a frame with one byte changed gives a result', () => {
    const byte = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(numbered, byte, (frame, change) => {
        const bytes = encodeFrame(frame);
        for (let at = 0; at < bytes.length; at++) {
          const was = bytes[at] ?? 0;
          bytes[at] = was ^ change;
          expectResult(bytes);
          bytes[at] = was;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('[CO3] numbers of any kind are encoded to what decodes, within their ranges', () => {
    const any = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0.5, -0.5, 1e300, -1e300, Number.MAX_SAFE_INTEGER, TIME_MAX_MS + 1),
    );
    const page = fc.record({ url: fc.string(), viewportWidth: any, viewportHeight: any, pageWidth: any, pageHeight: any });
    const move = fc.record({ kind: fc.constant('move' as const), atMs: any, x: any, y: any, restMs: any });
    const box = fc.record({ tag: fc.string(), x: any, y: any, w: any, h: any, text: fc.string() });
    const layout = fc.record({ kind: fc.constant('layout' as const), atMs: any, boxes: fc.array(box, { maxLength: 3 }) });
    const events = fc.array(fc.oneof(move, layout), { maxLength: 8 });
    const frame = fc.record({ firstSeq: any, baseSeq: any, goodbye: fc.boolean(), startMs: any, page, events });
    fc.assert(
      fc.property(frame, (given) => {
        const bytes = encodeFrame(given);
        const decoded = decodeFrame(bytes);
        expect(decoded).toMatchObject({ ok: true });
        expectResult(bytes);
        // What decodes is within every range, so that it encodes to the same bytes again.
        if (decoded.ok) expect(encodeFrame(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('[CO3] a number that is none leaves its neighbours as they are', () => {
    const move = (atMs: number, x: number): Event => ({ kind: 'move', atMs, x, y: 7, restMs: 0 });
    const page = { url: '', viewportWidth: 1, viewportHeight: 1, pageWidth: 1, pageHeight: 1 };
    const events = [move(1_000, 10), move(Number.NaN, 20), move(1_100, Number.NaN), move(Infinity, 30), move(1_200, 40)];
    const decoded = decodeFrame(encodeFrame({ firstSeq: 1, baseSeq: 1, goodbye: false, startMs: 1_000, page, events }));
    expect(decoded.ok && decoded.value.events).toMatchObject([
      { atMs: 1_000, x: 10 },
      { atMs: 0, x: 20 },
      { atMs: 1_100, x: 0 },
      { atMs: TIME_MAX_MS, x: 30 },
      { atMs: 1_200, x: 40 },
    ]);
  });

  it('[CO3] text of any kind is encoded to what decodes: cut at a character, lone surrogates replaced', () => {
    const page = { url: '', viewportWidth: 1, viewportHeight: 1, pageWidth: 1, pageHeight: 1 };
    const unit = fc.constantFrom('a', 'ü', '€', '🛒', '\ud83d', '\ude00', '\0', '\ufeff');
    const text = fc.tuple(fc.integer({ min: 0, max: 3 }), unit, fc.integer({ min: 0, max: TEXT_MAX_BYTES + 9 }));
    fc.assert(
      fc.property(text, ([before, char, times]) => {
        const given = 'x'.repeat(before) + char.repeat(times);
        const events: Event[] = [{ kind: 'identify', atMs: 0, id: given }];
        const decoded = decodeFrame(encodeFrame({ firstSeq: 1, baseSeq: 1, goodbye: false, startMs: 0, page, events }));
        const [event] = decoded.ok ? decoded.value.events : [];
        const id = event?.kind === 'identify' ? event.id : '';
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(given));
        const bytes = new TextEncoder().encode(id).length;
        expect(decoded.ok && whole.startsWith(id)).toBe(true);
        if (id !== whole) {
          // One character more would not have fitted.
          const more = String.fromCodePoint(whole.codePointAt(id.length) ?? 0);
          expect(bytes).toBeLessThanOrEqual(TEXT_MAX_BYTES);
          expect(bytes + new TextEncoder().encode(more).length).toBeGreaterThan(TEXT_MAX_BYTES);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('[CO4] the header reads alone, whatever stands behind it', () => {
    fc.assert(
      fc.property(numbered, fc.uint8Array({ maxLength: 100 }), (frame, garbage) => {
        const bytes = encodeFrame(frame);
        const { page: _page, events, ...header } = frame;
        const value = { ...header, count: events.length };
        expect(readHeader(bytes)).toEqual({ ok: true, value });
        expect(readHeader(Uint8Array.of(...bytes.subarray(0, headerLength(bytes)), ...garbage))).toEqual({ ok: true, value });
        expect(readHeader(bytes.subarray(0, headerLength(bytes) - 1)).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

/** Version and flags, then four varints. */
function headerLength(bytes: Uint8Array): number {
  let at = 2;
  for (let varints = 0; varints < 4; at++) if ((bytes[at] ?? 0) < 128) varints++;
  return at;
}
