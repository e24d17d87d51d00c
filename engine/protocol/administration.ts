/** What admins ask of apps, their configuration, keys and tokens, and the audit log. Times are epoch ms. */
import { SCOPES } from './access.ts';
import { EVENTS, type EventKind } from './events.ts';
import { TRACKER_CONFIG } from './hello.ts';
import type { FromSchema } from './schema.ts';

const text = { type: 'string' } as const;
const ms = { type: 'integer', minimum: 0 } as const;
const count = { type: 'integer', minimum: 0 } as const;
const appKey = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' } as const;
const name = { type: 'string', minLength: 1, maxLength: 80 } as const;
/** Exact; only the port may be `*`, for development on one machine. */
export const ORIGIN_PATTERN = '^https?://[a-z0-9.-]+(:(\\d{1,5}|\\*))?$';
const origins = { type: 'array', maxItems: 50, items: { type: 'string', maxLength: 200, pattern: ORIGIN_PATTERN } } as const;
const timeZone = { type: 'string', maxLength: 64, description: 'IANA name, e.g. Europe/Berlin' } as const;
const days = {
  anyOf: [{ type: 'integer', minimum: 1, maximum: 36_500 }, { type: 'null' }],
  description: 'whole UTC days; null: for ever',
} as const;
const retention = {
  type: 'object',
  required: ['chunks', 'sessions', 'rollups'],
  additionalProperties: false,
  properties: { chunks: days, sessions: days, rollups: days },
} as const;

/** `active`; `archived`: nothing is taken any more, what is there stays to be read; `deleting`: its data is being removed. */
export const APP_STATES = ['active', 'archived', 'deleting'] as const;

/** `GET /api/apps/:app`. */
export const APP_DETAIL = {
  type: 'object',
  required: ['key', 'name', 'origins', 'timeZone', 'retention', 'state', 'createdMs', 'revision'],
  properties: {
    key: { ...appKey, description: 'names the app for ever; its public keys may change' },
    name: text,
    origins: { type: 'array', items: text },
    timeZone: text,
    retention,
    state: { enum: APP_STATES },
    createdMs: ms,
    revision: { ...count, description: 'a change names the one that it changes' },
    deletion: {
      type: 'object',
      description: 'while deleting: how far it is',
      required: ['what', 'done', 'startedMs'],
      properties: {
        what: { ...text, description: 'what is being removed now' },
        done: { ...count, description: 'rows removed so far' },
        startedMs: ms,
      },
    },
  },
} as const;
export type AppDetail = FromSchema<typeof APP_DETAIL>;

/** Body of `POST /api/apps`; answers APP_DETAIL. Without a key, one is made. `app-exists` if it is taken. */
export const APP_CREATE = {
  type: 'object',
  required: ['name', 'origins', 'timeZone'],
  additionalProperties: false,
  properties: { key: appKey, name, origins, timeZone },
} as const;
export type AppCreate = FromSchema<typeof APP_CREATE>;
/** Body of `PUT /api/apps/:app`; `changed-meanwhile` if `revision` is not the latest. */
export const APP_CHANGE = {
  type: 'object',
  required: ['revision', 'name', 'origins', 'timeZone', 'retention'],
  additionalProperties: false,
  properties: { revision: count, name, origins, timeZone, retention },
} as const;
export type AppChange = FromSchema<typeof APP_CHANGE>;
/** Body of `PUT /api/apps/:app/archived`. */
export const APP_ARCHIVE = {
  type: 'object',
  required: ['archived'],
  additionalProperties: false,
  properties: { archived: { type: 'boolean' } },
} as const;
/** Body of `POST /api/apps/:app/delete`: the app's name, typed. Answers APP_DETAIL in state deleting; 404 once it is gone. */
export const APP_DELETE = { type: 'object', required: ['name'], additionalProperties: false, properties: { name: text } } as const;
/** Body of `POST /api/apps/:app/check`: a page of one of the app's origins. */
export const SNIPPET_CHECK = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: { url: { type: 'string', maxLength: 2_000, pattern: '^https?://' } },
} as const;
export const SNIPPET_CHECK_ANSWER = {
  type: 'object',
  required: ['found', 'message'],
  properties: { found: { type: 'boolean' }, message: { ...text, description: 'what was seen, and what to do' } },
} as const;
export type SnippetCheckAnswer = FromSchema<typeof SNIPPET_CHECK_ANSWER>;

