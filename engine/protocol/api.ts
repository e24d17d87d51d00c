/**
 * The HTTP API that the UI asks: each schema validates on the server and types the UI. Times are epoch milliseconds,
 * durations milliseconds, counts whole numbers.
 */
import { CONTROL_CHANGE, CONTROL_ENTRY } from './control.ts';
import { WIDTH_CLASSES } from './events.ts';
import { END_REASONS, STATES } from './lifecycle.ts';
import type { FromSchema } from './schema.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const ms = { type: 'integer', minimum: 0 } as const;
const appKey = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } as const;

/** `GET /api/apps`: those that one sees; not those that are being deleted. */
export const APP_LIST = {
  type: 'object',
  required: ['apps'],
  properties: {
    apps: {
      type: 'array',
      items: {
        type: 'object',
        required: ['key', 'name', 'origins', 'timeZone', 'state', 'snippet'],
        properties: {
          key: text,
          name: text,
          origins: { type: 'array', items: text },
          timeZone: { ...text, description: 'IANA name' },
          state: { enum: ['active', 'archived'], description: 'archived: nothing is taken any more' },
          snippet: { ...text, description: 'the script tag to paste' },
        },
      },
    },
  },
} as const;
export type AppList = FromSchema<typeof APP_LIST>;

/** One session as lists show it. `state` is absent once it has ended. */
export const SESSION_ROW = {
  type: 'object',
  required: [
    'session',
    'app',
    'visit',
    'visitor',
    'startedMs',
    'lastSeenMs',
    'entryUrl',
    'url',
    'referrer',
    'device',
    'browser',
    'os',
    'language',
    'bot',
    'views',
    'clicks',
    'events',
  ],
  properties: {
    session: text,
    app: text,
    visit: text,
    visitor: text,
    state: { enum: STATES },
    endReason: { enum: END_REASONS },
    startedMs: ms,
    lastSeenMs: { ...ms, description: 'time of the latest event or, when ended, of the end' },
    endedMs: ms,
    entryUrl: text,
    url: { ...text, description: 'latest address' },
    referrer: text,
    device: { enum: ['desktop', 'mobile', 'tablet', 'other'] },
    browser: text,
    os: text,
    language: text,
    screen: { ...text, description: 'like 1920×1080' },
    bot: { type: 'boolean' },
    views: count,
    clicks: count,
    events: count,
    lostEvents: { ...count, description: 'numbers that the tracker gave up' },
  },
} as const;
export type SessionRow = FromSchema<typeof SESSION_ROW>;

/** `GET /api/sessions` */
export const SESSION_QUERY = {
  type: 'object',
  required: ['app'],
  additionalProperties: false,
  properties: {
    app: appKey,
    fromMs: ms,
    toMs: ms,
    text: { type: 'string', maxLength: 200, description: 'part of an address, visitor, session, browser or system' },
    device: { enum: ['desktop', 'mobile', 'tablet', 'other'] },
    live: { type: 'boolean', description: 'only those that have not ended' },
    bots: { type: 'boolean', default: false, description: 'include sessions marked as bots' },
    sort: { enum: ['startedMs', 'lastSeenMs', 'events', 'clicks', 'views', 'durationMs'], default: 'startedMs' },
    descending: { type: 'boolean', default: true },
    offset: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 },
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  },
} as const;
export type SessionQuery = FromSchema<typeof SESSION_QUERY>;

export const SESSION_LIST = {
  type: 'object',
  required: ['rows', 'total'],
  properties: { rows: { type: 'array', items: SESSION_ROW }, total: { ...count, description: 'rows that match, on all pages' } },
} as const;
export type SessionList = FromSchema<typeof SESSION_LIST>;

/** `GET /api/sessions/:session`; its chunks follow at `/api/sessions/:session/chunks` as bytes (below). */
export const SESSION_DETAIL = {
  type: 'object',
  required: ['row', 'transitions', 'controls'],
  properties: {
    row: SESSION_ROW,
    transitions: {
      type: 'array',
      description: 'the actor’s latest transitions, oldest first; empty once the actor is gone',
      items: {
        type: 'object',
        required: ['atMs', 'event', 'state'],
        properties: { atMs: ms, event: text, state: { enum: [...STATES, 'END'] } },
      },
    },
    controls: {
      type: 'array',
      description: 'changes of how it is captured, oldest first; empty once the actor is gone',
      items: CONTROL_ENTRY,
    },
    wanted: { ...CONTROL_CHANGE, description: 'how it is wanted to be captured; absent once the actor is gone' },
  },
} as const;
export type SessionDetail = FromSchema<typeof SESSION_DETAIL>;

