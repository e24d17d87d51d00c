/** Public keys: which app a page is of. They are no secret; an app may have several, so that pages change over one by one. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, CollectionSpec } from '../../../engine/documents/documents.ts';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { KeyList } from '../../../engine/protocol/administration.ts';
import { everyDocument } from '../every-document.ts';

export type PublicKey = KeyList['keys'][number];

export const KEYS: CollectionSpec = { name: 'keys', indexes: [{ field: 'app' }] };
/** Its id is the key. */
export type KeyRecord = Omit<PublicKey, 'key'> & { readonly app: string };

const KEY_BYTES = 12;

export class PublicKeys {
  readonly #keys: Collection<KeyRecord>;
  readonly #clock: Clock;
  /** Endings of one app take turns: of the last two keys, only one may end. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(keys: Collection<KeyRecord>, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** The newest first. */
  async of(app: string): Promise<PublicKey[]> {
    const stored = await Array.fromAsync(everyDocument(this.#keys, { field: 'app', equals: app }));
    return stored
      .map(({ id, value: { app: _, ...key } }) => ({ key: id, ...key }))
      .sort((a, b) => b.createdMs - a.createdMs || (a.key < b.key ? -1 : 1));
  }

  /** The newest that is not to end; undefined for an app without one. */
  async newest(app: string): Promise<PublicKey | undefined> {
    return (await this.of(app)).find(goesOn);
  }

  /** Makes a key with a name of its own, unless it is there. @throws DatalabError `app-exists` if it is another app's */
  async ensure(app: string, key: string): Promise<boolean> {
    if (await this.#keys.insert(key, { app, createdMs: this.#clock.nowMs(), createdBy: '' })) return true;
    const stored = await this.#keys.get(key);
    if (stored && stored.value.app !== app) throw new DatalabError('app-exists', `The key ${key} is another app’s.`);
    return false;
  }

  async make(app: string, createdBy: string): Promise<void> {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    await this.#keys.insert(key, { app, createdMs: this.#clock.nowMs(), createdBy });
  }

  /**
   * Lets a key end, or go on. @param endsMs null: it goes on
   * @throws DatalabError `key-unknown`; `key-last` if no other goes on after it
   */
  end(app: string, key: string, endsMs: number | null): Promise<void> {
    const turn = (this.#turns.get(app) ?? Promise.resolve()).then(() => this.#end(app, key, endsMs));
    // Whoever comes next does not care how it went.
    this.#turns.set(
      app,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async #end(app: string, key: string, endsMs: number | null): Promise<void> {
    const keys = await this.of(app);
    if (!keys.some((other) => other.key === key)) throw new DatalabError('key-unknown', `This app has no key ${key}.`);
    if (endsMs !== null && !keys.some((other) => other.key !== key && goesOn(other)))
      throw new DatalabError('key-last', `${key} is the only key of this app that goes on.`);
    await this.#keys.update(key, ({ endsMs: _, ...record }) => ({
      ...record,
      // What was taken until now was taken.
      ...(endsMs !== null && { endsMs: Math.max(endsMs, this.#clock.nowMs()) }),
    }));
  }

  async used(key: string, atMs: number): Promise<void> {
    const lastUsedMs = toTheMinute(Math.min(atMs, this.#clock.nowMs()));
    await this.#keys.update(key, (record) => (lastUsedMs > (record.lastUsedMs ?? 0) ? { ...record, lastUsedMs } : null));
  }

  async all(): Promise<{ key: string; app: string; endsMs?: number }[]> {
    const stored = await Array.fromAsync(everyDocument(this.#keys));
    return stored.map(({ id, value: { app, endsMs } }) => ({ key: id, app, ...(endsMs !== undefined && { endsMs }) }));
  }

  async forget(app: string): Promise<void> {
    for await (const { id } of everyDocument(this.#keys, { field: 'app', equals: app })) await this.#keys.remove(id);
  }
}

const goesOn = ({ endsMs }: PublicKey): boolean => endsMs === undefined;
/** When exactly is nobody's business. */
export const toTheMinute = (atMs: number): number => atMs - (atMs % 60_000);
