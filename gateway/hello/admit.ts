/**
 * The hello's way in: an ordered list of steps, each of which may refuse with its own reason.
 *
 *   public key → app → origin → consent → limits of address, app and node → resume token → (actor: INIT) → visit → record →
 *   (actor: CONNECT) → ticket
 */
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Registry } from '../../actors/registry/registry.ts';
import type { Session } from '../../actors/session/session.ts';
import { pageAddress, referrerAddress } from '../../engine/classify/address.ts';
import { isBot } from '../../engine/classify/bot.ts';
import { classifyDevice } from '../../engine/classify/device.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import type { DropReason } from '../../engine/protocol/drop-reasons.ts';
import { type HelloAnswer, type HelloRequest, TICKET_TTL_MS, type TrackerConfig } from '../../engine/protocol/hello.ts';
import { EMPTY_LEDGER } from '../../engine/protocol/ledger.ts';
import { ok, type Result, refuse } from '../../engine/protocol/result.ts';
import type { SessionRecord } from '../../engine/store/records.ts';
import type { Store } from '../../engine/store/store.ts';
import { allowsOrigin, type Directory, type TrackedApp } from '../directory/directory.ts';
import { trackerConfigOf } from '../directory/tracker-config.ts';
import { maskedAddress } from './masked-address.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Signer } from './signer.ts';
import type { Tickets } from './tickets.ts';
import type { Visits } from './visits.ts';

/** A session older than this is begun anew (SPEC HE4). */
const RESUME_MAX_MS = 86_400_000;

/** What the hello's request says beside its body. */
export type HelloContext = {
  readonly origin: string | undefined;
  readonly address: string;
  readonly cookie: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As the browser reached us, e.g. `https://stats.example.com`. */ readonly baseUrl: string;
};

export type Admitted = { readonly answer: HelloAnswer /** To be set; absent when the browser is known. */; readonly cookie?: string };

export type AdmissionDeps = {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly registry: Registry;
  readonly store: Store;
  readonly signer: Signer;
  readonly tickets: Tickets;
  readonly visits: Visits;
  readonly addressLimit: RateLimit;
  /** New sessions, by app; how many is the app's to say. */ readonly appLimit: RateLimit;
  readonly sessionsMax: number;
  /** True from the beginning of a shutdown. */ readonly closing: () => boolean;
};

export class Admission {
  readonly #deps: AdmissionDeps;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** Admits a hello of valid shape, or says why not; the reason is counted. */
  async admit(hello: HelloRequest, context: HelloContext): Promise<Result<Admitted, DropReason>> {
    const app = this.#check(hello, context);
    if (!app.ok) {
      this.#deps.registry.counters.drop(app.reason);
      return app;
    }
    const { key } = app.value;
    const { visitor, cookie } = this.#visitorOf(key, hello, context);
    const session = await this.#takeUp(key, hello, visitor, context);
    if (session === null) {
      this.#deps.registry.counters.drop('store-away');
      return refuse('store-away');
    }
    const answer = this.#answer(session.session, session.resumed, context);
    return ok({ answer, ...(cookie === undefined ? {} : { cookie }) });
  }

  /**
   * Brings a session that was begun before to life again: for a hello that resumes it, or for a late post of its frames.
   * @returns null when it is unknown, too old, or its final record is just being written and the store does not answer
   */
  async revive(app: string, id: string): Promise<Session | null> {
    const { registry, store, clock } = this.#deps;
    const record = await store.findSession(app, id);
    if (!record || clock.nowMs() - record.startedMs > RESUME_MAX_MS) return null;
    // Looked up again after the wait: whoever came first has begun it.
    const { startedMs, url, ledger } = record;
    return registry.find(id) ?? registry.begin({ facts: record, startedMs, url, ledger, config: this.#configOf(app, id) });
  }

  #configOf(app: string, session: string): TrackerConfig {
    return trackerConfigOf(this.#deps.directory.capture(app), session);
  }

  #check(hello: HelloRequest, { origin, address, headers }: HelloContext): Result<TrackedApp, DropReason> {
    const { directory, addressLimit, appLimit, registry, sessionsMax, signer, closing } = this.#deps;
    if (closing()) return refuse('node-closing');
    const app = directory.ofPublicKey(hello.app);
    if (!app) return refuse(directory.isComplete ? 'app-unknown' : 'service-away');
    if (app.state !== 'active') return refuse('app-archived');
    if (origin === undefined || !allowsOrigin(app, origin)) return refuse('origin-refused');
    const { consent, doNotTrack, sessionsPerMin } = directory.capture(app.key).config;
    if (headers['sec-gpc'] === '1') return refuse('consent-missing');
    if (consent === 'needed' && hello.consent !== true) return refuse('consent-missing');
    if (doNotTrack === 'respect' && headers['dnt'] === '1') return refuse('consent-missing');
    if (!addressLimit.take(address)) return refuse('limit-address');
    if (registry.size >= sessionsMax && !(hello.session && registry.find(hello.session))) return refuse('limit-app');
    if (!hello.session) return appLimit.take(app.key, sessionsPerMin) ? ok(app) : refuse('limit-app');
    return signer.resumeTokenMs(app.key, hello.session, hello.resume ?? '') === null ? refuse('resume-refused') : ok(app);
  }

  /** Who says hello: the browser by its cookie, with a new one where it has none; or by the day (SPEC HE8). */
  #visitorOf(app: string, hello: HelloRequest, { cookie, address, headers }: HelloContext): { visitor: string; cookie?: string } {
    const { signer, clock } = this.#deps;
    if (hello.cookieless) {
      return { visitor: signer.dayVisitorId(app, clock.nowMs(), maskedAddress(address), userAgentOf(hello, headers)) };
    }
    const known = cookie === undefined ? null : signer.browserOf(cookie);
    if (known) return { visitor: signer.visitorId(app, known) };
    const browser = randomBytes(16).toString('base64url');
    return { visitor: signer.visitorId(app, browser), cookie: signer.cookieOf(browser) };
  }

