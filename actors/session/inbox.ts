/** A frame that waits to be batched: its numbers are admitted, its events unread. */
export type PendingFrame = {
  readonly form: 'binary' | 'text';
  readonly firstSeq: number;
  readonly count: number;
  readonly baseSeq: number;
  readonly bytes: Uint8Array;
  readonly receivedMs: number;
};

/** Bounds of one session's inbox. Half is where the tracker is asked to thin, the bound is where reading stops. */
export const INBOX_MAX_FRAMES = 64;
export const INBOX_MAX_BYTES = 1_048_576;

export type Fullness = 'calm' | 'half' | 'full';

/**
 * The bounded queue in front of a session: XState's own mailbox is private and unbounded. It is what operators see as
 * the inbox, and the source of back-pressure. Above its bound it still takes what the socket had already read, up to
 * twice the bound (SPEC SM3: nothing is dropped); `push` says when even that is used up.
 */
export class Inbox {
  #frames: PendingFrame[] = [];
  #bytes = 0;

  get length(): number {
    return this.#frames.length;
  }

  get fullness(): Fullness {
    const share = Math.max(this.#frames.length / INBOX_MAX_FRAMES, this.#bytes / INBOX_MAX_BYTES);
    return share >= 1 ? 'full' : share >= 0.5 ? 'half' : 'calm';
  }

  /** Whether one more is taken. Asked before its numbers are admitted. */
  get takes(): boolean {
    return this.#frames.length < 2 * INBOX_MAX_FRAMES && this.#bytes < 2 * INBOX_MAX_BYTES;
  }

  push(frame: PendingFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes.length;
  }

  /** Takes at most `maxFrames`, oldest first. */
  take(maxFrames: number): PendingFrame[] {
    const taken = this.#frames.splice(0, maxFrames);
    for (const frame of taken) this.#bytes -= frame.bytes.length;
    return taken;
  }
}
