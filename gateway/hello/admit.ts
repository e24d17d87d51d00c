/**
 * The hello's way in: an ordered list of steps, each of which may refuse with its own reason.
 *
 *   app → origin → consent → address limit → node limit → resume token → (actor: INIT) → visit → record → (actor: CONNECT) → ticket
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
import { DEFAULT_TRACKER_CONFIG, type HelloAnswer, type HelloRequest, TICKET_TTL_MS } from '../../engine/protocol/hello.ts';
import { EMPTY_LEDGER } from '../../engine/protocol/ledger.ts';
import { ok, type Result, refuse } from '../../engine/protocol/result.ts';
import type { SessionRecord } from '../../engine/store/records.ts';
import type { Store } from '../../engine/store/store.ts';
import { type Apps, allowsOrigin } from '../services/apps.ts';
import type { AddressLimit } from './address-limit.ts';
import { maskedAddress } from './masked-address.ts';
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
  readonly apps: Apps;
  readonly registry: Registry;
  readonly store: Store;
  readonly signer: Signer;
  readonly tickets: Tickets;
  readonly visits: Visits;
  readonly addressLimit: AddressLimit;
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
    const refusal = this.#check(hello, context);
    if (refusal) {
      this.#deps.registry.counters.drop(refusal);
      return refuse(refusal);
    }
    const { visitor, cookie } = this.#visitorOf(hello, context);
    const session = await this.#takeUp(hello, visitor, context);
    if (session === null) {
      this.#deps.registry.counters.drop('store-away');
      return refuse('store-away');
    }
    const answer = this.#answer(session.session, session.resumed, hello, context);
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
    return (
      registry.find(id) ??
      registry.begin({ facts: record, startedMs: record.startedMs, url: record.url, ledger: record.ledger, config: DEFAULT_TRACKER_CONFIG })
    );
  }

  #check(hello: HelloRequest, { origin, address, headers }: HelloContext): DropReason | null {
    const { apps, addressLimit, registry, sessionsMax, signer, closing } = this.#deps;
    if (closing()) return 'node-closing';
    const app = apps.find(hello.app);
    if (!app) return 'app-unknown';
    if (origin === undefined || !allowsOrigin(app, origin)) return 'origin-refused';
    if (headers['sec-gpc'] === '1') return 'consent-missing';
    if (!addressLimit.take(address)) return 'limit-address';
    if (registry.size >= sessionsMax && !(hello.session && registry.find(hello.session))) return 'limit-app';
    if (hello.session && signer.resumeTokenMs(hello.app, hello.session, hello.resume ?? '') === null) return 'resume-refused';
    return null;
  }

  /** Who says hello: the browser by its cookie, with a new one where it has none; or by the day (SPEC HE8). */
  #visitorOf(hello: HelloRequest, { cookie, address, headers }: HelloContext): { visitor: string; cookie?: string } {
    const { signer, clock } = this.#deps;
    if (hello.cookieless) {
      return { visitor: signer.dayVisitorId(hello.app, clock.nowMs(), maskedAddress(address), userAgentOf(hello, headers)) };
    }
    const known = cookie === undefined ? null : signer.browserOf(cookie);
    if (known) return { visitor: signer.visitorId(hello.app, known) };
    const browser = randomBytes(16).toString('base64url');
    return { visitor: signer.visitorId(hello.app, browser), cookie: signer.cookieOf(browser) };
  }

  /** Finds or makes session and visit, with the actor in INIT meanwhile. */
  async #takeUp(hello: HelloRequest, visitor: string, context: HelloContext): Promise<{ session: Session; resumed: boolean } | null> {
    const { registry, store, visits, clock } = this.#deps;
    let session: Session | null = null;
    try {
      const before = hello.session ? ((await registry.takeOver(hello.session)) ?? (await this.revive(hello.app, hello.session))) : null;
      session = before ?? this.#beginNew(hello, visitor, context);
      this.#deps.tickets.void(session.facts.session);
      const visit = await visits.find(hello.app, session.facts.visitor);
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

  #beginNew(hello: HelloRequest, visitor: string, { headers }: HelloContext): Session {
    const nowMs = this.#deps.clock.nowMs();
    // Its own clock says how long ago it began; ours says when that was.
    const ageMs = Math.min(Math.max(hello.sentAtMs - hello.session_start, 0), RESUME_MAX_MS);
    const userAgent = userAgentOf(hello, headers);
    const url = pageAddress(hello.url);
    return this.#deps.registry.begin({
      facts: {
        app: hello.app,
        session: uuidv7(),
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
      config: DEFAULT_TRACKER_CONFIG,
    });
  }

  #answer(session: Session, resumed: boolean, hello: HelloRequest, { origin = '', baseUrl }: HelloContext): HelloAnswer {
    const { signer, tickets, clock } = this.#deps;
    const id = session.facts.session;
    return {
      session: id,
      visit: session.facts.visit,
      resumed,
      resume: signer.resumeToken(hello.app, id, session.helloMs),
      ticket: tickets.issue({ app: hello.app, session: id, origin }),
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
