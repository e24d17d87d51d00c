/** The database's collections: what a document of each looks like, and the indexes that the questions need. */
import { hash } from 'node:crypto';
import type { Binary, Collection, Db, IndexDescription, ObjectId } from 'mongodb';
import { ROLLUPS, type RollupChange, type RollupName } from '../../rollup/rollups.ts';
import type { EndingRecord, LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';

export type SessionId = { readonly app: string; readonly session: string };

/** A session; its record lies in it as plain fields. */
export type SessionDocument = SessionRecord & {
  readonly _id: SessionId;
  /** Counts its writes from 1: a write names the one it read. */ readonly revision: number;
  /** When `url` was named, epoch ms; 0 if by hello alone. */ readonly urlNamedMs: number;
  /** Latest event that came in its visit, epoch ms, while the visit's document waits for the fold; absent before the first. */
  readonly seenMs?: number;
  /** For partial index and sort. */ readonly ended: boolean;
  readonly durationMs: number;
  /** The transaction that wrote it last: by this one whose answer was lost knows its own work. */ readonly token?: ObjectId;
};

/**
 * A run of a session's frames (runs.ts), all of which came on one UTC day. The `_id` is its place as well, so that its unique
 * index is the session's order. Version 1 wrote a document a frame, with a `token` that means nothing any more.
 */
export type ChunkDocument = {
  readonly _id: { readonly app: string; readonly session: string; readonly firstSeq: number };
  readonly count: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Of the one that came last. */ readonly receivedMs: number;
  readonly bytes: Binary;
  /** Absent when it is one frame. */ readonly frames?: Binary;
};

export type VisitDocument = VisitRecord & { readonly _id: { readonly app: string; readonly visit: string } };

/** What the end of a session counted. */
export type EndingDocument = EndingRecord & { readonly _id: ObjectId; readonly app: string; readonly session: string };

/** What waits to be folded: of `batch` by packBatch, of `change` by packChanges. */
export type WaitingDocument = { readonly _id: ObjectId; readonly bytes: Binary };
export type LayoutDocument = LayoutRecord & { readonly _id: string };
/** `token` is version 1's, and means nothing any more. */
export type SetAsideDocument = SetAside & { readonly _id: ObjectId; readonly token?: ObjectId };

/** `value` is JSON, so that any value comes back as it was, whatever its fields are called. */
export type KeptDocument = {
  readonly _id: { readonly kind: string; readonly id: string };
  readonly revision: number;
  readonly value: string;
  readonly token: ObjectId;
};

/** A plain rollup's document: its key columns and its sums. */
export type RollupDocument = { readonly _id: string } & Readonly<Record<string, string | number>>;

/** One row of heat of one page and layer; `columns` has the weights, by column number. */
export type HeatDocument = {
  readonly _id: string;
  readonly app: string;
  readonly day: string;
  readonly url: string;
  readonly widthClass: string;
  readonly layer: string;
  readonly row: number;
  readonly columns: Readonly<Record<string, number>>;
};

export type PlainRollup = RollupChange['rollup'];
/** The rollups but heat. */
export const PLAIN_ROLLUPS = (Object.keys(ROLLUPS) as RollupName[]).filter((name): name is PlainRollup => name !== 'heat');

/** Key columns of a heat document. */
export const HEAT_ROW_KEY = ['app', 'day', 'url', 'widthClass', 'layer', 'row'] as const;

export type Collections = {
  readonly session: Collection<SessionDocument>;
  readonly chunk: Collection<ChunkDocument>;
  readonly visit: Collection<VisitDocument>;
  readonly ending: Collection<EndingDocument>;
  readonly batch: Collection<WaitingDocument>;
  readonly change: Collection<WaitingDocument>;
  readonly layout: Collection<LayoutDocument>;
  readonly setAside: Collection<SetAsideDocument>;
  readonly document: Collection<KeptDocument>;
  readonly heat: Collection<HeatDocument>;
  readonly rollup: Readonly<Record<PlainRollup, Collection<RollupDocument>>>;
};

/** The collections of a database, by name. */
export function collectionsOf(db: Db): Collections {
  return {
    session: db.collection('session'),
    chunk: db.collection('chunk'),
    visit: db.collection('visit'),
    ending: db.collection('ending'),
    batch: db.collection('batch'),
    change: db.collection('change'),
    layout: db.collection('layout'),
    setAside: db.collection('set_aside'),
    document: db.collection('document'),
    heat: db.collection('heat'),
    rollup: {
      page: db.collection('page'),
      target: db.collection('target'),
      step: db.collection('step'),
      dimension: db.collection('dimension'),
    },
  };
}

/**
 * Indexes by collection; every collection is named. A rollup is read by app and its third key column over days, and by day
 * when it is computed again. What expires is found by app and a time that is set once: one that moves with every commit would
 * move the index as well.
 */
export const INDEXES: Readonly<Record<string, readonly IndexDescription[]>> = {
  session: [
    { name: 'in_order', key: { app: 1, startedMs: 1, _id: 1 } },
    { name: 'of_visitor', key: { app: 1, visitor: 1, startedMs: 1 } },
    { name: 'unended', key: { app: 1, startedMs: 1, _id: 1 }, partialFilterExpression: { ended: false } },
  ],
  chunk: [
    { name: 'received', key: { receivedMs: 1 } },
    // Apps keep their chunks for different times: without it, each step of expiring one would read all that the others keep.
    { name: 'of_app', key: { '_id.app': 1, endMs: 1 } },
  ],
  visit: [
    { name: 'of_visitor', key: { app: 1, visitor: 1, startedMs: -1 } },
    { name: 'of_app', key: { app: 1, startedMs: 1 } },
    { name: 'started', key: { startedMs: 1 } },
    // Two first hellos of one visitor, on two nodes, may race: only one of them can have been the first.
    { name: 'first_of_visitor', key: { app: 1, visitor: 1 }, unique: true, partialFilterExpression: { newVisitor: true } },
  ],
  ending: [
    { name: 'ended', key: { endedMs: 1 } },
    { name: 'of_session', key: { app: 1, session: 1 } },
  ],
  batch: [],
  change: [],
  layout: [{ name: 'of_app', key: { app: 1, atMs: 1 } }],
  set_aside: [
    { name: 'of_app', key: { app: 1, _id: -1 } },
    { name: 'at', key: { app: 1, atMs: 1 } },
    { name: 'of_session', key: { app: 1, session: 1 } },
  ],
  document: [],
  heat: [
    { name: 'of_day', key: { day: 1, app: 1 } },
    { name: 'of_page', key: { app: 1, url: 1, widthClass: 1, layer: 1, day: 1 } },
  ],
  ...Object.fromEntries(
    PLAIN_ROLLUPS.map((name) => [
      name,
      [
        { name: 'of_day', key: { day: 1, app: 1 } },
        { name: 'of_key', key: { app: 1, [ROLLUPS[name].key[2]]: 1, day: 1 } },
      ],
    ]),
  ),
};

const LAYOUT_KEY = ['app', 'url', 'widthClass'];
const FIRST_SEQ_MAX = Number.MAX_SAFE_INTEGER;

/** The `_id`s of a session's chunks. */
export function chunksOf({ app, session }: SessionId) {
  return { $gte: { app, session, firstSeq: 0 }, $lte: { app, session, firstSeq: FIRST_SEQ_MAX } };
}

/** A session's `_id` as one string; the length keeps `a` + `bc` apart from `ab` + `c`. */
export function idOf({ app, session }: SessionId): string {
  return `${app.length}:${app}${session}`;
}

/**
 * A key as one short text, for an `_id`: SHA-256, base64url. An address may be longer than an index entry should be. Lengths
 * stand before the parts, so that no text of a client can pass for a border between two.
 */
export function keyId(columns: readonly string[], key: Readonly<Record<string, string | number>>): string {
  const parts = columns.map((column) => {
    const part = String(key[column]);
    return `${part.length}:${part}`;
  });
  return hash('sha256', parts.join(''), 'base64url');
}

/** The `_id` of a page's layout in one width class. */
export function layoutId({ app, url, widthClass }: Pick<LayoutRecord, 'app' | 'url' | 'widthClass'>): string {
  return keyId(LAYOUT_KEY, { app, url, widthClass });
}

/** Bytes as the driver gave them, in a buffer of their own. */
export function bytesOf(binary: Binary): Uint8Array {
  return new Uint8Array(binary.value());
}