  /** Finds or makes session and visit, with the actor in INIT meanwhile. */
  async #takeUp(
    app: string,
    hello: HelloRequest,
    visitor: string,
    context: HelloContext,
  ): Promise<{ session: Session; resumed: boolean } | null> {
    const { registry, store, visits, clock } = this.#deps;
    let session: Session | null = null;
    try {
      const before = hello.session ? ((await registry.takeOver(hello.session)) ?? (await this.revive(app, hello.session))) : null;
      session = before ?? this.#beginNew(app, hello, visitor, context);
      this.#deps.tickets.void(session.facts.session);
      const visit = await visits.find(app, session.facts.visitor);
      const facts = { ...session.facts, visit: visit.visit };
      const url = pageAddress(hello.url);
      const nowMs = clock.nowMs();
      const record: SessionRecord = {
        ...facts,
        tab: hello.tab,
        startedMs: session.startedMs,
        lastSeenMs: nowMs,
        entryUrl: url,
        url,
        urlSinceMs: nowMs,
        views: 0,
        clicks: 0,
        events: 0,
        ledger: EMPTY_LEDGER,
      };
      await store.openSession(record);
      registry.admitted(session, facts, url);
      // The store took longer than INIT may last: the actor is closing, and this hello came to nothing.
      if (session.place !== 'CONNECT') return null;
      return { session, resumed: before !== null };
    } catch (error) {
      if (session) registry.refused(session);
      if (error instanceof DatalabError && error.code === 'store-away') return null;
      throw error;
    }
  }

  #beginNew(app: string, hello: HelloRequest, visitor: string, { headers }: HelloContext): Session {
    const session = uuidv7();
    const nowMs = this.#deps.clock.nowMs();
    // Its own clock says how long ago it began; ours says when that was.
    const ageMs = Math.min(Math.max(hello.sentAtMs - hello.session_start, 0), RESUME_MAX_MS);
    const userAgent = userAgentOf(hello, headers);
    const url = pageAddress(hello.url);
    return this.#deps.registry.begin({
      facts: {
        app,
        session,
        visit: '',
        visitor,
        ...classifyDevice(userAgent, headers),
        language: hello.language ?? '',
        referrer: referrerAddress(hello.referrer, hello.url),
        screen: hello.screenWidth && hello.screenHeight ? `${hello.screenWidth}×${hello.screenHeight}` : '',
        bot: isBot(userAgent, hello.webdriver === true),
      },
      startedMs: Math.round(nowMs - ageMs),
      url,
      ledger: EMPTY_LEDGER,
      config: this.#configOf(app, session),
    });
  }

  #answer(session: Session, resumed: boolean, { origin = '', baseUrl }: HelloContext): HelloAnswer {
    const { signer, tickets, clock } = this.#deps;
    const { app, session: id } = session.facts;
    return {
      session: id,
      visit: session.facts.visit,
      resumed,
      resume: signer.resumeToken(app, id, session.helloMs),
      ticket: tickets.issue({ app, session: id, origin }),
      ticketTtlMs: TICKET_TTL_MS,
      socketUrl: `${baseUrl.replace(/^http/, 'ws')}/api/socket`,
      postUrl: `${baseUrl}/api/frames`,
      pollUrl: `${baseUrl}/api/poll`,
      serverTimeMs: clock.nowMs(),
      ackedSeq: session.ackedSeq,
      highSeq: session.highSeq,
      config: session.controls.config,
    };
  }
}

/** The header where there is one: what the body says is only its word. */
function userAgentOf(hello: HelloRequest, headers: HelloContext['headers']): string {
  const header = headers['user-agent'];
  return typeof header === 'string' ? header : hello.browser;
}
