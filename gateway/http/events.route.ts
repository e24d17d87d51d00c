/** `POST /api/events`: a server of the site tells events (protocol/server-events.ts). They take the way of every other: a session, its actor, a commit. */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import type { Registry } from '../../actors/registry/registry.ts';
import type { Session } from '../../actors/session/session.ts';
import type { SessionSocket } from '../../actors/session/session-ports.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Event } from '../../engine/protocol/events.ts';
import { DEFAULT_TRACKER_CONFIG, ID_PATTERN } from '../../engine/protocol/hello.ts';
import { EMPTY_LEDGER } from '../../engine/protocol/ledger.ts';
import { SERVER_EVENTS, SERVER_EVENTS_ANSWER, type ServerEvents } from '../../engine/protocol/server-events.ts';
import type { SessionFacts } from '../../engine/store/records.ts';
import type { Store } from '../../engine/store/store.ts';
import type { Directory } from '../directory/directory.ts';
import type { Signer } from '../hello/signer.ts';
import type { Visits } from '../hello/visits.ts';

/** What is not stored by then is refused, to be told again. */
const STORED_WITHIN_MS = 10_000;
const PROPS_MAX = 20;
/** Where these events happen: on no page. */
const URL = 'server:';

type EventsDeps = {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly store: Store;
  readonly directory: Directory;
  readonly signer: Signer;
  readonly visits: Visits;
};

const QUERY = { type: 'object', required: ['app'], properties: { app: { type: 'string', pattern: ID_PATTERN } } } as const;
const HEADERS = { type: 'object', properties: { 'idempotency-key': { type: 'string', pattern: ID_PATTERN } } } as const;

export async function eventsRoute(app: FastifyInstance, deps: EventsDeps): Promise<void> {
  app.post<{ Querystring: { app: string }; Body: ServerEvents; Headers: { 'idempotency-key'?: string } }>(
    '/api/events',
    {
      config: { action: 'events.write' },
      schema: { querystring: QUERY, headers: HEADERS, body: SERVER_EVENTS, response: { 200: SERVER_EVENTS_ANSWER } },
    },
    async ({ query, body, headers, asker: { identity } }) => {
      if (deps.directory.find(query.app)?.state !== 'active')
        throw new DatalabError('app-archived', `The app ${query.app} takes no events.`);
      if (identity?.kind !== 'token') throw new DatalabError('not-allowed', 'Only API tokens tell events.');
      const key = headers['idempotency-key'];
      // The same key of the same token names the same session, and numbers in it: what is stored is not stored again.
      const id = key === undefined ? uuidv7() : `key-${createHash('sha256').update(`${identity.id} ${key}`).digest('base64url')}`;
      const session = await open(deps, query.app, id, body.user ?? identity.id, identity.name);
      await tell(deps, session, body);
      return { session: id, stored: body.events.length };
    },
  );
}

/** Finds or begins the session that the events go into. */
async function open(
  { clock, registry, store, signer, visits }: EventsDeps,
  app: string,
  id: string,
  user: string,
  token: string,
): Promise<Session> {
  const live = (await registry.takeOver(id)) ?? null;
  const stored = live ? null : await store.findSession(app, id);
  const visitor = signer.visitorId(app, `user:${user}`);
  const nowMs = clock.nowMs();
  const { visit } = await visits.find(app, visitor);
  const facts: SessionFacts = {
    app,
    session: id,
    visit,
    visitor,
    device: 'other',
    browser: `API (${token})`,
    os: '',
    language: '',
    referrer: '',
    screen: '',
    bot: false,
  };
  const startedMs = stored?.startedMs ?? nowMs;
  const session =
    live ?? registry.begin({ facts, startedMs, url: URL, ledger: stored?.ledger ?? EMPTY_LEDGER, config: DEFAULT_TRACKER_CONFIG });
  const record = { ...facts, tab: 'server', startedMs, lastSeenMs: nowMs, entryUrl: URL, url: URL, urlSinceMs: nowMs };
  try {
    await store.openSession({ ...record, views: 0, clicks: 0, events: 0, ledger: EMPTY_LEDGER });
  } catch (error) {
    registry.refused(session);
    throw error;
  }
  registry.admitted(session, facts, URL);
  return session;
}

/** Resolves once everything is stored. @throws DatalabError `store-away` */
async function tell({ clock, registry }: EventsDeps, session: Session, { events, user }: ServerEvents): Promise<void> {
  const nowMs = clock.nowMs();
  const told: Event[] = events.map(({ name, props = {}, atMs = nowMs }) => {
    const kept = Object.entries(props).slice(0, PROPS_MAX);
    return { kind: 'custom', atMs, name, props: JSON.stringify(Object.fromEntries(kept)) };
  });
  if (user !== undefined) told.unshift({ kind: 'identify', atMs: nowMs, id: user });
  const page = { url: URL, viewportWidth: 0, viewportHeight: 0, pageWidth: 0, pageHeight: 0 };
  const frame = encodeFrame({ firstSeq: 1, baseSeq: 1, goodbye: true, startMs: nowMs, page, events: told });
  await new Promise<void>((resolve, reject) => {
    const fail = () => reject(new DatalabError('store-away', 'The events are not stored yet.'));
    const cancel = clock.after(STORED_WITHIN_MS, fail);
    const socket: SessionSocket = {
      send(message) {
        if (message.type !== 'ACK' || message.seq < told.length) return;
        cancel();
        resolve();
      },
      close: fail,
      pause: () => undefined,
      resume: () => undefined,
    };
    if (!registry.attach(session, socket)) return fail();
    if (registry.deliverFrame(session, frame) !== null) fail();
  });
}
