import { utf8Encoder } from './utf8.ts';

/** Grows a byte buffer by varints and strings. */
export class Writer {
  #bytes = new Uint8Array(512);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** @param value 0…255 */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Unsigned LEB128. Division, not shifts: times need more than 32 bits. @param value integer 0…2^53−1; else clamped */
  uint(value: number): void {
    let rest = Number.isFinite(value) ? Math.min(Math.max(Math.round(value), 0), Number.MAX_SAFE_INTEGER) : 0;
    this.#reserve(8);
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Zigzag, then unsigned. @param value integer within ±2^52 */
  int(value: number): void {
    const whole = Math.round(value);
    this.uint(whole < 0 ? -2 * whole - 1 : 2 * whole);
  }

  /** Length in bytes, then UTF-8; lone surrogates become U+FFFD. */
  text(value: string): void {
    this.blob(utf8Encoder.encode(value));
  }

  /** Length in bytes, then the bytes. */
  blob(value: Uint8Array): void {
    this.uint(value.length);
    this.raw(value);
  }

  /** The bytes alone. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
