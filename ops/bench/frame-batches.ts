/** Batches of frames as the gateway makes them, and what a worker makes of each: the same in every run. */
import type { Batch, BatchItem } from '../../engine/pool/batch.ts';
import { prepareBatch } from '../../engine/pool/prepare-batch.ts';
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Frame } from '../../engine/protocol/events.ts';
import { AT, sessionRecord } from '../../engine/store/fixtures/records.ts';
import { unpackBatch } from '../../engine/store/packed-batch.ts';
import type { SessionRecord } from '../../engine/store/records.ts';
import { MoveFrames } from './move-frames.ts';

export const FRAMES_PER_BATCH = 512;
export const MOVES_PER_FRAME = 20;
export const SESSIONS = 64;

/** The sessions whose frames they are: to be opened before the first batch. */
export const RECORDS = recordsOf(0, AT);

/** Sessions of another generation, with names of their own. @param startMs epoch ms */
export function recordsOf(generation: number, startMs: number): readonly SessionRecord[] {
  return Array.from({ length: SESSIONS }, (_, i) => {
    const name = generation * SESSIONS + i;
    return sessionRecord({ session: `s${name}`, visit: `v${name}`, visitor: `p${name}`, startedMs: startMs, lastSeenMs: startMs });
  });
}

/** A batch, and what a worker makes of it: bytes for the store, and the rollup changes among them. */
export type Made = {
  readonly frames: readonly Frame[];
  readonly batch: Batch;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly changes: Uint8Array;
};

/** To be taken in their order: each goes on where the one before it ended. @param records 64 sessions that have sent nothing yet */
export function makeBatches(count: number, records = RECORDS): readonly Made[] {
  const streams = records.map(({ startedMs }, i) => new MoveFrames(i, startedMs));
  const sessions = records.map((record) => ({ ...record, url: 'https://shop.example/' }));
  return Array.from({ length: count }, () => {
    const { frames, batch } = makeBatch(sessions, streams);
    const at = new Int32Array(new SharedArrayBuffer(4));
    const { packed } = prepareBatch({ batch, part: [...batch.items.keys()], verdicts: new Map(), at });
    return { frames, batch, packed, changes: unpackBatch(packed).changes };
  });
}

/** Frames of all sessions in turn, their bytes in one buffer. */
function makeBatch(
  sessions: Batch['sessions'],
  streams: readonly MoveFrames[],
): { readonly batch: Batch; readonly frames: readonly Frame[] } {
  const frames = Array.from({ length: FRAMES_PER_BATCH }, (_, i) => streams[i % SESSIONS]?.next(MOVES_PER_FRAME)).filter(
    (frame) => frame !== undefined,
  );
  const encoded = frames.map(encodeFrame);
  const items: BatchItem[] = [];
  let offset = 0;
  frames.forEach(({ firstSeq, baseSeq, startMs, events }, i) => {
    const length = encoded[i]?.length ?? 0;
    // As soon as its last move was made, so that no time is moved for its skew.
    const receivedMs = events.at(-1)?.atMs ?? startMs;
    items.push({ session: i % SESSIONS, form: 'binary', firstSeq, baseSeq, count: events.length, offset, length, receivedMs });
    offset += length;
  });
  return { frames, batch: { sessions, items, bytes: new Uint8Array(Buffer.concat(encoded)) } };
}
