/** Runs of frames: one record of `chunk` holds all that came of a session between two folds, so that a session is read in few pieces. */
import { Reader } from '../protocol/codec/reader.ts';
import { Writer } from '../protocol/codec/writer.ts';
import type { Chunk } from './store.ts';

/** A frame as stored; whose it is, its record says. */
export type StoredFrame = Omit<Chunk, 'app' | 'session'>;

/** What a record says of its frames. `frames` is null when there is one: then the rest says all of it. */
export type Run = StoredFrame & { readonly frames: Uint8Array | null };

/** Longest run: what one step of an erasure or a replay reads at a time. */
const RUN_BYTES_MAX = 256 * 1024;

/** @param frames of one session, in order of arrival */
export function runsOf(frames: readonly StoredFrame[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  let bytes = 0;
  frames.forEach((frame, i) => {
    bytes += frame.bytes.length;
    if (bytes < RUN_BYTES_MAX && i < frames.length - 1) return;
    runs.push(runOf(frames.slice(from, i + 1)));
    from = i + 1;
    bytes = 0;
  });
  return runs;
}

/**
 * `frames` is a directory: for each frame the varints count · bytes · and, from the run's own, firstSeq · startMs · its length in ms
 * · receivedMs.
 */
function runOf(frames: readonly StoredFrame[]): Run {
  const [first] = frames;
  if (first && frames.length === 1) {
    const { firstSeq, count, startMs, endMs, receivedMs, bytes } = first;
    return { firstSeq, count, startMs, endMs, receivedMs, bytes, frames: null };
  }
  let [firstSeq, startMs, endMs, receivedMs, count] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0, 0];
  for (const frame of frames) {
    firstSeq = Math.min(firstSeq, frame.firstSeq);
    startMs = Math.min(startMs, frame.startMs);
    endMs = Math.max(endMs, frame.endMs);
    receivedMs = Math.max(receivedMs, frame.receivedMs);
    count += frame.count;
  }
  const directory = new Writer();
  for (const frame of frames) {
    directory.uint(frame.count);
    directory.uint(frame.bytes.length);
    directory.uint(frame.firstSeq - firstSeq);
    directory.uint(frame.startMs - startMs);
    directory.uint(frame.endMs - frame.startMs);
    directory.uint(receivedMs - frame.receivedMs);
  }
  return {
    firstSeq,
    count,
    startMs,
    endMs,
    receivedMs,
    bytes: Buffer.concat(frames.map(({ bytes }) => bytes)),
    frames: directory.finish(),
  };
}

/** @param run the columns of a `Run`, as a store gives them @returns its frames in order of arrival, views into the run's bytes */
export function framesOf(run: { readonly [C in keyof Run]?: unknown }): StoredFrame[] {
  const number = (column: keyof Run) => Number(run[column]);
  const [firstSeq, startMs, receivedMs] = [number('firstSeq'), number('startMs'), number('receivedMs')];
  const bytes = run.bytes as Uint8Array;
  const directory = run.frames as Uint8Array | null;
  if (!directory) return [{ firstSeq, count: number('count'), startMs, endMs: number('endMs'), receivedMs, bytes }];
  const frames: StoredFrame[] = [];
  const reader = new Reader(directory);
  for (let offset = 0; !reader.done; ) {
    const count = reader.uint();
    const length = reader.uint();
    const first = firstSeq + reader.uint();
    const start = startMs + reader.uint();
    const end = start + reader.uint();
    const received = receivedMs - reader.uint();
    frames.push({
      firstSeq: first,
      count,
      startMs: start,
      endMs: end,
      receivedMs: received,
      bytes: bytes.subarray(offset, offset + length),
    });
    offset += length;
  }
  return frames;
}
