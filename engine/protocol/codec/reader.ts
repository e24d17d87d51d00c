import { utf8Decoder } from './utf8.ts';

/** Thrown inside the decoders only, and caught at their edge: bytes are not of the format. */
export class MalformedError extends Error {
  override name = 'MalformedError';
}

/** Walks bytes from strangers: every read is checked against the end and against its range. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new MalformedError('ends early');
    return value;
  }

  /** Unsigned LEB128, at most 2^53−1. */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    const first = this.#bytes[this.#at];
    // Most numbers are small: one byte, no loop.
    if (first !== undefined && first < 128 && first <= max) {
      this.#at++;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) {
        if (value > max) throw new MalformedError('number out of range');
        return value;
      }
      scale *= 128;
    }
    throw new MalformedError('number too long');
  }

  int(): number {
    const folded = this.uint();
    return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
  }

  /** @param maxBytes longest accepted, in UTF-8 bytes */
  text(maxBytes: number): string {
    const bytes = this.blob(maxBytes);
    try {
      return utf8Decoder.decode(bytes);
    } catch {
      throw new MalformedError('not UTF-8');
    }
  }

  /** A view, not a copy. */
  blob(maxBytes: number): Uint8Array {
    const length = this.uint(maxBytes);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedError('ends early');
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }
}
