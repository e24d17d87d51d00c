/** Mounts the services that run in this process, and hands on to those that run elsewhere. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../engine/clock/clock.ts';
import type { Documents } from '../../engine/documents/documents.ts';
import { IDENTITY_HEADER, type Seals } from '../access/sealed-identity.ts';
import { appService } from './app/app.service.ts';
import { apptokenService } from './apptoken/apptoken.service.ts';
import { type Ask, CALL_TIMEOUT_MS, type Call, callHere, callThere, createAsk } from './call.ts';
import { configService } from './config/config.service.ts';
import type { Service, ServiceDeps } from './service.ts';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts';
import { userService } from './user/user.service.ts';
import { userauthService } from './userauth/userauth.service.ts';

const PLUGINS: Readonly<Record<ServiceName, Service>> = {
  app: appService,
  user: userService,
  userauth: userauthService,
  config: configService,
  apptoken: apptokenService,
};

/** Of what a service answers, what reaches the browser. */
const HEADERS_BACK = ['content-type', 'set-cookie', 'location', 'cache-control', 'retry-after'];

export type MountOptions = Omit<ServiceDeps, 'documents' | 'ask'> & {
  readonly seals: Seals;
  /** Services that run elsewhere, by name. @example new Map([['user', 'http://user:8001']]) */
  readonly elsewhere: ReadonlyMap<ServiceName, string>;
  readonly openDocuments: (name: ServiceName) => Promise<Documents>;
};

export type Mounted = {
  readonly ask: Ask;
  /** Adds the routes: after the guard. */ mount(): Promise<void>;
  /** How each service that runs elsewhere is. */ health(): Promise<Readonly<Record<string, 'ok' | 'away'>>>;
  close(): Promise<void>;
};

/** @param app all of them, and what is not `elsewhere`, is mounted here @param only the one that this process is, where it is one alone */
export function createServices(app: FastifyInstance, options: MountOptions, only?: ServiceName): Mounted {
  const { clock, seals, elsewhere, openDocuments, ...shared } = options;
  const calls = Object.fromEntries(
    SERVICE_NAMES.map((name) => {
      const url = elsewhere.get(name);
      return [name, url === undefined ? callHere(app) : callThere(name, url)];
    }),
  ) as Record<ServiceName, Call>;
  const ask = createAsk(calls, seals, () => clock.nowMs(), only ?? 'gateway');
  const opened: Documents[] = [];

  return {
    ask,
    async mount() {
      for (const name of only ? [only] : SERVICE_NAMES) {
        if (elsewhere.has(name)) handOn(app, name, calls[name], seals, clock);
        else {
          const documents = await openDocuments(name);
          opened.push(documents);
          await app.register(PLUGINS[name], { ...shared, clock, documents, ask });
        }
      }
    },
    async health() {
      const asked = [...elsewhere.keys()].map(async (name) => {
        const answer = await calls[name]({ method: 'GET', path: '/healthz', headers: {}, timeoutMs: 1_000 }).catch(() => null);
        return [name, answer?.status === 200 ? 'ok' : 'away'] as const;
      });
      return Object.fromEntries(await Promise.all(asked));
    },
    async close() {
      await Promise.all(opened.map((documents) => documents.close()));
    },
  };
}

/** Every request under the service's paths goes there as it is, with who asks; whether they may is decided there, by the same guard. */
function handOn(app: FastifyInstance, name: ServiceName, call: Call, seals: Seals, clock: Clock): void {
  for (const path of SERVICES[name].paths) {
    for (const url of [path, `${path}/*`]) {
      app.route({
        method: ['GET', 'POST', 'PUT', 'DELETE'],
        url,
        config: { action: 'sign-in' },
        handler: async (request, reply) => {
          const headers: Record<string, string> = {
            host: `${name}:${SERVICES[name].port}`,
            [IDENTITY_HEADER]: seals.seal(request.asker, clock.nowMs()),
            ...passedOn(request),
            ...(request.body === undefined || request.body === null ? {} : { 'content-type': 'application/json' }),
          };
          const answer = await call({
            method: request.method as 'GET',
            path: request.url,
            headers,
            ...(request.body === undefined || request.body === null ? {} : { body: JSON.stringify(request.body) }),
            timeoutMs: CALL_TIMEOUT_MS,
          });
          reply.code(answer.status);
          for (const header of HEADERS_BACK) {
            const value = answer.headers[header];
            if (value !== undefined) reply.header(header, value);
          }
          return reply.send(answer.body);
        },
      });
    }
  }
}

/** What the services look at beside the address and the body. */
function passedOn({ headers }: FastifyRequest): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of ['user-agent', 'cookie'] as const) {
    const value = headers[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}
