/**
 * What an export holds, as one table of tables: the three formats, the check of what is read back, and the README come from
 * it. A shape is declared here and nowhere else; the rollups' is that of ROLLUPS.
 */
import { EVENTS, type EventKind, WIDTH_CLASSES } from '../protocol/events.ts';
import { END_REASONS } from '../protocol/lifecycle.ts';
import { TIME_MAX_MS } from '../protocol/limits.ts';
import { HEAT_ROWS_MAX } from '../rollup/heat.ts';
import { HEAT_COLUMNS, ROLLUPS, type RollupName, type RollupRow } from '../rollup/rollups.ts';
import type { DeviceClass } from '../store/records.ts';

/** A value of a row; absent where an optional column has none. */
export type Value = string | number | boolean;
/** A row of any table, as the formats see it. */
export type Row = Readonly<Record<string, Value | undefined>>;

export type Column = {
  /** `int`: a whole number within ±(2^53−1). `day`: a UTC day, `YYYY-MM-DD`. */ readonly type: 'text' | 'int' | 'bool' | 'day';
  /** May be absent. */ readonly optional?: true;
  /** May be below 0. */ readonly signed?: true;
  /** Is less than this. */ readonly below?: number;
  /** The only values there are. */ readonly oneOf?: readonly string[];
};
export type Columns = Readonly<Record<string, Column>>;

const text = { type: 'text' } as const;
const int = { type: 'int' } as const;
/** A moment, epoch ms. */
const moment = { type: 'int', below: TIME_MAX_MS } as const;
const bool = { type: 'bool' } as const;
const maybeText = { type: 'text', optional: true } as const;
const maybePx = { type: 'int', optional: true, signed: true } as const;
const maybeWidthClass = { type: 'text', optional: true, oneOf: WIDTH_CLASSES } as const;

const DEVICES = ['desktop', 'mobile', 'tablet', 'other'] as const satisfies readonly DeviceClass[];
const EVENT_KINDS = Object.keys(EVENTS) as EventKind[];

const OF_SESSIONS = {
  /** Tabs' lives, in order of start. */
  sessions: {
    app: text,
    session: text,
    visit: text,
    visitor: text,
    tab: text,
    device: { type: 'text', oneOf: DEVICES },
    browser: text,
    os: text,
    language: text,
    referrer: text,
    screen: text,
    bot: bool,
    startedMs: moment,
    lastSeenMs: moment,
    entryUrl: text,
    url: text,
    urlSinceMs: moment,
    widthClass: maybeWidthClass,
    views: int,
    clicks: int,
    events: int,
    highSeq: int,
    /** JSON: [[first, last], …]. */ gaps: text,
    lost: int,
    endedMs: { ...moment, optional: true },
    endReason: { type: 'text', optional: true, oneOf: END_REASONS },
  },
  /** Visits, each after the session that began it. */
  visits: { app: text, visit: text, visitor: text, startedMs: moment, lastSeenMs: moment, session: text, newVisitor: bool },
  /** Ends of sessions. */
  endings: {
    app: text,
    session: text,
    endedMs: moment,
    reason: { type: 'text', oneOf: END_REASONS },
    url: text,
    urlSinceMs: moment,
    widthClass: maybeWidthClass,
  },
  /** What happened, in the order in which it is numbered; the rows of one frame stand together. */
  events: {
    app: text,
    session: text,
    visitor: text,
    visit: text,
    seq: int,
    /** Number of its frame's first event. */ frame: int,
    receivedMs: moment,
    atMs: int,
    kind: { type: 'text', oneOf: EVENT_KINDS },
    url: text,
    viewportWidth: int,
    viewportHeight: int,
    pageWidth: int,
    pageHeight: int,
    x: maybePx,
    y: maybePx,
    target: maybeText,
    tag: maybeText,
    text: maybeText,
    /** JSON of the kind's other fields. */ data: text,
    baseSeq: int,
    startMs: int,
    goodbye: bool,
    /** Of a frame that was not written as ours are, its bytes in base64, in the row of its first event. */ frameBytes: maybeText,
  },
} as const satisfies Record<string, Columns>;

type SessionTable = keyof typeof OF_SESSIONS;
export type TableName = SessionTable | RollupName;

/** Written together, session by session, and read back in step. */
export const SESSION_TABLES = ['sessions', 'visits', 'endings', 'events'] as const satisfies readonly SessionTable[];
/** Written day by day. */
export const ROLLUP_TABLES = ['page', 'target', 'step', 'dimension', 'heat'] as const satisfies readonly RollupName[];

/** Every table and its columns, in the order in which they are written. */
export const TABLES: Readonly<Record<TableName, Columns>> = {
  ...OF_SESSIONS,
  page: rollupColumns('page'),
  target: rollupColumns('target'),
  step: rollupColumns('step'),
  dimension: rollupColumns('dimension'),
  heat: rollupColumns('heat'),
};

function rollupColumns(name: RollupName): Columns {
  const { key, sums } = ROLLUPS[name];
  const others: Columns = { day: { type: 'day' }, row: { ...int, below: HEAT_ROWS_MAX }, column: { ...int, below: HEAT_COLUMNS } };
  const ofKey = key.map((column): [string, Column] => [column, others[column] ?? text]);
  // A correction may have taken away more than there was: what is kept is what is written.
  const ofSums = sums.map((column): [string, Column] => [column, { ...int, signed: true }]);
  return Object.fromEntries([...ofKey, ...ofSums]);
}

type ValueOf<C extends Column> = C extends { readonly oneOf: readonly (infer V)[] }
  ? V
  : C['type'] extends 'int'
    ? number
    : C['type'] extends 'bool'
      ? boolean
      : string;
type OptionalOf<T extends Columns> = { [K in keyof T]: T[K] extends { readonly optional: true } ? K : never }[keyof T];
type FromColumns<T extends Columns> = { readonly [K in Exclude<keyof T, OptionalOf<T>>]: ValueOf<T[K]> } & {
  readonly [K in OptionalOf<T>]?: ValueOf<T[K]>;
};

/** A row of one table. */
export type RowOf<T extends TableName> = T extends SessionTable
  ? FromColumns<(typeof OF_SESSIONS)[T]>
  : T extends RollupName
    ? RollupRow<T>
    : never;
