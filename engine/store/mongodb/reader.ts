import type { ClientSession, Document, Filter, MongoClient } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';
import type { SessionQuery } from '../../protocol/api.ts';
import type { WidthClass } from '../../protocol/events.ts';
import { CLOCK_SKEW_MAX_MS } from '../../protocol/limits.ts';
import { unpackChanges } from '../../rollup/packed-changes.ts';
import { Recompute } from '../../rollup/recompute.ts';
import { dayOf, HEAT_COLUMNS, ROLLUPS, type RollupChange, type RollupName, type RollupRow } from '../../rollup/rollups.ts';
import type { LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';
import type { DayComparison, RollupRange, SessionWalk, StoredDocument, StoredSession, VisitQuery } from '../store.ts';
import {
  bytesOf,
  type ChunkDocument,
  type Collections,
  type HeatDocument,
  idOf,
  layoutId,
  PLAIN_ROLLUPS,
  type PlainRollup,
  type SessionDocument,
  type SessionId,
  type VisitDocument,
} from './collections.ts';
import { framesOfChunk, layoutOf, sessionOf, setAsideOf, visitOf } from './documents.ts';
import { readCoverages } from './read-coverages.ts';
import { readFrames, readSession } from './read-session.ts';

const DAY_MS = 86_400_000;
/** Runs, and visits, whose sessions are looked up together. */
const RUNS_AT_ONCE = 64;
const VISITS_AT_ONCE = 256;

const SEARCHED = ['url', 'entryUrl', 'visitor', 'session', 'browser', 'os'] as const;
/** The only names of a query that become names of fields. */
const SORTS = ['startedMs', 'lastSeenMs', 'events', 'clicks', 'views', 'durationMs'] as const satisfies readonly SessionQuery['sort'][];

/** Answers questions from what is folded. Every value of a caller is matched by `$eq` or a comparison, never as a filter of its own. */
export class Reader {
  readonly #client: MongoClient;
  readonly #in: Collections;

  constructor(client: MongoClient, collections: Collections) {
    this.#client = client;
    this.#in = collections;
  }

  async findSession(app: string, session: string): Promise<SessionRecord | null> {
    const found = await this.#in.session.findOne({ _id: { app, session } });
    return found && sessionOf(found);
  }

  async unendedSessions(): Promise<SessionRecord[]> {
    return (await this.#in.session.find({ ended: false }).toArray()).map(sessionOf);
  }

  async latestVisit(app: string, visitor: string): Promise<VisitRecord | null> {
    const ofVisitor = { app: { $eq: app }, visitor: { $eq: visitor } };
    const found = await this.#in.visit.findOne(ofVisitor, { sort: { startedMs: -1 } });
    if (!found) return null;
    // Its sessions are moved by each commit, its own document by the fold.
    const sessions = await this.#in.session.find({ ...ofVisitor, visit: { $eq: found.visit } }, { projection: { seenMs: 1 } }).toArray();
    return { ...visitOf(found), lastSeenMs: Math.max(found.lastSeenMs, ...sessions.map(({ seenMs = 0 }) => seenMs)) };
  }

  /** `fromMs` and `toMs` bound the session's start. */
  async listSessions(query: SessionQuery): Promise<{ readonly rows: SessionRecord[]; readonly total: number }> {
    const conditions: Filter<SessionDocument>[] = [{ app: { $eq: query.app } }, ...startedWithin(query)];
    if (query.device) conditions.push({ device: { $eq: query.device } });
    if (query.live) conditions.push({ ended: false });
    if (!query.bots) conditions.push({ bot: false });
    if (query.text) {
      const pattern = { $regex: literal(query.text), $options: 'i' };
      conditions.push({ $or: SEARCHED.map((field) => ({ [field]: pattern })) } as Filter<SessionDocument>);
    }
    const filter = { $and: conditions };
    const sort = SORTS.find((name) => name === query.sort) ?? 'startedMs';
    const direction = query.descending === false ? 1 : -1;
    const found = await this.#in.session
      .find(filter)
      .sort([
        [sort, direction],
        ['_id', direction],
      ])
      .skip(query.offset ?? 0)
      .limit(query.limit ?? 100)
      .toArray();
    return { rows: found.map(sessionOf), total: await this.#in.session.countDocuments(filter) };
  }

  async listVisits(query: VisitQuery): Promise<{ readonly rows: VisitRecord[]; readonly total: number }> {
    const conditions: Filter<VisitDocument>[] = [{ app: { $eq: query.app } }, ...startedWithin(query)];
    if (query.visitor !== undefined) conditions.push({ visitor: { $eq: query.visitor } });
    const filter = { $and: conditions };
    const direction = query.descending === false ? 1 : -1;
    const found = await this.#in.visit
      .find(filter)
      .sort([
        [query.sort === 'lastSeenMs' ? 'lastSeenMs' : 'startedMs', direction],
        ['_id', direction],
      ])
      .skip(query.offset ?? 0)
      .limit(query.limit ?? 100)
      .toArray();
    return { rows: found.map(visitOf), total: await this.#in.visit.countDocuments(filter) };
  }

  async walkSessions({ app, visitor, after, limit, ...bounds }: SessionWalk): Promise<SessionRecord[]> {
    const conditions: Filter<SessionDocument>[] = [{ app: { $eq: app } }, ...startedWithin(bounds)];
    if (visitor !== undefined) conditions.push({ visitor: { $eq: visitor } });
    if (after) {
      const { startedMs, session } = after;
      // The first says no more than the second, but is a range of the index.
      conditions.push(
        { startedMs: { $gte: startedMs } },
        { $or: [{ startedMs: { $gt: startedMs } }, { startedMs: { $eq: startedMs }, _id: { $gt: { app, session } } }] },
      );
    }
    const found = await this.#in.session.find({ $and: conditions }).sort({ startedMs: 1, _id: 1 }).limit(limit).toArray();
    return found.map(sessionOf);
  }

  readSession(app: string, session: string): Promise<StoredSession | null> {
    return this.#asOfOneMoment((moment) => readSession(this.#in, { app, session }, moment));
  }

  async readChunks(app: string, session: string): Promise<Uint8Array[]> {
    return (await readFrames(this.#in.chunk, { app, session })).map(({ bytes }) => bytes);
  }

  /** @throws DatalabError `query-invalid` for a column that is no key of the rollup */
  async readRollup<N extends RollupName>(name: N, range: RollupRange): Promise<RollupRow<N>[]> {
    const { key, sums } = ROLLUPS[name];
    const conditions: Document[] = [{ app: { $eq: range.app } }];
    if (range.fromDay !== undefined) conditions.push({ day: { $gte: range.fromDay } });
    if (range.toDay !== undefined) conditions.push({ day: { $lte: range.toDay } });
    for (const [column, value] of Object.entries(range.where ?? {})) {
      if (!(key as readonly string[]).includes(column))
        throw new DatalabError('query-invalid', `${column} is no key of the rollup ${name}.`);
      if (column !== 'column') conditions.push({ [column]: { $eq: value } });
    }
    const { column } = range.where ?? {};
    const filter = { $and: conditions };
    if (name === 'heat') {
      const rows = await this.#in.heat.find(filter as Filter<HeatDocument>).toArray();
      const cells = rows.flatMap(heatCells).filter((cell) => column === undefined || cell.column === column);
      return cells as unknown as RollupRow<N>[];
    }
    const plain: PlainRollup = name;
    const rows = await this.#in.rollup[plain].find(filter).toArray();
    return rows.map((row) => Object.fromEntries([...key, ...sums].map((field) => [field, row[field]])) as unknown as RollupRow<N>);
  }

  async latestLayout(app: string, url: string, widthClass: WidthClass): Promise<LayoutRecord | null> {
    const found = await this.#in.layout.findOne({ _id: layoutId({ app, url, widthClass }) });
    return found && layoutOf(found);
  }

  /** Latest first. */
  async listSetAside(app: string, limit: number): Promise<SetAside[]> {
    const found = await this.#in.setAside
      .find({ app: { $eq: app } })
      .sort({ _id: -1 })
      .limit(limit)
      .toArray();
    return found.map(setAsideOf);
  }

  async readDocument(kind: string, id: string): Promise<StoredDocument | null> {
    const found = await this.#in.document.findOne({ _id: { kind, id } });
    return found && { revision: found.revision, value: JSON.parse(found.value) };
  }

  /** Ascending, from the first that a rebuild can do. */
  async rollupDays(): Promise<string[]> {
    const days = new Set<string>();
    for (const name of PLAIN_ROLLUPS) for (const day of await this.#in.rollup[name].distinct('day')) days.add(String(day));
    for (const day of await this.#in.heat.distinct('day')) days.add(day);
    // What happened on a day arrived on it, the day before or the day after.
    await this.#eachDay(async (afterMs) => {
      const chunk = await this.#in.chunk.findOne(
        { receivedMs: { $gte: afterMs } },
        { sort: { receivedMs: 1 }, projection: { receivedMs: 1 } },
      );
      if (!chunk) return null;
      for (const offset of [-1, 0, 1]) days.add(dayOf(chunk.receivedMs + offset * DAY_MS));
      return chunk.receivedMs;
    });
    await this.#eachDay(async (afterMs) => {
      const ending = await this.#in.ending.findOne({ endedMs: { $gte: afterMs } }, { sort: { endedMs: 1 }, projection: { endedMs: 1 } });
      if (ending) days.add(dayOf(ending.endedMs));
      return ending?.endedMs ?? null;
    });
    await this.#eachDay(async (afterMs) => {
      const visit = await this.#in.visit.findOne(
        { startedMs: { $gte: afterMs } },
        { sort: { startedMs: 1 }, projection: { startedMs: 1 } },
      );
      if (visit) days.add(dayOf(visit.startedMs));
      return visit?.startedMs ?? null;
    });
    const { fromDay } = await readCoverages(this.#in.document);
    return [...days].filter((day) => day >= fromDay).sort();
  }

  /** Writes nothing, and a snapshot waits for no writer and holds up none. */
  compareDay(day: string): Promise<DayComparison> {
    return this.#asOfOneMoment(async (session) => {
      const coverages = await readCoverages(this.#in.document, session);
      const recompute = new Recompute(day, (app) => coverages.covers(app, day));
      const [fromMs, toMs] = [Date.parse(day), Date.parse(day) + DAY_MS];
      await this.#giveChunks(recompute, fromMs, toMs, session);
      const visits = await this.#in.visit.find({ startedMs: { $gte: fromMs, $lt: toMs } }, { session }).toArray();
      for (let i = 0; i < visits.length; i += VISITS_AT_ONCE) {
        const some = visits.slice(i, i + VISITS_AT_ONCE);
        const sessions = await this.#sessions(
          some.map(({ app, session: ofSession }) => ({ app, session: ofSession })),
          session,
        );
        for (const visit of some) {
          const facts = sessions.get(idOf(visit));
          if (facts) recompute.addVisit(facts, visit.startedMs, visit.newVisitor);
        }
      }
      for await (const ending of this.#in.ending.find({ endedMs: { $gte: fromMs, $lt: toMs } }, { session })) {
        recompute.addEnd(ending, ending.endedMs);
      }
      await this.#takeKept(recompute, day, session);
      // Visits and ends are in their collections at once, and what they count waits for the fold; a batch waits with all that it has.
      for await (const { bytes } of this.#in.change.find({}, { session })) recompute.takeKeptChanges(unpackChanges(bytesOf(bytes)));
      return recompute.finish();
    });
  }

  /** Skew is bounded: what happened on a day arrived not much before or after it. */
  async #giveChunks(recompute: Recompute, fromMs: number, toMs: number, session: ClientSession): Promise<void> {
    const known = new Map<string, SessionRecord>();
    const give = async (runs: readonly ChunkDocument[]) => {
      const unknown = runs.map(({ _id }) => _id).filter((id) => !known.has(idOf(id)));
      for (const [id, record] of await this.#sessions(unknown, session)) known.set(id, record);
      for (const { app, session: ofSession, startMs, endMs, bytes, receivedMs } of runs.flatMap(framesOfChunk)) {
        const facts = known.get(idOf({ app, session: ofSession }));
        if (facts && endMs >= fromMs && startMs < toMs) recompute.addChunk(facts, bytes, receivedMs);
      }
    };
    // To the end of a day: all frames of a run came on the day that its latest came on.
    const receivedMs = { $gte: fromMs - CLOCK_SKEW_MAX_MS, $lt: toMs + Math.ceil(CLOCK_SKEW_MAX_MS / DAY_MS) * DAY_MS };
    const filter = { receivedMs, endMs: { $gte: fromMs }, startMs: { $lt: toMs } };
    let some: ChunkDocument[] = [];
    for await (const run of this.#in.chunk.find(filter, { session, batchSize: RUNS_AT_ONCE })) {
      some.push(run);
      if (some.length < RUNS_AT_ONCE) continue;
      await give(some);
      some = [];
    }
    await give(some);
  }

  async #sessions(ids: readonly SessionId[], session: ClientSession): Promise<Map<string, SessionRecord>> {
    const wanted = new Map(ids.map(({ app, session: ofSession }) => [idOf({ app, session: ofSession }), { app, session: ofSession }]));
    if (wanted.size === 0) return new Map();
    const found = await this.#in.session.find({ _id: { $in: [...wanted.values()] } }, { session }).toArray();
    return new Map(found.map((document) => [idOf(document), sessionOf(document)]));
  }

  async #takeKept(recompute: Recompute, day: string, session: ClientSession): Promise<void> {
    for (const rollup of PLAIN_ROLLUPS) {
      const { key, sums } = ROLLUPS[rollup];
      for await (const row of this.#in.rollup[rollup].find({ day: { $eq: day } }, { session })) {
        const part = (columns: readonly string[]) => Object.fromEntries(columns.map((column) => [column, row[column]]));
        recompute.takeKept({ rollup, key: part(key), add: part(sums) } as unknown as RollupChange);
      }
    }
    for await (const document of this.#in.heat.find({ day: { $eq: day } }, { session })) {
      const { app, url, widthClass, layer, row } = document;
      const cells = heatCells(document);
      recompute.takeKeptHeat({
        key: { app, day, url, widthClass, layer },
        cells: Uint32Array.from(cells, ({ column }) => row * HEAT_COLUMNS + column),
        weights: Float64Array.from(cells, ({ weight }) => weight),
      });
    }
  }

  /** Calls with the start of each day that something is of. @param first the time of the first thing at or after a time, or null */
  async #eachDay(first: (afterMs: number) => Promise<number | null>): Promise<void> {
    for (let atMs = await first(0); atMs !== null; ) atMs = await first((Math.floor(atMs / DAY_MS) + 1) * DAY_MS);
  }

  #asOfOneMoment<T>(read: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.#client.withSession((session) =>
      session.withTransaction(read, { readConcern: { level: 'snapshot' }, readPreference: 'primary' }),
    );
  }
}

function heatCells({ columns, app, day, url, widthClass, layer, row }: HeatDocument): RollupRow<'heat'>[] {
  return Object.entries(columns).map(([column, weight]) => ({ app, day, url, widthClass, layer, row, column: Number(column), weight }));
}

/** `fromMs` and `toMs`, inclusive, of when it started. */
function startedWithin({ fromMs, toMs }: { readonly fromMs?: number; readonly toMs?: number }) {
  return [
    ...(fromMs === undefined ? [] : [{ startedMs: { $gte: fromMs } }]),
    ...(toMs === undefined ? [] : [{ startedMs: { $lte: toMs } }]),
  ];
}

/** A pattern that matches exactly this text. A pattern may not hold U+0000 as it is. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/#\s-]/g, '\\$&').replaceAll('\u0000', '\\x00');
}
