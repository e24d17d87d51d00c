/** A recorded run, as frames and as JSON: the frames of the walk that tracker.bench.ts takes, as its tracker sent them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Frame } from '../../engine/protocol/events.ts';

/** What an aim of the tracker's allows: a third of JSON. */
const SHARE_MAX = 1 / 3;

const recorded: readonly Frame[] = JSON.parse(readFileSync(new URL('fixture/recorded-frames.json', import.meta.url), 'utf8'));

/** Bytes of frames over bytes of JSON, which is given nothing but the page once a frame and the events. */
function shareOf(frames: readonly Frame[]): number {
  const jsonBytes = ({ page, events }: Frame) => Buffer.byteLength(JSON.stringify({ page, events }));
  const sum = (bytesOf: (frame: Frame) => number) => frames.reduce((all, frame) => all + bytesOf(frame), 0);
  return sum((frame) => encodeFrame(frame).length) / sum(jsonBytes);
}

const framesWith = (kind: string) => recorded.filter(({ events }) => events.some((event) => event.kind === kind));

describe('bytes on the wire', () => {
  it('a recorded run takes at most a third of JSON', () => {
    expect(shareOf(recorded)).toBeLessThanOrEqual(SHARE_MAX);
  });

  it.each(['move', 'click', 'hover', 'urlchange', 'form', 'layout'])('so do its frames with a %s alone', (kind) => {
    const frames = framesWith(kind);
    expect(frames.length).toBeGreaterThan(0);
    expect(shareOf(frames)).toBeLessThanOrEqual(SHARE_MAX);
  });
});
