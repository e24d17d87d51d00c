import { Contribution } from '../../rollup/contribution.ts';
import { dayOf } from '../../rollup/rollups.ts';
import { COVERAGE, type Coverage, Coverages } from '../coverage.ts';
import { dayStartMs } from '../day-start.ts';
import type { SessionRecord } from '../records.ts';
import { framesOf } from '../runs.ts';
import type { Erased, Expired, Expiry } from '../store.ts';
import type { Folder } from './folder.ts';
import type { HeldSessions } from './held-sessions.ts';
import { endingOf, type Row } from './rows.ts';
import type { Statements } from './statements.ts';

/** Rows that one step deletes at most, and sessions that it looks at: a hundredth of a second, so that commits do not wait for long. */
const ROWS_MAX = 512;
const SESSIONS_MAX = 1_024;
/** Runs that one step of an erasure counts again: decoding takes longer than deleting. */
const RUNS_MAX = 64;
const GRIDS_MAX = 4;

/** By app: the session up to which no chunk from before `beforeMs` is left. Lives as long as the writer; to be cleared after a roll-back. */
export type ExpiryCursors = Map<string, { readonly beforeMs: number; startedMs: number; id: number }>;

type Count = { -readonly [K in keyof Omit<Erased, 'done'>]: number };

/** Deletes what expired and what is to be forgotten, a step at a time, within a transaction in which everything has been folded. */
export class Remover {
  readonly #sql: Statements;
  readonly #sessions: HeldSessions;
  readonly #folder: Folder;
  readonly #cursors: ExpiryCursors;

  /** @param folder writes what is left of a run */
  constructor(sql: Statements, sessions: HeldSessions, folder: Folder, cursors: ExpiryCursors) {
    this.#sql = sql;
    this.#sessions = sessions;
    this.#folder = folder;
    this.#cursors = cursors;
  }

  expireSome({ app, kind, beforeDay }: Expiry): Expired {
    const beforeMs = dayStartMs(beforeDay);
    switch (kind) {
      case 'chunks':
        return this.#expireChunks(app, beforeMs);
      case 'sessions':
        return this.#expireSessions(app, beforeMs);
      case 'rollups':
        return this.#expireRollups(app, beforeDay, beforeMs);
    }
  }

  eraseSome(app: string, visitor: string): Erased {
    const coverages = this.#coverages();
    const keeps = (ofApp: string, day: string) => coverages.keepsRollups(ofApp, day);
    const contribution = new Contribution();
    const count: Count = { visits: 0, sessions: 0, chunks: 0, events: 0, endings: 0, setAside: 0, uncounted: 0 };
    // Visits first: they counted what is known of the session that began them.
    for (const row of this.#sql.visitsOfVisitor.all(app, visitor, ROWS_MAX)) {
      const startedMs = Number(row['startedMs']);
      const facts = this.#sessions.find(app, String(row['session']))?.record;
      if (facts) contribution.addVisit(facts, startedMs, row['newVisitor'] === 1);
      if (!facts || !keeps(app, dayOf(startedMs))) count.uncounted++;
      this.#sql.deleteVisit.run(app, row['visit'] ?? '');
      count.visits++;
    }
    if (count.visits < ROWS_MAX) this.#eraseSessions(app, visitor, contribution, keeps, count);
    const changes = contribution.takenAway(keeps);
    if (changes.length > 0) this.#sql.insertChange.run(changes);
    const done = this.#sql.visitsOfVisitor.all(app, visitor, 1).length + this.#sql.sessionsOfVisitor.all(app, visitor, 1).length === 0;
    return { ...count, done };
  }

