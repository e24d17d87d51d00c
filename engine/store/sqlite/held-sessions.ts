import { admit } from '../../protocol/ledger.ts';
import { unpackAdvances } from '../packed-batch.ts';
import type { SessionRecord } from '../records.ts';
import type { SessionAdvance } from '../store.ts';
import { movingColumns, type Row, type RowState, sessionOf } from './rows.ts';
import type { Statements } from './statements.ts';

/** A session as the latest commit left it. */
export type Held = RowState & { readonly id: number; readonly record: SessionRecord };

/** Sessions that are kept in memory when no row of theirs is behind. */
const HELD_MAX = 20_000;

type SeenVisit = { readonly app: string; readonly visit: string; readonly lastSeenMs: number };

/**
 * Sessions and visits as the commits have left them, ahead of their rows: a commit moves dozens of them, and writing each
 * row every time would cost more than the commit. `fold` lets the rows follow. Nothing is at stake: the batches that moved
 * them are in the file, and each row says through which batch it was moved (`movedThrough`), so that `begin` can do the rest
 * again after a crash, or after another program wrote to the file.
 *
 * What a transaction changes is kept apart until it is committed.
 */
export class HeldSessions {
  readonly #sql: Statements;
  #held = new Map<string, Held>();
  /** Whose rows are behind. */
  #behind = new Set<string>();
  #visits = new Map<string, SeenVisit>();
  #version: unknown;

  readonly #now = { held: new Map<string, Held | null>(), behind: new Set<string>(), visits: new Map<string, SeenVisit>(), written: false };

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** At the beginning of a transaction, when it has the file for itself. */
  begin(): void {
    this.drop();
    const version = this.#sql.dataVersion.get()?.['data_version'];
    if (version === this.#version) return;
    this.#held.clear();
    this.#behind.clear();
    this.#visits.clear();
    for (const { id, bytes } of this.#sql.allBatches.all()) {
      for (const advance of unpackAdvances(bytes as Uint8Array)) this.#moveAgain(advance, Number(id));
    }
    this.keep();
    this.#version = version;
  }

  /** The transaction is committed. */
  keep(): void {
    const { held, behind, visits, written } = this.#now;
    if (written) {
      this.#behind.clear();
      this.#visits.clear();
      if (this.#held.size > HELD_MAX) this.#held.clear();
    }
    for (const [name, session] of held) {
      if (session) this.#held.set(name, session);
      else {
        this.#held.delete(name);
        this.#behind.delete(name);
      }
    }
    for (const name of behind) this.#behind.add(name);
    for (const [name, visit] of visits) this.#visits.set(name, visit);
    this.drop();
  }

  /** The transaction was rolled back. */
  drop(): void {
    this.#now.held.clear();
    this.#now.behind.clear();
    this.#now.visits.clear();
    this.#now.written = false;
  }

  find(app: string, session: string): Held | null {
    const name = nameOf(app, session);
    const known = this.#now.held.get(name) ?? (this.#now.held.has(name) ? null : this.#held.get(name));
    if (known !== undefined) return known;
    const row: Row | undefined = this.#sql.findSession.get(app, session);
    if (!row) return null;
    const record = sessionOf(row);
    const held = { id: Number(row['id']), record, urlNamedMs: Number(row['urlNamedMs']), movedThrough: Number(row['movedThrough']) };
    this.#now.held.set(name, held);
    return held;
  }

  /** A session that has just got its row. */
  add(held: Held): void {
    this.#now.held.set(nameOf(held.record.app, held.record.session), held);
  }

  /** Changes a session and its row. */
  write(held: Held): void {
    this.add(held);
    this.#sql.updateSession.run({ ...movingColumns(held.record, held), id: held.id });
  }

  /** Changes a session; its row follows later. @param batch the row of `batch` that says so */
  move(advance: SessionAdvance, ledger: SessionRecord['ledger'], batch: number): void {
    const held = this.find(advance.app, advance.session);
    if (!held) return;
    const { record } = held;
    const place = advance.place && advance.place.atMs >= held.urlNamedMs ? advance.place : undefined;
    const moved: SessionRecord = {
      ...record,
      ledger,
      views: record.views + advance.views,
      clicks: record.clicks + advance.clicks,
      events: record.events + advance.events,
      lastSeenMs: Math.max(record.lastSeenMs, advance.lastSeenMs),
      ...(place && { url: place.url, urlSinceMs: place.sinceMs }),
      ...(advance.widthClass && { widthClass: advance.widthClass }),
    };
    this.add({ id: held.id, record: moved, urlNamedMs: place?.atMs ?? held.urlNamedMs, movedThrough: batch });
    this.#now.behind.add(nameOf(record.app, record.session));
    this.touchVisit(advance.app, advance.visit, advance.lastSeenMs);
  }

  /** A session whose row was deleted. */
  forget(app: string, session: string): void {
    this.#now.held.set(nameOf(app, session), null);
    this.#now.behind.delete(nameOf(app, session));
  }

  touchVisit(app: string, visit: string, atMs: number): void {
    this.#now.visits.set(nameOf(app, visit), { app, visit, lastSeenMs: Math.max(atMs, this.seenMs(app, visit)) });
  }

  /** Latest event of a visit that its row may not have yet, epoch ms; 0 for none. */
  seenMs(app: string, visit: string): number {
    const name = nameOf(app, visit);
    return (this.#now.visits.get(name) ?? this.#visits.get(name))?.lastSeenMs ?? 0;
  }

  /** Lets all rows follow. */
  writeBehind(): void {
    const names = new Set([...this.#behind, ...this.#now.behind]);
    for (const name of names) {
      const held = this.#now.held.has(name) ? this.#now.held.get(name) : this.#held.get(name);
      if (held) this.#sql.updateSession.run({ ...movingColumns(held.record, held), id: held.id });
    }
    for (const { lastSeenMs, app, visit } of new Map([...this.#visits, ...this.#now.visits]).values()) {
      this.#sql.touchVisit.run(lastSeenMs, app, visit);
    }
    this.#now.behind.clear();
    this.#now.visits.clear();
    this.#now.written = true;
  }

  #moveAgain(advance: SessionAdvance, batch: number): void {
    const held = this.find(advance.app, advance.session);
    if (!held || advance.frames.length === 0) return;
    if (batch <= held.movedThrough) {
      this.touchVisit(advance.app, advance.visit, advance.lastSeenMs);
      return;
    }
    let { ledger } = held.record;
    for (const frame of advance.frames) {
      const taken = admit(ledger, frame);
      if (taken.ok) ledger = taken.value;
    }
    this.move(advance, ledger, batch);
  }
}

/** One string for two; the length keeps `a` + `bc` apart from `ab` + `c`. */
function nameOf(app: string, id: string): string {
  return `${app.length}:${app}${id}`;
}