/**
 * `GET /api/sessions/:session/chunks?app=` answers application/octet-stream: for each stored frame, in order of first number,
 * a varint length and the frame's bytes as codec/frame.ts reads them. The UI decodes them with the tracker's own codec.
 */
export const CHUNKS_CONTENT_TYPE = 'application/octet-stream';

/** `GET /api/pages`: the addresses that have heat, most viewed first. */
export const PAGE_QUERY = {
  type: 'object',
  required: ['app'],
  additionalProperties: false,
  properties: { app: appKey, fromMs: ms, toMs: ms },
} as const;
export type PageQuery = FromSchema<typeof PAGE_QUERY>;

export const PAGE_LIST = {
  type: 'object',
  required: ['pages'],
  properties: {
    pages: {
      type: 'array',
      items: {
        type: 'object',
        required: ['url', 'views', 'clicks', 'timeMs', 'widthClasses'],
        properties: {
          url: text,
          views: count,
          clicks: count,
          timeMs: { ...ms, description: 'time on this address, summed' },
          widthClasses: { type: 'array', items: { enum: WIDTH_CLASSES } },
        },
      },
    },
  },
} as const;
export type PageList = FromSchema<typeof PAGE_LIST>;

export const HEAT_LAYERS = ['move', 'hover', 'click', 'rage', 'dead'] as const;
export type HeatLayer = (typeof HEAT_LAYERS)[number];

/** `GET /api/heatmap` */
export const HEATMAP_QUERY = {
  type: 'object',
  required: ['app', 'url', 'layer', 'widthClass'],
  additionalProperties: false,
  properties: {
    app: appKey,
    url: { type: 'string', maxLength: 4096 },
    layer: { enum: HEAT_LAYERS },
    widthClass: { enum: WIDTH_CLASSES },
    fromMs: ms,
    toMs: ms,
  },
} as const;
export type HeatmapQuery = FromSchema<typeof HEATMAP_QUERY>;

export const LAYOUT_BOX = {
  type: 'object',
  required: ['tag', 'x', 'y', 'w', 'h', 'text'],
  properties: { tag: text, x: { type: 'integer' }, y: { type: 'integer' }, w: count, h: count, text },
} as const;

/**
 * Heat of one page. Columns divide the viewport's width into HEAT_COLUMNS shares, rows the page's height into HEAT_ROW_PX.
 * Weights are milliseconds for move and hover, clicks for click.
 */
export const HEATMAP = {
  type: 'object',
  required: ['columns', 'rowPx', 'cells', 'targets', 'total'],
  properties: {
    columns: count,
    rowPx: count,
    cells: {
      type: 'array',
      items: {
        type: 'object',
        required: ['row', 'column', 'weight'],
        properties: { row: count, column: count, weight: { type: 'number', minimum: 0 } },
      },
    },
    targets: {
      type: 'array',
      description: 'targets of this page by clicks and dwell, most first, at most 50',
      items: {
        type: 'object',
        required: ['target', 'text', 'clicks', 'hovers', 'dwellMs'],
        properties: { target: text, text, clicks: count, hovers: count, dwellMs: ms },
      },
    },
    total: { type: 'number', minimum: 0, description: 'sum of all weights' },
    page: {
      type: 'object',
      description: 'latest layout seen in this width class; absent when none was',
      required: ['pageWidth', 'pageHeight', 'viewportHeight', 'boxes'],
      properties: { pageWidth: count, pageHeight: count, viewportHeight: count, boxes: { type: 'array', items: LAYOUT_BOX } },
    },
  },
} as const;
export type Heatmap = FromSchema<typeof HEATMAP>;

/** `GET /healthz` (always 200 while the process answers) and `GET /readyz` (503 when it should get no traffic). */
export const HEALTH = {
  type: 'object',
  required: ['status', 'version', 'node', 'uptimeMs', 'store', 'sessions', 'counters', 'drops', 'services'],
  properties: {
    status: { enum: ['ok', 'closing', 'store-away', 'service-away'] },
    version: text,
    node: { ...text, description: 'name of this gateway process' },
    uptimeMs: ms,
    store: { enum: ['sqlite', 'mongodb'] },
    sessions: { type: 'object', required: [...STATES], properties: { INIT: count, CONNECT: count, LISTEN: count, CLOSING: count } },
    counters: { type: 'object', additionalProperties: { type: 'integer' } },
    drops: { type: 'object', additionalProperties: { type: 'integer' }, description: 'drop reason → how often' },
    services: {
      type: 'object',
      additionalProperties: { enum: ['ok', 'away'] },
      description: 'services that run elsewhere, and how they are',
    },
  },
} as const;
export type Health = FromSchema<typeof HEALTH>;
