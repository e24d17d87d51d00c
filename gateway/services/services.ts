/** The services of the deployment: what each is called, where it listens when it runs alone, and which database it owns. */
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../engine/clock/clock.ts';
import type { Documents } from '../../engine/documents/documents.ts';
import type { Ask } from './call.ts';

export const SERVICE_NAMES = ['app', 'user', 'userauth', 'config', 'apptoken'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

type ServiceRow = {
  /** Where it listens when it runs alone; its swarm name is its own. */ readonly port: number;
  /** Its own database; nobody else reads it. */ readonly database: string;
  /** What the gateway hands on to it when it runs elsewhere. */ readonly paths: readonly string[];
  readonly about: string;
};

export const SERVICES: Readonly<Record<ServiceName, ServiceRow>> = {
  app: { port: 8003, database: 'appstorage', paths: ['/api/apps', '/api/audit'], about: 'apps, and the audit log' },
  user: { port: 8001, database: 'userstorage', paths: ['/api/users'], about: 'people, their roles, invitations' },
  userauth: {
    port: 8002,
    database: 'userauthstorage',
    paths: ['/api/sign-in', '/api/sign-out', '/api/links', '/api/account'],
    about: 'passwords, one-time codes, sign-ins',
  },
  config: { port: 8005, database: 'configstorage', paths: ['/api/config'], about: 'how apps are captured, version by version' },
  apptoken: { port: 8006, database: 'apptokenstorage', paths: ['/api/keys'], about: 'public keys and API tokens' },
};

/** What every service is given. */
export type ServiceDeps = {
  readonly clock: Clock;
  readonly documents: Documents;
  /** Asks another service, wherever it runs. */ readonly ask: Ask;
  /** By which browsers reach us, e.g. `https://stats.example.com`: links are made with it. */ readonly publicUrl: () => string;
};

/** Adds a service's routes, its public ones under SERVICES' paths and its internal ones under `/internal/NAME`. */
export type Service = (app: FastifyInstance, deps: ServiceDeps) => Promise<void>;
