/** A prepared batch as one run of bytes: what crosses from a pool worker to a store without the main thread reading it. */
import { deserialize, serialize } from 'node:v8';
import type { PreparedBatch } from './store.ts';

/** The bytes lie in a buffer of their own, so that they can be transferred. Both ends are one build of one process. */
export function packBatch(batch: PreparedBatch): Uint8Array<ArrayBuffer> {
  const bytes = serialize(batch);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Undoes packBatch. For our own bytes only, never for a stranger's. The chunks are views into them. */
export function unpackBatch(bytes: Uint8Array): PreparedBatch {
  return deserialize(bytes) as PreparedBatch;
}
