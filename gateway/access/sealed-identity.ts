/** Who asks, told by one of our processes to another: sealed with the secret that they share. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Identity } from '../../engine/protocol/access.ts';

/** The request header that carries it. */
export const IDENTITY_HEADER = 'x-datalab-identity';
/** Seals are made anew for each request; an old one found somewhere opens nothing. */
const SEAL_TTL_MS = 60_000;

/** Who asks, and from where. */
export type Asker = {
  readonly identity: Identity | null;
  /** Masked. */ readonly address: string;
  /** Stands for the whole address where attempts are counted; means nothing beyond this process's life. */ readonly source: string;
};

/** Makes and opens seals. One for each secret. */
export class Seals {
  readonly #secret: Buffer;

  /** @param secret at least 32 characters */
  constructor(secret: string) {
    this.#secret = Buffer.from(secret);
  }

  /** @param nowMs epoch ms */
  seal(asker: Asker, nowMs: number): string {
    const text = Buffer.from(JSON.stringify({ ...asker, untilMs: nowMs + SEAL_TTL_MS })).toString('base64url');
    return `${text}.${this.#mac(text)}`;
  }

  /** @returns null if it was not sealed with this secret, or has expired */
  open(header: string, nowMs: number): Asker | null {
    const [text = '', mac = ''] = header.split('.');
    const [expected, given] = [Buffer.from(this.#mac(text)), Buffer.from(mac)];
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null;
    const { untilMs, ...asker } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Asker & { readonly untilMs: number };
    return untilMs > nowMs ? asker : null;
  }

  #mac(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url');
  }
}