const selector = { type: 'string', maxLength: 1_024 } as const;
const { moveSampleMs, hoverMinMs, flushMs, targetAttribute, vitals } = TRACKER_CONFIG.properties;

/** Kinds of events that an app may do without; the others carry the session itself. */
export const OPTIONAL_EVENTS = (Object.keys(EVENTS) as EventKind[]).filter(
  (kind) => !['start', 'urlchange', 'leave', 'configured', 'dom', 'dompack'].includes(kind),
);

/** How an app's pages are captured. */
export const APP_CONFIG = {
  type: 'object',
  required: [
    'off',
    'moveSampleMs',
    'hoverMinMs',
    'flushMs',
    'targetAttribute',
    'vitals',
    'recordingPercent',
    'mask',
    'block',
    'urlKeep',
    'consent',
    'doNotTrack',
    'goals',
    'sessionsPerMin',
  ],
  additionalProperties: false,
  properties: {
    off: { type: 'array', maxItems: 40, items: { enum: OPTIONAL_EVENTS }, description: 'kinds of events that are not captured' },
    moveSampleMs,
    hoverMinMs,
    flushMs,
    targetAttribute,
    vitals,
    recordingPercent: { type: 'integer', minimum: 0, maximum: 100, description: 'share of sessions whose DOM is recorded' },
    mask: { ...selector, description: 'selector of what is masked, or empty' },
    block: { ...selector, description: 'selector of what is not looked into, or empty' },
    urlKeep: {
      type: 'string',
      maxLength: 1_024,
      pattern: '^[A-Za-z0-9_.~,-]*$',
      description: 'names of query parameters that stay, by commas',
    },
    consent: {
      enum: ['not-needed', 'needed'],
      description: 'needed: a hello without datalab.consent(true) is refused, and nothing is stored',
    },
    doNotTrack: { enum: ['ignore', 'respect'] },
    goals: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        required: ['name', 'by', 'match'],
        additionalProperties: false,
        properties: {
          name,
          by: { enum: ['url', 'event', 'target'] },
          match: {
            type: 'string',
            minLength: 1,
            maxLength: 1_024,
            description: 'url: path, * for anything; event: name; target: selector',
          },
        },
      },
    },
    sessionsPerMin: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'new sessions of the app in a minute; more are refused as limit-app',
    },
  },
} as const;
export type AppConfig = FromSchema<typeof APP_CONFIG>;

export const DEFAULT_APP_CONFIG: AppConfig = {
  off: [],
  moveSampleMs: 50,
  hoverMinMs: 500,
  flushMs: 500,
  targetAttribute: 'data-datalab',
  vitals: false,
  recordingPercent: 0,
  mask: '',
  block: '',
  urlKeep: '',
  consent: 'not-needed',
  doNotTrack: 'ignore',
  goals: [],
  sessionsPerMin: 100_000,
};

/** `GET /api/config/:app`: the latest first. Version 0 is the default, before anybody changed it. */
export const CONFIG_HISTORY = {
  type: 'object',
  required: ['versions'],
  properties: {
    versions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['version', 'atMs', 'by', 'note', 'config'],
        properties: { version: count, atMs: ms, by: text, note: text, config: APP_CONFIG },
      },
    },
  },
} as const;
export type ConfigHistory = FromSchema<typeof CONFIG_HISTORY>;
/** Body of `PUT /api/config/:app`; answers CONFIG_HISTORY. `changed-meanwhile` if `basedOn` is not the latest version. */
export const CONFIG_CHANGE = {
  type: 'object',
  required: ['basedOn', 'config'],
  additionalProperties: false,
  properties: { basedOn: count, note: { type: 'string', maxLength: 200, default: '' }, config: APP_CONFIG },
} as const;
export type ConfigChange = FromSchema<typeof CONFIG_CHANGE>;
/** Body of `POST /api/config/:app/roll-back`: a version is made that is like an older one. */
export const CONFIG_ROLL_BACK = {
  type: 'object',
  required: ['basedOn', 'to'],
  additionalProperties: false,
  properties: { basedOn: count, to: count },
} as const;
/** `GET /api/trackers/:app/confirmed`: of this node, how many connected trackers said that they capture by the latest version. */
export const CONFIG_CONFIRMED = {
  type: 'object',
  required: ['version', 'connected', 'confirmed'],
  properties: { version: count, connected: count, confirmed: count },
} as const;
export type ConfigConfirmed = FromSchema<typeof CONFIG_CONFIRMED>;

