import { admit, EMPTY_LEDGER } from '../../protocol/ledger.ts';
import { newVisitChanges } from '../../rollup/dimensions.ts';
import { packChanges } from '../../rollup/packed-changes.ts';
import { endChanges, LEFT } from '../../rollup/page-time.ts';
import { dayOf } from '../../rollup/rollups.ts';
import { RollupTotals } from '../../rollup/totals.ts';
import { packBatch, unpackAdvances } from '../packed-batch.ts';
import type { EndingRecord, LayoutRecord, SessionRecord, VisitRecord } from '../records.ts';
import type {
  CommitOutcome,
  DocumentWrite,
  Erased,
  Expired,
  Expiry,
  PreparedBatch,
  RefusedFrame,
  SessionEnd,
  StoredDocument,
  StoredSession,
} from '../store.ts';
import { Folder } from './folder.ts';
import type { HeldSessions } from './held-sessions.ts';
import { type ExpiryCursors, Remover } from './remover.ts';
import { identityColumns, movingColumns, visitOf } from './rows.ts';
import type { Statements } from './statements.ts';

/**
 * The writes of one group, between BEGIN and COMMIT. Each sees what those before it did.
 *
 * A commit appends the batch as it came, and no more: one row however many frames it has. What it says of its sessions is kept
 * in memory (HeldSessions), and `fold` spreads it over the tables later.
 */
export class Transaction {
  readonly #sql: Statements;
  readonly #sessions: HeldSessions;
  readonly #folder: Folder;
  readonly #cursors: ExpiryCursors;
  /** Rollup changes of visits and ends. */
  readonly #totals = new RollupTotals();

  constructor(sql: Statements, sessions: HeldSessions, cursors: ExpiryCursors) {
    this.#sql = sql;
    this.#sessions = sessions;
    this.#folder = new Folder(sql, sessions);
    this.#cursors = cursors;
  }

  openSession(record: SessionRecord): SessionRecord {
    this.#openVisit(record);
    const held = this.#sessions.find(record.app, record.session);
    if (!held) {
      this.#insertSession(record, 0);
      return record;
    }
    const { endedMs: _endedMs, endReason: _endReason, ...kept } = held.record;
    const opened = { ...kept, visit: record.visit };
    this.#sessions.write({ ...held, record: opened });
    return opened;
  }

