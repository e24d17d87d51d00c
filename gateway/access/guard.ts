/**
 * Every route says which action it is; nobody gets further without the right to it. What changes something is written down.
 *
 *   request ─▶ who asks? ─▶ from one of our own pages? ─▶ may they? ─▶ body checked ─▶ route ─▶ answer ─▶ audit log
 */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { DatalabError } from '../../engine/errors/errors.ts';
import { ACTIONS, type Action, type Identity, may } from '../../engine/protocol/access.ts';
import type { AuditEntry } from '../../engine/protocol/administration.ts';
import type { Asker } from './sealed-identity.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What it takes to ask this. Every route has one. */ readonly action?: Action;
    /** What is written down when it was asked, e.g. `config.change`: every route that changes something for others. */ readonly act?: string;
  }
  interface FastifyRequest {
    /** Who asks, and from where; nobody on routes of the action `track`. */ asker: Asker;
    /** What the act was done to, where the address does not say so; set by the route. */ actTarget?: string;
  }
}

/** An act as it is written down; the log gives it its id. */
export type Act = Omit<AuditEntry, 'id'>;

export type GuardDeps = {
  readonly nowMs: () => number;
  /** Says who asks. Null for nobody that is known. */ readonly identify: (request: FastifyRequest) => Promise<Asker>;
  /** True for a host by which browsers reach us. */ readonly isOwnHost: (host: string | undefined) => boolean;
  /** Writes an act down; not waited for. */ readonly audit: (act: Act) => void;
};

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Never written down. */
const SECRETS: ReadonlySet<string> = new Set(['password', 'old', 'code', 'token', 'secret']);
const DETAIL_MAX_CHARS = 4_000;

/** Guards all routes that are registered after it, in this instance and below. */
export function guard(app: FastifyInstance, { nowMs, identify, isOwnHost, audit }: GuardDeps): void {
  app.decorateRequest('asker');
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  // Not at once: a plugin may say it for all its routes, and is asked after us.
  app.addHook('onReady', async () => routes.forEach(check));
  function check({ config, method, url }: RouteOptions): void {
    const isUnsafe = [method].flat().some((each) => !SAFE_METHODS.has(each));
    if (!config?.action) throw new Error(`the route ${method} ${url} says no action`);
    const { level } = ACTIONS[config.action];
    if (isUnsafe && !config.act && level !== 'public' && level !== 'service' && level !== 'token')
      throw new Error(`the route ${method} ${url} changes something, and says no act`);
  }
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config;
    // No such route.
    if (!action) return;
    const { level } = ACTIONS[action];
    // Trackers are of other sites, and nobody; their routes look after themselves.
    if (action === 'track') return;
    if (level !== 'service' && !isOwnHost(request.headers.host))
      throw new DatalabError('host-refused', `This node is not called ${request.hostname}.`);
    request.asker = await identify(request);
    const { identity } = request.asker;
    if (!SAFE_METHODS.has(request.method) && identity?.kind !== 'token') requireOwnPage(request, isOwnHost);
    if (may(identity, action, appOf(request))) return;
    if (identity === null) throw new DatalabError('signed-out', 'You are not signed in.');
    throw new DatalabError('not-allowed', `${nameOf(identity)} may not do this: it takes ${takes(action)}.`);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { act } = request.routeOptions.config;
    // Refused before it was known who asks: a stranger's page, or a host that is not ours.
    if (!act || !request.asker) return;
    const { identity, address } = request.asker;
    const app = appOf(request);
    const target = request.actTarget ?? targetOf(request);
    audit({
      atMs: nowMs(),
      by: identity ? nameOf(identity) : 'somebody',
      what: act,
      ...(app === undefined ? {} : { app }),
      ...(target === undefined ? {} : { target }),
      from: address,
      status: reply.statusCode,
      detail: withoutSecrets(request.body),
    });
  });
}

/** A page of somebody else may send what it cannot read the answer to; browsers say where a request comes from. */
function requireOwnPage({ headers }: FastifyRequest, isOwnHost: GuardDeps['isOwnHost']): void {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && !isOwnHost(URL.parse(origin)?.host)) throw foreign(origin);
  if (origin === undefined && site !== undefined && site !== 'same-origin' && site !== 'none') throw foreign('another site');
}

const foreign = (whose: string) => new DatalabError('host-refused', `Pages of ${whose} change nothing here.`);

/** The app that a request is about, by its address alone. */
function appOf({ query, params }: FastifyRequest): string | undefined {
  const { app } = { ...(query as Readonly<Record<string, unknown>>), ...(params as Readonly<Record<string, unknown>>) };
  return typeof app === 'string' ? app : undefined;
}

function targetOf({ params }: FastifyRequest): string | undefined {
  const named = Object.entries(params as Readonly<Record<string, string>>).filter(([name]) => name !== 'app');
  return named.length > 0 ? named.map(([, value]) => value).join(' ') : undefined;
}

/** As others know them. */
export function nameOf(identity: Identity): string {
  return identity.kind === 'service' ? `service ${identity.name}` : identity.name;
}

function takes(action: Action): string {
  const { level } = ACTIONS[action];
  return level === 'owner' ? 'an owner' : level === 'token' ? 'an API token of that scope' : `the role ${level} in this app`;
}

function withoutSecrets(body: unknown): string {
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return '';
  const text = JSON.stringify(body, (name, value: unknown) => (SECRETS.has(name) ? '…' : name === 'url' ? bareAddress(value) : value));
  return text.length > DETAIL_MAX_CHARS ? `${text.slice(0, DETAIL_MAX_CHARS)}…` : text;
}

/** Addresses that people paste hold tokens, and names with passwords. */
function bareAddress(value: unknown): string {
  const { origin, pathname } = URL.parse(String(value)) ?? { origin: '', pathname: '' };
  return origin + pathname;
}
