/** API tokens: what a server of the site, or a script, shows to be let in. Shown once, kept as a hash. */
import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, CollectionSpec } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { Scope } from '../../../engine/protocol/access.ts';
import type { KeyList, TokenCreate } from '../../../engine/protocol/administration.ts';
import { everyDocument } from '../every-document.ts';
import { toTheMinute } from './public-keys.ts';

export type ApiToken = KeyList['tokens'][number];

export const TOKENS: CollectionSpec = { name: 'tokens', indexes: [{ field: 'app' }] };
/** Its id is a UUIDv7. `hash` is the token's sha256 in hex: 256 random bits need no slower one. */
export type TokenRecord = Omit<ApiToken, 'id'> & { readonly app: string; readonly hash: string };

/** What nodes know of a token. */
export type KnownToken = { id: string; name: string; app: string; scopes: Scope[]; hash: string; expiresMs: number };

const TOKEN_BYTES = 32;
const EXPIRES_WITHIN_MS = 2 * 366 * 86_400_000;
const ENDING_CHARS = 4;

export class ApiTokens {
  readonly #tokens: Collection<TokenRecord>;
  readonly #clock: Clock;

  constructor(tokens: Collection<TokenRecord>, clock: Clock) {
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** The newest first; expired ones, too, until they are ended. */
  async of(app: string): Promise<ApiToken[]> {
    const stored = await Array.fromAsync(everyDocument(this.#tokens, { field: 'app', equals: app }));
    return stored.map(({ id, value: { app: _1, hash: _2, ...token } }) => ({ id, ...token })).reverse();
  }

  /** @returns the token itself, this once @throws DatalabError `query-invalid` */
  async make(app: string, createdBy: string, { name, scopes, expiresMs }: TokenCreate): Promise<string> {
    const nowMs = this.#clock.nowMs();
    if (expiresMs <= nowMs || expiresMs > nowMs + EXPIRES_WITHIN_MS)
      throw new DatalabError('query-invalid', 'expiresMs must lie ahead, and within two years.');
    if (scopes.length === 0) throw new DatalabError('query-invalid', 'scopes: a token that may do nothing is of no use.');
    const token = `dl_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    const hash = createHash('sha256').update(token).digest('hex');
    const record = {
      app,
      name,
      scopes: [...new Set(scopes)],
      ending: token.slice(-ENDING_CHARS),
      createdMs: nowMs,
      createdBy,
      expiresMs,
      hash,
    };
    await this.#tokens.insert(uuidv7({ msecs: nowMs }), record);
    return token;
  }

  /** @throws DatalabError `key-unknown` */
  async end(app: string, id: string): Promise<void> {
    const stored = await this.#tokens.get(id);
    if (stored?.value.app !== app || !(await this.#tokens.remove(id)))
      throw new DatalabError('key-unknown', `This app has no token ${id}.`);
  }

  async used(id: string, atMs: number): Promise<void> {
    const lastUsedMs = toTheMinute(Math.min(atMs, this.#clock.nowMs()));
    await this.#tokens.update(id, (record) => (lastUsedMs > (record.lastUsedMs ?? 0) ? { ...record, lastUsedMs } : null));
  }

  /** Those that have not expired. */
  async all(): Promise<KnownToken[]> {
    const nowMs = this.#clock.nowMs();
    const stored = await Array.fromAsync(everyDocument(this.#tokens));
    return stored
      .filter(({ value }) => value.expiresMs > nowMs)
      .map(({ id, value: { name, app, scopes, hash, expiresMs } }) => ({ id, name, app, scopes, hash, expiresMs }));
  }

  async forget(app: string): Promise<void> {
    for await (const { id } of everyDocument(this.#tokens, { field: 'app', equals: app })) await this.#tokens.remove(id);
  }
}
