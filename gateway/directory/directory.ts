/**
 * What a node must know at every hello without asking anybody: apps, how they are captured, public keys, API tokens. A copy of what the
 * services hold, kept up by long polls; while a service is away the copy of before goes on.
 *
 *   service ── changed ─▶ its long poll is answered ─▶ copy replaced ─▶ listeners told
 */
import type { Clock } from '../../engine/clock/clock.ts';
import type { Identity, Scope } from '../../engine/protocol/access.ts';
import { type AppConfig, type AppDetail, DEFAULT_APP_CONFIG } from '../../engine/protocol/administration.ts';
import { type Ask, CALL_TIMEOUT_MS, POLL_WAIT_MS } from '../services/call.ts';

/** An app as a node knows it. */
export type TrackedApp = Omit<AppDetail, 'revision' | 'createdMs' | 'timeZone'>;

export type Capture = { readonly version: number; readonly atMs: number; readonly config: AppConfig };
type PublicKey = { readonly key: string; readonly app: string; readonly endsMs?: number };
type ApiToken = {
  readonly id: string;
  readonly name: string;
  readonly app: string;
  readonly scopes: readonly Scope[];
  readonly hash: string;
  readonly expiresMs: number;
};

/** What of a copy has changed. */
export type DirectoryChange = 'apps' | 'captures';

const DEFAULT_CAPTURE: Capture = { version: 0, atMs: 0, config: DEFAULT_APP_CONFIG };
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;
/** What was used is told to whoever keeps it so often. */
const USED_EVERY_MS = 30_000;

export class Directory {
  readonly #clock: Clock;
  readonly #ask: Ask;
  #apps: ReadonlyMap<string, TrackedApp> = new Map();
  #captures: ReadonlyMap<string, Capture> = new Map();
  #keys: ReadonlyMap<string, PublicKey> = new Map();
  #tokens: ReadonlyMap<string, ApiToken> = new Map();
  readonly #known = new Set<string>();
  readonly #listeners = new Set<(change: DirectoryChange) => void>();
  #usedKeys = new Map<string, number>();
  #usedTokens = new Map<string, number>();
  #isStopped = false;
  #cancel = () => {};

  constructor(clock: Clock, ask: Ask) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** False until every copy was there once: until then nobody can be told that there is no such app. */
  get isComplete(): boolean {
    return this.#known.size === 3;
  }

  /** By the name that it has for ever. */
  find(key: string): TrackedApp | undefined {
    return this.#apps.get(key);
  }

  /** By a public key that goes on; notes that it was used. */
  ofPublicKey(key: string): TrackedApp | undefined {
    const found = this.#keys.get(key);
    if (!found || (found.endsMs !== undefined && found.endsMs <= this.#clock.nowMs())) return undefined;
    this.#usedKeys.set(key, this.#clock.nowMs());
    return this.#apps.get(found.app);
  }

  /** Whom an API token stands for; notes that it was used. @param hash sha256 of the token, hex */
  ofToken(hash: string): Extract<Identity, { kind: 'token' }> | null {
    const found = this.#tokens.get(hash);
    if (!found || found.expiresMs <= this.#clock.nowMs()) return null;
    this.#usedTokens.set(found.id, this.#clock.nowMs());
    const { id, name, app, scopes } = found;
    return { kind: 'token', id, name, app, scopes };
  }

  /** How an app is captured. */
  capture(app: string): Capture {
    return this.#captures.get(app) ?? DEFAULT_CAPTURE;
  }

  all(): readonly TrackedApp[] {
    return [...this.#apps.values()];
  }

  /** True if any app allows this origin: all that a preflight can be asked. */
  anyAllows(origin: string): boolean {
    return this.all().some((app) => allowsOrigin(app, origin));
  }

  /** @returns stops telling */
  subscribe(listener: (change: DirectoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins to keep the copies. Resolves once each was asked for once, whether it came or not. */
  async start(): Promise<void> {
    this.#cancel = this.#clock.after(USED_EVERY_MS, this.#tellUsed);
    await Promise.all([
      this.#follow<{ apps: TrackedApp[] }>('app', ({ apps }) => {
        this.#apps = new Map(apps.map((app) => [app.key, app]));
        this.#tell('apps');
      }),
      this.#follow<{ configs: (Capture & { app: string })[] }>('config', ({ configs }) => {
        this.#captures = new Map(configs.map(({ app, ...capture }) => [app, capture]));
        this.#tell('captures');
      }),
      this.#follow<{ keys: PublicKey[]; tokens: ApiToken[] }>('apptoken', ({ keys, tokens }) => {
        this.#keys = new Map(keys.map((key) => [key.key, key]));
        this.#tokens = new Map(tokens.map((token) => [token.hash, token]));
      }),
    ]);
  }

  /** Says what was used a last time. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#sayUsed().catch(() => undefined);
  }

  /** Follows one service for ever. Resolves after the first try. */
  #follow<T>(service: 'app' | 'config' | 'apptoken', take: (answer: T) => void): Promise<void> {
    return new Promise((resolve) => {
      const ask = async (version: number | undefined, failures: number): Promise<void> => {
        const query = version === undefined ? '' : `?after=${version}&waitMs=${POLL_WAIT_MS}`;
        const timeoutMs = version === undefined ? CALL_TIMEOUT_MS : POLL_WAIT_MS + CALL_TIMEOUT_MS;
        try {
          const answer = await this.#ask<T & { version: number }>(service, 'GET', `/internal/${service}/all${query}`, { timeoutMs });
          if (this.#isStopped) return;
          if (answer.version !== version) take(answer);
          this.#known.add(service);
          void ask(answer.version, 0);
        } catch {
          const delayMs = Math.min(RETRY_MIN_MS * 2 ** failures, RETRY_MAX_MS);
          if (!this.#isStopped) this.#clock.after(delayMs, () => void ask(version, failures + 1));
        }
        resolve();
      };
      void ask(undefined, 0);
    });
  }

  #tell(change: DirectoryChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  readonly #tellUsed = (): void => {
    this.#cancel = this.#clock.after(USED_EVERY_MS, this.#tellUsed);
    // Away: it was used again by the time that the service is back, or it does not matter.
    this.#sayUsed().catch(() => undefined);
  };

  async #sayUsed(): Promise<void> {
    if (this.#usedKeys.size + this.#usedTokens.size === 0) return;
    const keys = [...this.#usedKeys].map(([key, atMs]) => ({ key, atMs }));
    const tokens = [...this.#usedTokens].map(([id, atMs]) => ({ id, atMs }));
    this.#usedKeys = new Map();
    this.#usedTokens = new Map();
    await this.#ask('apptoken', 'POST', '/internal/apptoken/used', { body: { keys, tokens } });
  }
}

/** Exact match of scheme, host and port (SPEC HE2). An allowed port of `*` stands for any port of that very host. */
export function allowsOrigin(app: { readonly origins: readonly string[] }, origin: string): boolean {
  return app.origins.some((allowed) => {
    if (!allowed.endsWith(':*')) return allowed === origin;
    const base = allowed.slice(0, -2);
    return origin === base || (origin.startsWith(`${base}:`) && /^\d{1,5}$/.test(origin.slice(base.length + 1)));
  });
}
