/**
 * What is posted instead of sent by socket: the last frames of a page (sendBeacon).
 *
 *   byte version, text session, text resume token, then frames: each uint length, bytes
 *
 * The token travels in the body, never in the address, so that it stands in no log (SPEC PO1).
 */
import type { DropReason } from '../drop-reasons.ts';
import { FRAME_MAX_BYTES, FRAME_VERSION } from '../limits.ts';
import { ok, type Result, refuse } from '../result.ts';
import { MalformedError, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export type Post = {
  /** Session id, a UUIDv7. */
  readonly session: string;
  /** The token that hello gave for resuming this session. */
  readonly resume: string;
  readonly frames: readonly Uint8Array[];
};

const ID_MAX_BYTES = 128;

export function encodePost(post: Post): Uint8Array {
  const out = new Writer();
  out.byte(FRAME_VERSION);
  out.text(post.session);
  out.text(post.resume);
  for (const frame of post.frames) out.blob(frame);
  return out.finish();
}

/** Any bytes give a result; the frames are views into them, not yet decoded. */
export function decodePost(bytes: Uint8Array): Result<Post, DropReason> {
  if (bytes.length > FRAME_MAX_BYTES) return refuse('message-too-big');
  const reader = new Reader(bytes);
  try {
    if (reader.byte() !== FRAME_VERSION) return refuse('frame-version');
    const session = reader.text(ID_MAX_BYTES);
    const resume = reader.text(ID_MAX_BYTES);
    const frames: Uint8Array[] = [];
    while (!reader.done) frames.push(reader.blob(FRAME_MAX_BYTES));
    return ok({ session, resume, frames });
  } catch (error) {
    if (error instanceof MalformedError) return refuse('frame-malformed');
    throw error;
  }
}