  /** Checks every frame of the batch before it writes anything. */
  commit(given: PreparedBatch | Uint8Array): CommitOutcome {
    const packed = given instanceof Uint8Array ? given : packBatch(given);
    const sessions = given instanceof Uint8Array ? unpackAdvances(given) : given.sessions;
    const refused: RefusedFrame[] = [];
    const ledgers = sessions.map(({ app, session, frames }) => {
      const held = this.#sessions.find(app, session);
      let ledger = held?.record.ledger ?? EMPTY_LEDGER;
      for (const frame of frames) {
        const taken = held ? admit(ledger, frame) : ({ ok: false, reason: 'session-unknown' } as const);
        if (taken.ok) ledger = taken.value;
        else refused.push({ app, session, firstSeq: frame.firstSeq, count: frame.count, reason: taken.reason });
      }
      return ledger;
    });
    if (refused.length > 0) return { committed: false, refused };
    if (sessions.some(({ frames }) => frames.length > 0)) {
      const batch = Number(this.#sql.insertBatch.run(packed).lastInsertRowid);
      sessions.forEach((advance, i) => {
        if (advance.frames.length > 0) this.#sessions.move(advance, ledgers[i] ?? EMPTY_LEDGER, batch);
      });
    }
    return { committed: true, ledgers };
  }

  endSession({ app, session, endedMs, reason }: SessionEnd): void {
    const held = this.#sessions.find(app, session);
    if (!held || held.record.endedMs !== undefined) return;
    const { url, urlSinceMs, widthClass } = held.record;
    this.#insertEnding(held.id, app, { endedMs, reason, url, urlSinceMs, ...(widthClass && { widthClass }) });
    const lastSeenMs = Math.max(held.record.lastSeenMs, endedMs);
    this.#sessions.write({ ...held, record: { ...held.record, lastSeenMs, endedMs, endReason: reason, urlSinceMs: LEFT } });
  }

  findSession(app: string, session: string): SessionRecord | null {
    return this.#sessions.find(app, session)?.record ?? null;
  }

  latestVisit(app: string, visitor: string): VisitRecord | null {
    const row = this.#sql.latestVisit.get(app, visitor);
    if (!row) return null;
    const visit = visitOf(row);
    return { ...visit, lastSeenMs: Math.max(visit.lastSeenMs, this.#sessions.seenMs(app, visit.visit)) };
  }

  /** Spreads what was committed before over the tables. */
  fold(): void {
    this.flush();
    this.#folder.fold();
  }

  readDocument(kind: string, id: string): StoredDocument | null {
    const row = this.#sql.readDocument.get(kind, id);
    return row ? { revision: Number(row['revision']), value: JSON.parse(String(row['value'])) } : null;
  }

  writeDocument({ kind, id, ifRevision, value }: DocumentWrite): boolean {
    if ((this.readDocument(kind, id)?.revision ?? 0) !== ifRevision) return false;
    this.#sql.writeDocument.run({ kind, id, revision: ifRevision + 1, value: JSON.stringify(value) });
    return true;
  }

  applyChanges(changes: Uint8Array, mark: DocumentWrite): boolean {
    if (!this.writeDocument(mark)) return false;
    if (changes.length > 0) this.#sql.insertChange.run(changes);
    return true;
  }

  restoreSession({ record, visits, endings, chunks }: StoredSession, changes: Uint8Array, layouts: readonly LayoutRecord[] = []): boolean {
    const { app, session } = record;
    if (this.#sessions.find(app, session)) return false;
    for (const visit of visits) if (!this.#sql.findVisit.get(app, visit.visit)) this.#insertVisit(record, visit);
    const id = this.#insertSession(record, record.urlSinceMs);
    for (const ending of endings) this.#insertEnding(id, app, ending);
    if (chunks.length > 0) {
      this.#folder.writeRuns(id, chunks);
      this.#folder.noteArrivals();
    }
    for (const layout of layouts) this.#sql.upsertLayout.run({ ...layout, boxes: JSON.stringify(layout.boxes) });
    if (changes.length > 0) this.#sql.insertChange.run(changes);
    return true;
  }

  expireSome(expiry: Expiry): Expired {
    this.fold();
    return this.#remover().expireSome(expiry);
  }

  eraseSome(app: string, visitor: string): Erased {
    this.fold();
    return this.#remover().eraseSome(app, visitor);
  }

  /** Adds up what an erasure took away, and lets go of layouts of pages that nobody else saw. What is deleted is overwritten (PRAGMA secure_delete). */
  scrub(): boolean {
    this.fold();
    this.#sql.deleteLayoutsOfNoPage.run();
    return true;
  }

  /** That it runs at all is the answer: the write lock was got. */
  ready(): boolean {
    return true;
  }

  /** Writes what was gathered. */
  flush(): void {
    const changes = packChanges({ rollups: this.#totals.take(), heat: [] });
    if (changes.length > 0) this.#sql.insertChange.run(changes);
  }

  #remover(): Remover {
    return new Remover(this.#sql, this.#sessions, this.#folder, this.#cursors);
  }

  #openVisit(record: SessionRecord): void {
    const { app, visit, visitor, session } = record;
    // A tab that comes back brings the start of its session, and begins a visit only now.
    const lastSeenMs = Math.max(record.startedMs, record.lastSeenMs);
    if (this.#sql.findVisit.get(app, visit)) this.#sql.touchVisit.run(lastSeenMs, app, visit);
    else this.#insertVisit(record, { app, visit, visitor, startedMs: lastSeenMs, lastSeenMs, session, newVisitor: true });
  }

  /** @param facts of the session that began it */
  #insertVisit(facts: SessionRecord, visit: VisitRecord): void {
    // Two first hellos of one visitor may race: the first to be written is the one that counts.
    const newVisitor = visit.newVisitor && this.#sql.latestVisit.get(visit.app, visit.visitor) === undefined;
    this.#sql.insertVisit.run({ ...visit, newVisitor: newVisitor ? 1 : 0 });
    for (const change of newVisitChanges(facts, dayOf(visit.startedMs), newVisitor)) this.#totals.add(change);
  }

  #insertSession(record: SessionRecord, urlNamedMs: number): number {
    const state = { urlNamedMs, movedThrough: 0 };
    const { lastInsertRowid } = this.#sql.insertSession.run({ ...identityColumns(record), ...movingColumns(record, state) });
    const id = Number(lastInsertRowid);
    this.#sessions.add({ id, record, ...state });
    return id;
  }

  #insertEnding(sessionId: number, app: string, ending: EndingRecord): void {
    const { endedMs, reason, url, urlSinceMs, widthClass } = ending;
    this.#sql.insertEnding.run({ sessionId, endedMs, reason, url, urlSinceMs, widthClass: widthClass ?? null });
    for (const change of endChanges({ app, ...ending }, endedMs)) this.#totals.add(change);
  }
}