  #eraseSessions(
    app: string,
    visitor: string,
    contribution: Contribution,
    keeps: (app: string, day: string) => boolean,
    count: Count,
  ): void {
    let runs = 0;
    for (const { id, session } of this.#sql.sessionsOfVisitor.all(app, visitor, RUNS_MAX)) {
      const facts = this.#sessions.find(app, String(session))?.record;
      if (!facts || id === undefined) continue;
      const rows = this.#sql.chunksOf.all(id, RUNS_MAX - runs);
      runs += rows.length;
      for (const row of rows) this.#eraseRun(row, facts, contribution, keeps, count);
      // There may be more of it: the next step begins with this session.
      if (runs >= RUNS_MAX) return;
      for (const row of this.#sql.endingsOf.all(id)) contribution.addEnd({ app, ...endingOf(row) }, Number(row['endedMs']));
      count.endings += Number(this.#sql.deleteEndings.run(id).changes);
      count.setAside += Number(this.#sql.deleteSetAsideOf.run(app, facts.session).changes);
      this.#deleteSession(Number(id), facts);
      count.sessions++;
    }
  }

  #eraseRun(row: Row, facts: SessionRecord, contribution: Contribution, keeps: (app: string, day: string) => boolean, count: Count): void {
    for (const frame of framesOf(row)) {
      count.events += frame.count;
      count.chunks++;
      const counted = contribution.addChunk(facts, frame.bytes, frame.receivedMs);
      if (!counted || !keeps(facts.app, dayOf(frame.startMs))) count.uncounted++;
    }
    this.#sql.deleteChunk.run(row['id'] ?? 0);
  }

  /** Goes on where the step before it stopped: that older sessions have none left need not be found out again. */
  #expireChunks(app: string, beforeMs: number): Expired {
    let removed = Number(this.#sql.deleteOldSetAside.run(app, beforeMs, ROWS_MAX).changes);
    const known = this.#cursors.get(app);
    const cursor = known?.beforeMs === beforeMs ? known : { beforeMs, startedMs: 0, id: 0 };
    this.#cursors.set(app, cursor);
    const sessions = this.#sql.sessionsAfter.all(app, cursor.startedMs, cursor.id, beforeMs, SESSIONS_MAX);
    for (const { id, startedMs } of sessions) {
      removed += Number(this.#sql.deleteChunksBefore.run(id ?? 0, beforeMs, ROWS_MAX - removed).changes);
      if (removed >= ROWS_MAX) return { removed, done: false };
      removed += this.#cutRuns(Number(id), beforeMs);
      cursor.startedMs = Number(startedMs);
      cursor.id = Number(id);
    }
    return { removed, done: sessions.length < SESSIONS_MAX };
  }

  /** Runs that lie over that midnight lose the frames before it. @returns how many were cut */
  #cutRuns(sessionId: number, beforeMs: number): number {
    let cut = 0;
    for (const row of this.#sql.chunksOver.all(sessionId, beforeMs, beforeMs)) {
      const frames = framesOf(row);
      const kept = frames.filter(({ endMs }) => endMs >= beforeMs);
      if (kept.length === frames.length) continue;
      this.#sql.deleteChunk.run(row['id'] ?? 0);
      this.#folder.writeRuns(sessionId, kept);
      cut++;
    }
    this.#folder.noteArrivals();
    return cut;
  }

  #expireSessions(app: string, beforeMs: number): Expired {
    let removed = 0;
    const sessions = this.#sql.oldSessions.all({ app, beforeMs, limit: ROWS_MAX });
    for (const { id, session } of sessions) {
      removed += Number(this.#sql.deleteChunksBefore.run(id ?? 0, Number.MAX_SAFE_INTEGER, ROWS_MAX - removed).changes);
      if (removed >= ROWS_MAX) return { removed, done: false };
      const facts = this.#sessions.find(app, String(session))?.record;
      this.#sql.deleteEndings.run(id ?? 0);
      if (facts) this.#deleteSession(Number(id), facts);
      removed++;
    }
    if (sessions.length > 0) return { removed, done: false };
    const visits = this.#sql.oldVisits.all({ app, beforeMs, limit: ROWS_MAX });
    for (const { visit } of visits) this.#sql.deleteVisit.run(app, visit ?? '');
    return { removed: visits.length, done: visits.length < ROWS_MAX };
  }

  #expireRollups(app: string, beforeDay: string, beforeMs: number): Expired {
    let removed = Number(this.#sql.deleteOldLayouts.run(app, beforeMs).changes);
    for (const statement of Object.values(this.#sql.deleteOldestDay)) removed += Number(statement.run({ app, beforeDay }).changes);
    for (const { id } of this.#sql.oldGrids.all(beforeDay, app, GRIDS_MAX)) {
      removed += Number(this.#sql.deleteCells.run(id ?? 0).changes) + 1;
      this.#sql.deleteGrid.run(id ?? 0);
    }
    return { removed, done: removed === 0 };
  }

  #deleteSession(id: number, { app, session }: SessionRecord): void {
    this.#sql.deleteSession.run(id);
    this.#sessions.forget(app, session);
  }

  #coverages(): Coverages {
    const rows = this.#sql.documentsOf.all(COVERAGE);
    return new Coverages(rows.map(({ id, value }) => [String(id), JSON.parse(String(value)) as Coverage]));
  }
}
