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
export const RECORDS: readonly SessionRecord[] = Array.from({ length: SESSIONS }, (_, i) =>
  sessionRecord({ session: `s${i}`, visit: `v${i}`, visitor: `p${i}` }),
);

/** A batch, and what a worker makes of it: bytes for the store, and the rollup changes among them. */
export type Made = {
  readonly frames: readonly Frame[];
  readonly batch: Batch;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly changes: Uint8Array;
};

/** To be taken in their order: each goes on where the one before it ended. */
export function makeBatches(count: number): readonly Made[] {
  const streams = RECORDS.map((_, i) => new MoveFrames(i, AT));
  const sessions = RECORDS.map((record) => ({ ...record, url: 'https://shop.example/' }));
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
