/** Who did what, when and from where. Entries are written and, after RETAINED_MS, removed; nothing changes them. */
import { v7 } from 'uuid';
import type { Clock } from '../../../engine/clock/clock.ts';
import type { Collection, CollectionSpec, Stored } from '../../../engine/documents/documents.ts';
import type { AuditEntry, AuditQuery } from '../../../engine/protocol/administration.ts';

const DAY_MS = 86_400_000;
export const RETAINED_MS = 400 * DAY_MS;
const LIMIT_DEFAULT = 100;
const REMOVED_AT_ONCE = 1_000;
const APP_MAX_CHARS = 256;
const BY_MAX_CHARS = 200;

export const ACTS: CollectionSpec = { name: 'acts', indexes: [{ field: 'app' }, { field: 'by' }, { field: 'appAndBy' }] };
/** Its id is a UUIDv7. `appAndBy`: what it is found by where both are wanted. */
export type ActRecord = Omit<AuditEntry, 'id'> & { readonly appAndBy?: string };

export class AuditLog {
  readonly #acts: Collection<ActRecord>;
  readonly #clock: Clock;
  #lastMs = 0;
  #inThisMs = 0;

  constructor(acts: Collection<ActRecord>, clock: Clock) {
    this.#acts = acts;
    this.#clock = clock;
  }

  /** An attempt with nonsense in it is an act, too: it is cut, not refused. */
  async write(act: Omit<AuditEntry, 'id'>): Promise<void> {
    const by = cut(act.by, BY_MAX_CHARS);
    const app = act.app === undefined ? undefined : cut(act.app, APP_MAX_CHARS);
    const value = {
      ...act,
      by,
      ...(app === undefined ? {} : { app, appAndBy: appAndBy(app, by) }),
      ...(act.target === undefined ? {} : { target: cut(act.target, APP_MAX_CHARS) }),
      detail: act.detail.toWellFormed(),
    };
    await this.#acts.insert(this.#nextId(), value);
  }

  /** The latest first. */
  async list({ app, by, before, limit = LIMIT_DEFAULT }: AuditQuery): Promise<AuditEntry[]> {
    const page = { descending: true, limit, ...(before ? { after: before } : {}) };
    const where = whereOf(app, by);
    return (await (where ? this.#acts.find(where, page) : this.#acts.list(page))).map(entryOf);
  }

  /** Removes what is older than RETAINED_MS. @returns how many */
  async removeOld(): Promise<number> {
    const untilMs = this.#clock.nowMs() - RETAINED_MS;
    let removed = 0;
    for (;;) {
      const oldest = await this.#acts.list({ limit: REMOVED_AT_ONCE });
      const old = oldest.filter(({ value }) => value.atMs < untilMs);
      for (const { id } of old) await this.#acts.remove(id);
      removed += old.length;
      // Ids are in order of time: behind one that stays there are no old ones.
      if (old.length < REMOVED_AT_ONCE) return removed;
    }
  }

  /** Those of one millisecond are in order, too; and none is before its elder when the wall clock steps back. */
  #nextId(): string {
    const nowMs = this.#clock.nowMs();
    this.#inThisMs = nowMs > this.#lastMs ? 0 : this.#inThisMs + 1;
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    return v7({ msecs: this.#lastMs, seq: this.#inThisMs });
  }
}

const cut = (text: string, chars: number) => text.slice(0, chars).toWellFormed();
/** The length in front: no other app and name are the same text. */
const appAndBy = (app: string, by: string) => `${app.length} ${app} ${by}`;

function whereOf(app: string | undefined, by: string | undefined) {
  if (app !== undefined) return by ? { field: 'appAndBy', equals: appAndBy(app, by) } : { field: 'app', equals: app };
  return by ? { field: 'by', equals: by } : undefined;
}

function entryOf({ id, value }: Stored<ActRecord>): AuditEntry {
  const { appAndBy: _, ...entry } = value;
  return { id, ...entry };
}

/** Removes old entries now, and then once a day. @returns ends it */
export function removeOldDaily(log: AuditLog, clock: Clock, failed: (error: unknown) => void): () => void {
  let cancel = () => {};
  const run = () => {
    cancel = clock.after(DAY_MS, run);
    log.removeOld().catch(failed);
  };
  run();
  return () => cancel();
}
