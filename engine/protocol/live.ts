/**
 * The UI's socket (`/api/live`): the browser watches topics, the server sends what changed, at most 4 times a second
 * per topic. Text JSON both ways. Nothing is polled.
 *
 * A watch is replaced by sending it again with the same topic; the server answers it with a full picture and sends
 * deltas from then on.
 */
import type { EndReason, State } from './lifecycle.ts';
import type { FromSchema } from './schema.ts';

const appKey = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } as const;

/** Browser → server. */
export const LIVE_REQUEST = {
  anyOf: [
    {
      type: 'object',
      required: ['type', 'app'],
      additionalProperties: false,
      properties: { type: { const: 'watch-pulse' }, app: appKey },
    },
    {
      type: 'object',
      required: ['type', 'app'],
      additionalProperties: false,
      properties: { type: { const: 'watch-newest' }, app: appKey, limit: { type: 'integer', minimum: 1, maximum: 100 } },
    },
    {
      type: 'object',
      required: ['type', 'app', 'sort', 'descending', 'offset', 'limit'],
      additionalProperties: false,
      properties: {
        type: { const: 'watch-actors' },
        app: appKey,
        text: { type: 'string', maxLength: 200 },
        state: { enum: ['INIT', 'CONNECT', 'LISTEN', 'CLOSING'] },
        sort: { enum: ['session', 'state', 'sinceMs', 'inbox', 'eventsPerSec', 'node', 'startedMs'] },
        descending: { type: 'boolean' },
        offset: { type: 'integer', minimum: 0, maximum: 10_000_000 },
        limit: { type: 'integer', minimum: 1, maximum: 500 },
      },
    },
    {
      type: 'object',
      required: ['type', 'app'],
      additionalProperties: false,
      properties: { type: { const: 'watch-stored' }, app: appKey },
    },
    {
      type: 'object',
      required: ['type', 'topic'],
      additionalProperties: false,
      properties: { type: { const: 'unwatch' }, topic: { enum: ['pulse', 'newest', 'actors', 'stored'] } },
    },
  ],
} as const;
export type LiveRequest = FromSchema<typeof LIVE_REQUEST>;
export type LiveTopic = 'pulse' | 'newest' | 'actors' | 'stored';

/** Sessions of an app by state, as they are now. */
export type StateCounts = Readonly<Record<State, number>>;

/** One live actor as the operators' table shows it. */
export type ActorRow = {
  readonly session: string;
  readonly app: string;
  readonly visitor: string;
  readonly state: State;
  /** When it entered this state, epoch ms. */ readonly sinceMs: number;
  readonly startedMs: number;
  /** When this state's deadline passes, epoch ms; absent if it has none. */ readonly deadlineMs?: number;
  /** Frames waiting in the inbox, and its bound. */ readonly inbox: number;
  readonly inboxMax: number;
  /** Received, not yet committed. */ readonly unackedEvents: number;
  /** Mean of the last 10 s. */ readonly eventsPerSec: number;
  readonly bytesPerSec: number;
  readonly url: string;
  readonly device: string;
  readonly browser: string;
  readonly node: string;
  /** Times that this actor was restarted after a fault. */ readonly restarts: number;
  /** Set aside after too many faults; shown until an operator ends it. */ readonly quarantined: boolean;
};

/** One of the newest sessions, as the Live page lists them. */
export type NewestRow = {
  readonly session: string;
  readonly startedMs: number;
  readonly state: State | 'END';
  readonly endReason?: EndReason;
  readonly url: string;
  readonly referrer: string;
  readonly device: string;
  readonly browser: string;
  readonly os: string;
  readonly language: string;
  readonly bot: boolean;
  readonly events: number;
};

/** Server → browser. */
export type LiveMessage =
  /** Once after opening: who answers, and its clock. */
  | { readonly type: 'welcome'; readonly node: string; readonly version: string; readonly serverTimeMs: number }
  /** Every second, and on each change of a state count (at most 4/s). */
  | {
      readonly type: 'pulse';
      readonly atMs: number;
      readonly states: StateCounts;
      /** Sessions whose latest event is at most 5 minutes old. */ readonly active5min: number;
      /** Events received per second: the last whole second. */ readonly eventsPerSec: number;
      /** With the answer to a watch: the last 5 minutes, oldest first, one value a second. */
      readonly history?: readonly { readonly atMs: number; readonly eventsPerSec: number; readonly connected: number }[];
      /** Refused so far, all reasons; 0 is the aim. */ readonly dropped: number;
      /** The store takes nothing: events are held, and refused once the bounds are reached. */ readonly storeAway: boolean;
    }
  /** `rows` replaces (full) or upserts by session. */
  | { readonly type: 'newest'; readonly full: boolean; readonly rows: readonly NewestRow[] }
  /** The page of actors that the watch asked for. `order` lists its sessions; `rows` holds those that changed. */
  | {
      readonly type: 'actors';
      readonly full: boolean;
      readonly total: number;
      readonly states: StateCounts;
      readonly order: readonly string[];
      readonly rows: readonly ActorRow[];
      /** Transitions per second by edge, `STATE>EVENT`, over the last 10 s: animates the statechart. */
      readonly edges: Readonly<Record<string, number>>;
    }
  /** Something was committed: ask again what you show. At most once a second. */
  | { readonly type: 'stored'; readonly sessions: readonly string[]; readonly urls: readonly string[] }
  /** The request was not understood. */
  | { readonly type: 'refused'; readonly message: string };

export const ACTOR_SORTS = ['session', 'state', 'sinceMs', 'inbox', 'eventsPerSec', 'node', 'startedMs'] as const;
export type ActorSort = (typeof ACTOR_SORTS)[number];
