import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_MAX_BYTES } from '../limits.ts';
import { decodePost, encodePost } from './post.ts';

const id = fc.string({ unit: 'binary', maxLength: 32 });
const anyPost = fc.record({ session: id, resume: id, frames: fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }) });

describe('posts', () => {
  it('[PO1] decode to what was encoded, frames byte by byte', () => {
    fc.assert(
      fc.property(anyPost, (post) => {
        expect(decodePost(encodePost(post))).toEqual({ ok: true, value: post });
      }),
    );
  });

  it('[PO1] any bytes, and any change of good ones, give a result', () => {
    const reasons = ['frame-malformed', 'frame-version'];
    const expectResult = (bytes: Uint8Array) => {
      const decoded = decodePost(bytes);
      if (!decoded.ok) expect(reasons).toContain(decoded.reason);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectResult(Uint8Array.of(1, ...bytes))));
    fc.assert(
      fc.property(anyPost, fc.integer({ min: 1, max: 255 }), fc.nat(), (post, change, place) => {
        const bytes = encodePost(post);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ change;
        expectResult(bytes);
      }),
    );
  });

  it('[PO1] a post cut anywhere has fewer frames or is refused; none is cut', () => {
    fc.assert(
      fc.property(anyPost, (post) => {
        const bytes = encodePost(post);
        for (let end = 0; end < bytes.length; end++) {
          const decoded = decodePost(bytes.subarray(0, end));
          if (!decoded.ok) continue;
          const { frames } = decoded.value;
          expect(frames.length).toBeLessThan(post.frames.length);
          expect(frames).toEqual(post.frames.slice(0, frames.length));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('[CO5] 64 KiB are taken, one byte more is message-too-big', () => {
    // Version, two empty texts, and the frame's length of three bytes stand before the frame.
    const ofLength = (length: number) => encodePost({ session: '', resume: '', frames: [new Uint8Array(length - 6)] });
    expect(ofLength(FRAME_MAX_BYTES)).toHaveLength(FRAME_MAX_BYTES);
    expect(decodePost(ofLength(FRAME_MAX_BYTES)).ok).toBe(true);
    expect(decodePost(ofLength(FRAME_MAX_BYTES + 1))).toEqual({ ok: false, reason: 'message-too-big' });
  });

  it('[CO6] another version is refused as frame-version, an id over 128 bytes as malformed', () => {
    const bytes = encodePost({ session: 's', resume: 'r', frames: [] });
    bytes[0] = 2;
    expect(decodePost(bytes)).toEqual({ ok: false, reason: 'frame-version' });
    const long = encodePost({ session: 's'.repeat(129), resume: 'r', frames: [] });
    expect(decodePost(long)).toEqual({ ok: false, reason: 'frame-malformed' });
  });
});
