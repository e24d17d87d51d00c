/** Every setting of a node: its variable, default, range and meaning in one table; README's table is checked against it. */
import { DatalabError } from '../engine/errors/errors.ts';
import { parseElsewhere } from './services/elsewhere-setting.ts';
import { parseRetention } from './upkeep/retention-setting.ts';

type Setting<T> = {
  readonly variable: string;
  /** As one would write it. */ readonly fallback: string;
  readonly about: string;
  readonly parse: (text: string, variable: string) => T;
};

const invalid = (variable: string, text: string, wanted: string) =>
  new DatalabError('setting-invalid', `${variable} is “${text}”, but must be ${wanted}.`);

function whole(min: number, max: number) {
  return (text: string, variable: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw invalid(variable, text, `a whole number from ${min} to ${max}`);
    return value;
  };
}

function oneOf<const T extends string>(...values: readonly T[]) {
  return (text: string, variable: string): T => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw invalid(variable, text, `one of ${values.join(', ')}`);
    return found;
  };
}

const any = (text: string): string => text;

/** One tracked website, as configured. */
export type AppSetting = { readonly key: string; readonly name: string; readonly origins: readonly string[] };

/** An origin is exact; only the port may be `*`, for development on one machine. */
const ORIGIN = /^https?:\/\/[a-z0-9.-]+(:(\d{1,5}|\*))?$/;

function apps(text: string, variable: string): readonly AppSetting[] {
  return text.split(';').map((entry) => {
    const [key = '', name = '', origins = ''] = entry.split('|').map((part) => part.trim());
    const list = origins.split(',').filter(Boolean);
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(key) || name === '' || list.length === 0 || !list.every((origin) => ORIGIN.test(origin))) {
      throw invalid(variable, entry, 'like key|Name|https://www.example.com,https://example.com (several apps: separated by ;)');
    }
    return { key, name, origins: list };
  });
}

