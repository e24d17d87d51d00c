/** How services are asked: by a function call where they are mounted in this process, by HTTP where they run elsewhere. */
import type { FastifyInstance } from 'fastify';
import { DatalabError, ERRORS, type ErrorCode } from '../../engine/errors/errors.ts';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { type Asker, IDENTITY_HEADER, type Seals } from '../access/sealed-identity.ts';
import { SERVICES, type ServiceName } from './services.ts';

/** A service that says nothing for this long is away. A long poll says so within POLL_WAIT_MS. */
export const CALL_TIMEOUT_MS = 5_000;
/** A long poll that has nothing to say is answered after this. */
export const POLL_WAIT_MS = 20_000;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export type ServiceRequest = {
  readonly method: Method;
  /** With its query. */ readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */ readonly body?: string;
  readonly timeoutMs: number;
};

export type ServiceAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
};

/** @throws DatalabError `service-away` when there is no answer */
export type Call = (request: ServiceRequest) => Promise<ServiceAnswer>;

/** Asks routes of this process, without a network between. */
export function callHere(app: FastifyInstance): Call {
  return async ({ method, path, headers, body }) => {
    const answer = await app.inject({ method, url: path, headers, ...(body === undefined ? {} : { payload: body }) });
    return { status: answer.statusCode, headers: answer.headers as ServiceAnswer['headers'], body: answer.body };
  };
}

/** Asks another process. @param url e.g. `http://user:8001` */
export function callThere(name: ServiceName, url: string): Call {
  return async ({ method, path, headers, body, timeoutMs }) => {
    try {
      const init = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const;
      const answer = await fetch(url + path, body === undefined ? init : { ...init, body });
      const setCookie = answer.headers.getSetCookie();
      const all = { ...Object.fromEntries(answer.headers), ...(setCookie.length > 0 && { 'set-cookie': setCookie }) };
      return { status: answer.status, headers: all, body: await answer.text() };
    } catch (error) {
      throw new DatalabError('service-away', `The service ${name} does not answer: what it looks after cannot be seen or changed now.`, {
        cause: error,
      });
    }
  };
}

export type AskOptions = {
  readonly body?: object;
  /** Who wants it; a service in its own name if absent. */ readonly as?: Asker;
  readonly timeoutMs?: number;
};

/**
 * Asks a service and reads its answer.
 * @throws DatalabError what the service refused with; `service-away`; `internal` for an answer that is none of ours
 */
export type Ask = <T>(service: ServiceName, method: Method, path: string, options?: AskOptions) => Promise<T>;

/** @param calls how each service is reached @param self who asks, where nobody else does */
export function createAsk(calls: Readonly<Record<ServiceName, Call>>, seals: Seals, nowMs: () => number, self: string): Ask {
  const own: Asker = { identity: { kind: 'service', name: self }, address: '', source: '' };
  return async <T>(
    service: ServiceName,
    method: Method,
    path: string,
    { body, as = own, timeoutMs = CALL_TIMEOUT_MS }: AskOptions = {},
  ) => {
    const headers = {
      host: `${service}:${SERVICES[service].port}`,
      [IDENTITY_HEADER]: seals.seal(as, nowMs()),
      ...(body && { 'content-type': 'application/json' }),
    };
    const answer = await calls[service]({ method, path, headers, ...(body && { body: JSON.stringify(body) }), timeoutMs });
    if (answer.status < 200 || answer.status > 299) throw refusalOf(answer.body);
    try {
      return (answer.body === '' ? null : JSON.parse(answer.body)) as T;
    } catch {
      throw notOurs();
    }
  };
}

function refusalOf(body: string): DatalabError {
  try {
    const { code, message } = JSON.parse(body) as Partial<Refusal>;
    if (typeof code === 'string' && Object.hasOwn(ERRORS, code) && typeof message === 'string')
      return new DatalabError(code as ErrorCode, message);
  } catch {
    // Said below.
  }
  return notOurs();
}

const notOurs = () => new DatalabError('internal', 'A service answered what is no answer of ours.');
