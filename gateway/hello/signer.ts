import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatalabError } from '../../engine/errors/errors.ts';

/**
 * Signs what clients hand back: the visitor cookie and resume tokens, with 128 bits of HMAC-SHA-256. And reports that must hold
 * for years, with all 256.
 */
export class Signer {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /**
   * The token that lets a tab resume its session. It names the hello that gave it: a goodbye posted by an earlier page may
   * arrive after the next page's hello, and must not end what that began.
   * @param helloMs when the hello was admitted, epoch ms
   */
  resumeToken(app: string, session: string, helloMs: number): string {
    const hello = helloMs.toString(36);
    return `${hello}_${this.#mac('resume', app, session, hello)}`;
  }

  /** When the hello was that gave this token, epoch ms; null if the token is none of this session's. */
  resumeTokenMs(app: string, session: string, token: string): number | null {
    const [hello = ''] = token.split('_', 1);
    return equal(token, `${hello}_${this.#mac('resume', app, session, hello)}`) ? Number.parseInt(hello, 36) : null;
  }

  /** A visitor's id in one app: two apps cannot tell that it is the same browser. */
  visitorId(app: string, browser: string): string {
    return this.#mac('visitor', app, browser);
  }

  /**
   * A visitor's id in one app for one UTC day, where no cookie may be set. The secret and the day are its salt: tomorrow's id
   * tells nobody, us included, that it is the same browser, unless the address is at hand again.
   * @param address masked (masked-address.ts)
   */
  dayVisitorId(app: string, nowMs: number, address: string, userAgent: string): string {
    const day = new Date(nowMs).toISOString().slice(0, 10);
    return this.#mac('day-visitor', app, day, address, userAgent);
  }

  /** Cookie value for a browser. */
  cookieOf(browser: string): string {
    return `${browser}.${this.#mac('cookie', browser)}`;
  }

  /** The browser that a cookie value names, or null when it was not signed here. */
  browserOf(cookie: string): string | null {
    const [browser = '', mac = ''] = cookie.split('.');
    return /^[A-Za-z0-9_-]{22}$/.test(browser) && equal(mac, this.#mac('cookie', browser)) ? browser : null;
  }

  /** Signature of a report of plain JSON, in base64url; the order of its keys does not matter. */
  reportSignature(report: unknown): string {
    return this.#digest('report', canonicalJson(report)).toString('base64url');
  }

  /** True if this is the report that was signed here. */
  hasSigned(report: unknown, signature: string): boolean {
    return equal(signature, this.reportSignature(report));
  }

  #mac(...parts: readonly string[]): string {
    return this.#digest(...parts)
      .subarray(0, 16)
      .toString('base64url');
  }

  #digest(...parts: readonly string[]): Buffer {
    // Lengths in front, so that no two lists of parts are the same bytes.
    const message = parts.map((part) => `${part.length}:${part}`).join('');
    return createHmac('sha256', this.#secret).update(message).digest();
  }
}

/** JSON without spaces and with sorted keys: equal values are equal bytes. */
function canonicalJson(value: unknown): string {
  const sorted = (_key: string, part: unknown): unknown => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(value, sorted);
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Opens the data folder's secret, or makes it on first start.
 * @throws DatalabError `data-unwritable`
 */
export function openSigner(dataDir: string): Signer {
  const file = join(dataDir, 'secret');
  try {
    mkdirSync(dataDir, { recursive: true });
    try {
      // `wx`: two starts at the same moment end with one secret.
      writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return new Signer(Buffer.from(readFileSync(file, 'utf8'), 'hex'));
  } catch (error) {
    throw new DatalabError(
      'data-unwritable',
      `The data folder ${dataDir} (DATALAB_DATA_DIR) cannot be written: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}