/** `GET /api/keys/:app`. */
export const KEY_LIST = {
  type: 'object',
  required: ['keys', 'tokens'],
  properties: {
    keys: {
      type: 'array',
      items: {
        type: 'object',
        required: ['key', 'createdMs', 'createdBy'],
        properties: {
          key: text,
          createdMs: ms,
          createdBy: text,
          lastUsedMs: { ...ms, description: 'of the latest hello with it, to the minute; absent: never' },
          endsMs: { ...ms, description: 'from then on it is refused; absent: it goes on' },
        },
      },
    },
    tokens: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'name', 'scopes', 'ending', 'createdMs', 'createdBy', 'expiresMs'],
        properties: {
          id: text,
          name: text,
          scopes: { type: 'array', items: { enum: SCOPES } },
          ending: { ...text, description: 'its last four characters' },
          createdMs: ms,
          createdBy: text,
          expiresMs: ms,
          lastUsedMs: ms,
        },
      },
    },
  },
} as const;
export type KeyList = FromSchema<typeof KEY_LIST>;
/**
 * `POST /api/keys/:app` makes a new public key; the others go on until they are ended. Body of `PUT /api/keys/:app/public/:key`, which ends
 * one, now or later; the last that goes on cannot be ended (`key-last`). Both answer KEY_LIST.
 */
export const KEY_END = {
  type: 'object',
  required: ['endsMs'],
  additionalProperties: false,
  properties: { endsMs: { anyOf: [ms, { type: 'null' }] } },
} as const;
/** Body of `POST /api/keys/:app/tokens`. `DELETE /api/keys/:app/tokens/:token` ends one at once. */
export const TOKEN_CREATE = {
  type: 'object',
  required: ['name', 'scopes', 'expiresMs'],
  additionalProperties: false,
  properties: {
    name,
    scopes: { type: 'array', maxItems: SCOPES.length, items: { enum: SCOPES } },
    expiresMs: { ...ms, description: 'at most two years ahead' },
  },
} as const;
export type TokenCreate = FromSchema<typeof TOKEN_CREATE>;
/** Answer: the token itself, this once. */
export const TOKEN_MADE = { type: 'object', required: ['token'], properties: { token: text } } as const;
export type TokenMade = FromSchema<typeof TOKEN_MADE>;

/** `GET /api/audit`: the latest first. Without `app`: everything, for owners. */
export const AUDIT_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    app: appKey,
    by: { type: 'string', maxLength: 80 },
    before: { type: 'string', maxLength: 64, pattern: '^[A-Za-z0-9-]*$', description: 'id of the last entry of the page before' },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 100 },
  },
} as const;
export type AuditQuery = FromSchema<typeof AUDIT_QUERY>;
export const AUDIT_ENTRY = {
  type: 'object',
  required: ['id', 'atMs', 'by', 'what', 'from', 'status', 'detail'],
  properties: {
    id: text,
    atMs: ms,
    by: { ...text, description: 'name of the user or token' },
    what: { ...text, description: 'the act, e.g. config.change' },
    app: text,
    target: { ...text, description: 'what it was done to: a user, a session, a key' },
    from: { ...text, description: 'masked address' },
    status: { ...count, description: 'HTTP status: 400 and above was refused' },
    detail: { ...text, description: 'what was wanted, as JSON, without secrets' },
  },
} as const;
export type AuditEntry = FromSchema<typeof AUDIT_ENTRY>;
export const AUDIT_LIST = {
  type: 'object',
  required: ['entries'],
  properties: { entries: { type: 'array', items: AUDIT_ENTRY } },
} as const;
export type AuditList = FromSchema<typeof AUDIT_LIST>;
