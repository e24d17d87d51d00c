/** What a service is: routes over a database of its own. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../engine/clock/clock.ts';
import type { Documents } from '../../engine/documents/documents.ts';
import type { Ask } from './call.ts';

/** What every service is given. */
export type ServiceDeps = {
  readonly clock: Clock;
  readonly documents: Documents;
  /** Asks another service, wherever it runs. */ readonly ask: Ask;
  /** By which browsers reach us, e.g. `https://stats.example.com`: links are made with it. */ readonly publicUrl: () => string;
  /** Provider by which people sign in, beside passwords. */ readonly openId?: OpenIdProvider;
};

export type OpenIdProvider = { readonly name: string; readonly issuer: string; readonly clientId: string; readonly clientSecret: string };

/** Adds a service's routes, its public ones under SERVICES' paths and its internal ones under `/internal/NAME`. */
export type Service = (app: FastifyInstance, deps: ServiceDeps) => Promise<void>;
