/** The hello: how a tab introduces itself, and what it is told (SPEC HE1–HE6). */
import type { DropReason } from './drop-reasons.ts';
import type { FromSchema } from './schema.ts';

/** Ids that clients name: never anything but these characters, so that they are inert in queries, subjects and logs. */
export const ID_PATTERN = '^[A-Za-z0-9_-]{1,64}$';

const url = { type: 'string', maxLength: 4096 } as const;

/** Body of `POST /api/hello`. Sent as JSON, with content type text/plain so that no preflight is needed. */
export const HELLO_REQUEST = {
  type: 'object',
  required: ['app', 'session_start', 'referrer', 'browser', 'OS', 'url', 'tab', 'sentAtMs'],
  additionalProperties: false,
  properties: {
    app: { type: 'string', pattern: ID_PATTERN, description: 'public app key' },
    session_start: { type: 'number', minimum: 0, maximum: 8.64e15, description: 'epoch ms, client clock, when this tab’s session began' },
    referrer: { ...url, description: 'address of the page before, or empty' },
    browser: { type: 'string', maxLength: 512, description: 'navigator.userAgent, or a browser’s name' },
    OS: { type: 'string', maxLength: 128, description: 'platform as the client names it; client hints win' },
    url: { ...url, description: 'address of the page, with its query: campaign parameters are read, then it is dropped' },
    title: { type: 'string', maxLength: 512 },
    tab: { type: 'string', pattern: ID_PATTERN, description: 'id of the tab' },
    sentAtMs: { type: 'number', minimum: 0, maximum: 8.64e15, description: 'epoch ms, client clock: measures the clock offset' },
    language: { type: 'string', maxLength: 35 },
    screenWidth: { type: 'integer', minimum: 0, maximum: 100_000 },
    screenHeight: { type: 'integer', minimum: 0, maximum: 100_000 },
    viewportWidth: { type: 'integer', minimum: 0, maximum: 100_000 },
    viewportHeight: { type: 'integer', minimum: 0, maximum: 100_000 },
    webdriver: { type: 'boolean', description: 'navigator.webdriver: marks a bot' },
    cookieless: { type: 'boolean', description: 'true: the visitor is known for a day, by no cookie' },
    consent: { type: 'boolean', description: 'true: the visitor said yes; an app may need that' },
    session: { type: 'string', pattern: ID_PATTERN, description: 'session to resume' },
    resume: { type: 'string', pattern: ID_PATTERN, description: 'the token that the session’s last hello gave' },
  },
} as const;
export type HelloRequest = FromSchema<typeof HELLO_REQUEST>;

/** What the server tells the tracker to do. Every number has a default in DEFAULT_TRACKER_CONFIG. */
export const TRACKER_CONFIG = {
  type: 'object',
  required: [
    'revision',
    'off',
    'moveSampleMs',
    'hoverMinMs',
    'flushMs',
    'targetAttribute',
    'vitals',
    'recording',
    'paused',
    'mask',
    'block',
    'urlKeep',
  ],
  properties: {
    revision: { type: 'integer', minimum: 0, description: 'raised by every change: the tracker confirms by it (SPEC CT2)' },
    off: { type: 'array', items: { type: 'string' }, description: 'kinds of events that are not captured' },
    moveSampleMs: { type: 'integer', minimum: 10, maximum: 10_000, description: 'least time between two samples of the pointer' },
    hoverMinMs: { type: 'integer', minimum: 50, maximum: 60_000, description: 'a rest shorter than this is no hover' },
    flushMs: { type: 'integer', minimum: 50, maximum: 60_000, description: 'longest that an event waits for its frame' },
    targetAttribute: { type: 'string', maxLength: 64, description: 'attribute that names a target before all other rules' },
    vitals: { type: 'boolean', description: 'web vitals are measured; their chunk is loaded only then' },
    recording: { type: 'boolean', description: 'the DOM is recorded; the recorder is loaded only then' },
    paused: { type: 'boolean', description: 'nothing is captured until it is false again' },
    mask: { type: 'string', maxLength: 2_100, description: 'selector of what is masked beside what the page masks, or empty' },
    block: { type: 'string', maxLength: 1_024, description: 'selector of what is not looked into beside what the page blocks, or empty' },
    urlKeep: { type: 'string', maxLength: 1_024, description: 'names of query parameters that stay beside those that the page keeps' },
  },
} as const;
export type TrackerConfig = FromSchema<typeof TRACKER_CONFIG>;

export const DEFAULT_TRACKER_CONFIG: TrackerConfig = {
  revision: 0,
  off: [],
  moveSampleMs: 50,
  hoverMinMs: 500,
  flushMs: 500,
  targetAttribute: 'data-datalab',
  vitals: false,
  recording: false,
  paused: false,
  mask: '',
  block: '',
  urlKeep: '',
};

/** Answer to an admitted hello. */
export const HELLO_ANSWER = {
  type: 'object',
  required: [
    'session',
    'visit',
    'resumed',
    'resume',
    'ticket',
    'ticketTtlMs',
    'socketUrl',
    'postUrl',
    'pollUrl',
    'serverTimeMs',
    'ackedSeq',
    'highSeq',
    'config',
  ],
  properties: {
    session: { type: 'string' },
    visit: { type: 'string' },
    resumed: { type: 'boolean', description: 'false: a new session; what was kept for an older one is not of it' },
    resume: { type: 'string', description: 'token for resuming this session and for posts' },
    ticket: { type: 'string', description: 'opens the socket, once' },
    ticketTtlMs: { type: 'integer' },
    socketUrl: { type: 'string', description: 'ws or wss address' },
    postUrl: { type: 'string', description: 'where last frames are posted' },
    pollUrl: { type: 'string', description: 'instead of a socket, where none can be had' },
    serverTimeMs: { type: 'integer', description: 'epoch ms' },
    ackedSeq: { type: 'integer', description: 'every event up to this number is stored' },
    highSeq: { type: 'integer', description: 'highest number stored: number on from here' },
    config: TRACKER_CONFIG,
  },
} as const;
export type HelloAnswer = FromSchema<typeof HELLO_ANSWER>;

/** Body of every refusal by HTTP. `code` is a drop reason or an error code; `remedy` says what to do. */
export const REFUSAL = {
  type: 'object',
  required: ['code', 'message', 'retry'],
  properties: { code: { type: 'string' }, message: { type: 'string' }, retry: { type: 'boolean' }, remedy: { type: 'string' } },
} as const;
export type Refusal = FromSchema<typeof REFUSAL> & { code: DropReason | (string & {}) };

/** Answer to a post of last frames. */
export const POST_ANSWER = {
  type: 'object',
  required: ['ackedSeq'],
  properties: { ackedSeq: { type: 'integer', description: 'every event up to this number is stored' } },
} as const;

/** Tickets: 128 random bits, single use (rules.md, Connection). */
export const TICKET_TTL_MS = 30_000;

/** The socket's subprotocol carries the ticket, so that it stands in no address and no log: `datalab.1`, then the ticket. */
export const SOCKET_PROTOCOL = 'datalab.1';