function publicUrl(text: string, variable: string): string {
  if (text === '' || /^https?:\/\/[^/?#\s]+$/.test(text)) return text;
  throw invalid(variable, text, 'an address without path, like https://stats.example.com');
}

/** @throws without the value: it may hold a password */
function mongodbUri(text: string, variable: string): string {
  if (text === '' || /^mongodb(\+srv)?:\/\/[^/?#\s]+/.test(text)) return text;
  throw new DatalabError('setting-invalid', `${variable} must be an address like mongodb://host:27017/datalab?replicaSet=rs0.`);
}

/** @throws without the value: it holds a secret */
function openId(text: string, variable: string): OpenIdSetting | null {
  if (text === '') return null;
  const [name = '', issuer = '', clientId = '', clientSecret = ''] = text.split('|').map((part) => part.trim());
  if (name && clientId && clientSecret && /^https?:\/\/\S+$/.test(issuer)) return { name, issuer, clientId, clientSecret };
  throw new DatalabError('setting-invalid', `${variable} must be like Company|https://id.example.com|client|secret.`);
}

/** @throws without the value */
function serviceSecret(text: string, variable: string): string {
  if (text === '' || text.length >= 32) return text;
  throw new DatalabError('setting-invalid', `${variable} must have at least 32 characters.`);
}

/** An OpenID Connect provider by which people sign in. */
export type OpenIdSetting = { readonly name: string; readonly issuer: string; readonly clientId: string; readonly clientSecret: string };

export const SETTINGS = {
  host: {
    variable: 'DATALAB_HOST',
    fallback: '127.0.0.1',
    parse: any,
    about: 'address to listen on',
  },
  port: { variable: 'DATALAB_PORT', fallback: '8080', parse: whole(0, 65_535), about: 'port for tracker, UI and API; 0 takes a free one' },
  dataDir: { variable: 'DATALAB_DATA_DIR', fallback: './data', parse: any, about: 'folder of the embedded store and the node’s secret' },
  publicUrl: {
    variable: 'DATALAB_PUBLIC_URL',
    fallback: '',
    parse: publicUrl,
    about: 'how browsers reach this node, if not by host and port',
  },
  apps: {
    variable: 'DATALAB_APPS',
    fallback: 'local|My website|http://localhost:*,http://127.0.0.1:*',
    parse: apps,
    about: 'websites that are made where they are missing, key|name|origin,origin;…; from then on they are changed under Settings',
  },
  retention: {
    variable: 'DATALAB_RETENTION',
    fallback: 'chunks=forever sessions=forever rollups=forever',
    parse: parseRetention,
    about:
      'how long data is kept at most, in whole UTC days: of every app and, after ;, of those that differ, e.g. chunks=180d sessions=400d; shop: chunks=30d; under Settings an app may keep less',
  },
  workers: { variable: 'DATALAB_WORKERS', fallback: '2', parse: whole(1, 64), about: 'worker threads that aggregate' },
  graceMs: {
    variable: 'DATALAB_GRACE_MS',
    fallback: '60000',
    parse: whole(100, 3_600_000),
    about: 'how long a session without a socket is held in CONNECT, ms',
  },
  sessionMaxMs: {
    variable: 'DATALAB_SESSION_MAX_MS',
    fallback: '86400000',
    parse: whole(60_000, 86_400_000),
    about: 'longest session, ms',
  },
  visitQuietMs: {
    variable: 'DATALAB_VISIT_QUIET_MS',
    fallback: '1800000',
    parse: whole(60_000, 36_000_000),
    about: 'quiet that ends a visit, ms',
  },
  hellosPerMin: {
    variable: 'DATALAB_HELLOS_PER_MIN',
    fallback: '600',
    parse: whole(1, 1_000_000),
    about: 'hellos per minute from one address; more are refused as limit-address',
  },
  sessionsMax: {
    variable: 'DATALAB_SESSIONS_MAX',
    fallback: '20000',
    parse: whole(1, 1_000_000),
    about: 'live sessions on this node; more are refused as limit-app',
  },
  logLevel: {
    variable: 'DATALAB_LOG_LEVEL',
    fallback: 'warn',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
    about: 'fatal, error, warn, info, debug or silent',
  },
  demoPort: { variable: 'DATALAB_DEMO_PORT', fallback: '8081', parse: whole(0, 65_535), about: 'port of the demo website (npm run demo)' },
  mongodbUri: {
    variable: 'DATALAB_MONGODB_URI',
    fallback: '',
    parse: mongodbUri,
    about: 'store in this MongoDB (4.4 or newer, a replica set) instead of SQLite, e.g. mongodb://host:27017/datalab?replicaSet=rs0',
  },
  mongodbPoolSize: {
    variable: 'DATALAB_MONGODB_POOL_SIZE',
    fallback: '16',
    parse: whole(4, 1_000),
    about: 'most connections to MongoDB',
  },
  mongodbTimeoutMs: {
    variable: 'DATALAB_MONGODB_TIMEOUT_MS',
    fallback: '10000',
    parse: whole(500, 55_000),
    about: 'longest that MongoDB may take for one thing, retries included, ms; then the store counts as away',
  },
  elsewhere: {
    variable: 'DATALAB_SERVICES_ELSEWHERE',
    fallback: '',
    parse: parseElsewhere,
    about: 'services that run alone, by name, or with their address, e.g. user,config=http://10.0.0.5:8005; all others run in this process',
  },
  serviceSecret: {
    variable: 'DATALAB_SERVICE_SECRET',
    fallback: '',
    parse: serviceSecret,
    about: 'secret of at least 32 characters that all processes share, where services run alone',
  },
  openId: {
    variable: 'DATALAB_OPENID',
    fallback: '',
    parse: openId,
    about: 'OpenID Connect provider to sign in with: name|issuer|client id|client secret',
  },
  requestsPerMin: {
    variable: 'DATALAB_REQUESTS_PER_MIN',
    fallback: '1200',
    parse: whole(10, 1_000_000),
    about: 'requests of UI and API per minute from one address; more are refused as too-many-requests',
  },
  appstorageUri: {
    variable: 'DATALAB_APPSTORAGE_URI',
    fallback: '',
    parse: mongodbUri,
    about: 'database of the service app, if not in the common place',
  },
  userstorageUri: { variable: 'DATALAB_USERSTORAGE_URI', fallback: '', parse: mongodbUri, about: 'database of the service user, likewise' },
  userauthstorageUri: {
    variable: 'DATALAB_USERAUTHSTORAGE_URI',
    fallback: '',
    parse: mongodbUri,
    about: 'database of the service userauth, likewise',
  },
  configstorageUri: {
    variable: 'DATALAB_CONFIGSTORAGE_URI',
    fallback: '',
    parse: mongodbUri,
    about: 'database of the service config, likewise',
  },
  apptokenstorageUri: {
    variable: 'DATALAB_APPTOKENSTORAGE_URI',
    fallback: '',
    parse: mongodbUri,
    about: 'database of the service apptoken, likewise',
  },
} as const satisfies Record<string, Setting<unknown>>;

export type Settings = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> };

/**
 * Reads all settings; empty counts as unset.
 * @throws DatalabError `setting-invalid` with one sentence that names the setting; also for an unknown DATALAB_ variable,
 * since a misspelt setting that is silently ignored costs an evening
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const known = new Set<string>(Object.values(SETTINGS).map((setting) => setting.variable));
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith('DATALAB_') || variable.startsWith('DATALAB_TEST_') || known.has(variable)) continue;
    throw new DatalabError('setting-invalid', `${variable} is no setting of datalab; README lists them.`);
  }
  const read = Object.entries(SETTINGS).map(([name, { variable, fallback, parse }]) => [
    name,
    parse(environment[variable] || fallback, variable),
  ]);
  const settings = Object.freeze(Object.fromEntries(read)) as Settings;
  if (settings.elsewhere.size > 0 && settings.serviceSecret === '')
    throw new DatalabError('setting-invalid', `${SETTINGS.elsewhere.variable} needs ${SETTINGS.serviceSecret.variable}.`);
  return settings;
}
