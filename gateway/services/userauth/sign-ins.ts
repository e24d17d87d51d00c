import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, Documents, Stored } from '../../../engine/documents/documents.ts';
import { everyDocument } from '../every-document.ts';
import { newToken, TOKEN_PATTERN, tokenHash } from './tokens.ts';

export type SignIn = {
  readonly tokenHash: string;
  readonly user: string;
  readonly startedMs: number;
  /** To the minute. */ readonly lastUsedMs: number;
  readonly browser: string;
  /** Masked address. */ readonly from: string;
};

export const SIGN_IN_TTL_MS = 30 * 86_400_000;
const IDLE_TTL_MS = 14 * 86_400_000;
const MINUTE_MS = 60_000;

/** Where users are signed in. A browser has the token; here is its hash. */
export class SignIns {
  readonly #documents: Collection<SignIn>;
  readonly #clock: Clock;

  private constructor(documents: Collection<SignIn>, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  static async open(documents: Documents, clock: Clock): Promise<SignIns> {
    const indexes = [{ field: 'tokenHash', unique: true }, { field: 'user' }];
    return new SignIns(await documents.collection<SignIn>({ name: 'signIns', indexes }), clock);
  }

  async start(user: string, browser: string, from: string): Promise<{ readonly id: string; readonly token: string }> {
    const [id, token] = [randomBytes(16).toString('base64url'), newToken()];
    const startedMs = this.#clock.nowMs();
    await this.#documents.insert(id, { tokenHash: tokenHash(token), user, startedMs, lastUsedMs: toMinute(startedMs), browser, from });
    return { id, token };
  }

  /** The sign-in of a token, and notes that it was used; null if there is none, or it has expired. */
  async find(token: string): Promise<Stored<SignIn> | null> {
    if (!TOKEN_PATTERN.test(token)) return null;
    const [found] = await this.#documents.find({ field: 'tokenHash', equals: tokenHash(token) });
    if (!found || this.#hasExpired(found)) return null;
    const lastUsedMs = toMinute(this.#clock.nowMs());
    // Lost, if another request was faster: it wrote the same. Nor is anybody locked out where nothing can be written now.
    const used = { ...found.value, lastUsedMs };
    if (lastUsedMs > found.value.lastUsedMs) await this.#documents.replace(found.id, found.revision, used).catch(() => false);
    return found;
  }

  async list(user: string): Promise<Stored<SignIn>[]> {
    const all: Stored<SignIn>[] = [];
    for await (const each of this.#allOf(user)) if (!this.#hasExpired(each)) all.push(each);
    return all;
  }

  /** @param user whose it must be @returns false if it is not, or there is none */
  async end(id: string, user: string): Promise<boolean> {
    const stored = await this.#documents.get(id);
    return stored?.value.user === user && this.#documents.remove(id);
  }

  /** @param but the one that goes on */
  async endAll(user: string, but?: string): Promise<void> {
    for await (const { id } of this.#allOf(user)) if (id !== but) await this.#documents.remove(id);
  }

  async removeExpired(): Promise<void> {
    for await (const each of everyDocument(this.#documents)) if (this.#hasExpired(each)) await this.#documents.remove(each.id);
  }

  #allOf(user: string): AsyncGenerator<Stored<SignIn>> {
    return everyDocument(this.#documents, { field: 'user', equals: user });
  }

  #hasExpired({ value: { startedMs, lastUsedMs } }: Stored<SignIn>): boolean {
    const nowMs = this.#clock.nowMs();
    return nowMs >= startedMs + SIGN_IN_TTL_MS || nowMs >= lastUsedMs + IDLE_TTL_MS;
  }
}

const toMinute = (ms: number): number => ms - (ms % MINUTE_MS);
