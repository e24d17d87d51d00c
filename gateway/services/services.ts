/** The services of the deployment: what each is called, where it listens when it runs alone, and which database it owns. */

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
