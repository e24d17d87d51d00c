import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, Documents, Stored } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Link } from '../../../engine/protocol/account.ts';
import { everyDocument } from '../every-document.ts';
import { newToken, tokenHash } from './tokens.ts';

/** A link as it is stored. */
export type LinkDocument = Link & { /** Whom a reset or an enter is for. */ readonly user?: string; readonly invitation?: string };

export type NewLink = Omit<LinkDocument, 'expiresMs'> & { readonly ttlMs: number };

/** One-time links, by the hash of their token: whoever removes one has used it. */
export class Links {
  readonly #documents: Collection<LinkDocument>;
  readonly #clock: Clock;

  private constructor(documents: Collection<LinkDocument>, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  static async open(documents: Documents, clock: Clock): Promise<Links> {
    const indexes = [{ field: 'user' }, { field: 'kind' }];
    return new Links(await documents.collection<LinkDocument>({ name: 'links', indexes }), clock);
  }

  /** A new set-up or reset ends those of before. */
  async make({ ttlMs, ...about }: NewLink): Promise<{ readonly token: string; readonly expiresMs: number }> {
    if (about.kind === 'set-up') await this.#removeAll('kind', 'set-up');
    if (about.kind === 'reset' && about.user !== undefined) await this.forgetUser(about.user);
    const token = newToken();
    const expiresMs = this.#clock.nowMs() + ttlMs;
    await this.#documents.insert(tokenHash(token), { ...about, expiresMs });
    return { token, expiresMs };
  }

  /** @throws DatalabError `link-used` if it was used, has expired, or never was */
  async get(token: string): Promise<LinkDocument> {
    const stored = await this.#documents.get(tokenHash(token));
    if (!stored) return linkUsed();
    if (!this.#hasExpired(stored)) return stored.value;
    await this.#documents.remove(stored.id);
    return linkUsed();
  }

  /** Uses it up: of many who try at once, one succeeds. @throws DatalabError `link-used` */
  async take(token: string): Promise<void> {
    if (!(await this.#documents.remove(tokenHash(token)))) linkUsed();
  }

  /** Gives it back: what it was used for could not be done now. */
  async restore(token: string, link: LinkDocument): Promise<void> {
    await this.#documents.insert(tokenHash(token), link);
  }

  async forgetUser(user: string): Promise<void> {
    await this.#removeAll('user', user);
  }

  async removeExpired(): Promise<void> {
    for await (const each of everyDocument(this.#documents)) if (this.#hasExpired(each)) await this.#documents.remove(each.id);
  }

  async #removeAll(field: 'user' | 'kind', equals: string): Promise<void> {
    for await (const { id } of everyDocument(this.#documents, { field, equals })) await this.#documents.remove(id);
  }

  #hasExpired({ value }: Stored<LinkDocument>): boolean {
    return value.expiresMs <= this.#clock.nowMs();
  }
}

/** @throws DatalabError `link-used`: what was wrong with it is nobody's business */
export function linkUsed(): never {
  throw new DatalabError('link-used', 'This link was used, has expired, or is not whole.');
}
