/** Apps, and the audit log. */
import type { FastifyInstance } from 'fastify';
import { DatalabError } from '../../../engine/errors/errors.ts';
import { may } from '../../../engine/protocol/access.ts';
import {
  APP_ARCHIVE,
  APP_CHANGE,
  APP_CREATE,
  APP_DELETE,
  APP_DETAIL,
  type AppChange,
  type AppCreate,
  type AppDetail,
  AUDIT_ENTRY,
  AUDIT_LIST,
  AUDIT_QUERY,
  type AuditQuery,
  SNIPPET_CHECK,
  SNIPPET_CHECK_ANSWER,
} from '../../../engine/protocol/administration.ts';
import { APP_LIST, type AppList } from '../../../engine/protocol/api.ts';
import { ID_PATTERN } from '../../../engine/protocol/hello.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import type { Act } from '../../access/guard.ts';
import type { Ask } from '../call.ts';
import { Changes } from '../changes.ts';
import { requireActive } from '../known-app.ts';
import { longPoll } from '../long-poll.ts';
import type { Service, ServiceDeps } from '../service.ts';
import { appKeyOf } from './app-key.ts';
import { APPS, type AppRecord, AppRecords } from './app-records.ts';
import { ACTS, type ActRecord, AuditLog, removeOldDaily } from './audit-log.ts';
import { checkedSettings } from './checked-settings.ts';
import { fetchPage } from './fetch-page.ts';
import { checkSnippet } from './snippet-check.ts';

const key = { type: 'string', pattern: ID_PATTERN } as const;
const object = <P extends object, R extends keyof P & string>(properties: P, required: readonly R[]) =>
  ({ type: 'object', additionalProperties: false, required, properties }) as const;
const OF_APP = object({ app: key }, ['app']);
type OfApp = { Params: FromSchema<typeof OF_APP> };
const KEY_ATTEMPTS_MAX = 100;
/** Each may take up 2 MiB. */
const LOOKING_MAX = 8;

type Stores = { readonly apps: AppRecords; readonly audit: AuditLog; readonly changes: Changes };

export const appService: Service = async (server, deps) => {
  const { documents, clock } = deps;
  const stores: Stores = {
    apps: new AppRecords(await documents.collection<AppRecord>(APPS), clock),
    audit: new AuditLog(await documents.collection<ActRecord>(ACTS), clock),
    changes: new Changes(clock),
  };
  publicRoutes(server, deps, stores);
  internalRoutes(server, deps, stores);
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  const stop = removeOldDaily(stores.audit, clock, (error) => server.log.warn({ err: error }, 'old acts were not removed'));
  server.addHook('onClose', async () => stop());
};

function publicRoutes(server: FastifyInstance, { ask, clock, publicUrl }: ServiceDeps, { apps, audit, changes }: Stores): void {
  /** While nobody can say: its first one, which may have ended. */
  const newestKey = (app: string) =>
    ask<{ key: string }>('apptoken', 'GET', `/internal/apptoken/newest?app=${encodeURIComponent(app)}`).then(
      ({ key: newest }) => newest || app,
      () => app,
    );
  const changed = <T>(result: T): T => {
    changes.bump();
    return result;
  };

  server.get(
    '/api/apps',
    { config: { action: 'account' }, schema: { response: { 200: APP_LIST } } },
    async ({ asker }): Promise<AppList> => {
      const seen = (await apps.all()).filter(({ key: app, state }) => state !== 'deleting' && may(asker.identity, 'reports.read', app));
      const listed = seen.map(async ({ key: app, name, origins, timeZone, state }) => {
        const snippet = `<script async src="${publicUrl()}/datalab.js" data-app="${await newestKey(app)}"></script>`;
        return { key: app, name, origins, timeZone, state: state === 'archived' ? ('archived' as const) : ('active' as const), snippet };
      });
      return { apps: await Promise.all(listed) };
    },
  );

  const detail = { params: OF_APP, response: { 200: APP_DETAIL } };
  server.get<OfApp>('/api/apps/:app', { config: { action: 'settings.read' }, schema: detail }, ({ params }) => apps.get(params.app));

  server.post<{ Body: AppCreate }>(
    '/api/apps',
    { config: { action: 'apps.manage', act: 'app.create' }, schema: { body: APP_CREATE, response: { 200: APP_DETAIL } } },
    async (request) => {
      const made = await create(request.body);
      request.actTarget = made.key;
      return changed(made);
    },
  );

  /** With the key that is wanted, else with one made of the name. @throws DatalabError `query-invalid` or `app-exists` */
  async function create({ key: wanted, ...given }: AppCreate): Promise<AppDetail> {
    const app = checkedSettings(given);
    for (let attempt = 1; attempt <= (wanted === undefined ? KEY_ATTEMPTS_MAX : 1); attempt++) {
      const key = wanted ?? appKeyOf(app.name, attempt);
      // First of all its public key: it may be another app's.
      const made = (await ensureKey(ask, key)) ? await apps.create(key, app) : null;
      if (made) return made;
    }
    throw new DatalabError('app-exists', `There is an app with the key ${wanted ?? appKeyOf(app.name)}.`);
  }

  server.put<OfApp & { Body: AppChange }>(
    '/api/apps/:app',
    { config: { action: 'settings.change', act: 'app.change' }, schema: { ...detail, body: APP_CHANGE } },
    async ({ params, body }) => changed(await apps.change(params.app, body)),
  );

  server.put<OfApp & { Body: FromSchema<typeof APP_ARCHIVE> }>(
    '/api/apps/:app/archived',
    { config: { action: 'apps.manage', act: 'app.archive' }, schema: { ...detail, body: APP_ARCHIVE } },
    async ({ params, body }) => changed(await apps.archive(params.app, body.archived)),
  );

  server.post<OfApp & { Body: FromSchema<typeof APP_DELETE> }>(
    '/api/apps/:app/delete',
    { config: { action: 'apps.manage', act: 'app.delete' }, schema: { ...detail, body: APP_DELETE } },
    async ({ params, body }) => changed(await apps.beginDeletion(params.app, body.name)),
  );

  /** Pages that are being looked at now. */
  let looking = 0;
  server.post<OfApp & { Body: FromSchema<typeof SNIPPET_CHECK> }>(
    '/api/apps/:app/check',
    {
      config: { action: 'settings.read', act: 'app.check' },
      schema: { params: OF_APP, body: SNIPPET_CHECK, response: { 200: SNIPPET_CHECK_ANSWER } },
    },
    async ({ params, body }) => {
      const app = await apps.get(params.app);
      requireActive(app);
      const { keys } = await ask<{ keys: { key: string; endsMs?: number }[] }>(
        'apptoken',
        'GET',
        `/internal/apptoken/keys?app=${encodeURIComponent(app.key)}`,
      );
      const nowMs = clock.nowMs();
      const [open, ended] = [true, false].map((goesOn) =>
        keys.filter(({ endsMs }) => (endsMs === undefined || endsMs > nowMs) === goesOn).map((each) => each.key),
      );
      if (looking >= LOOKING_MAX) throw new DatalabError('too-many-requests', 'Too many pages are being looked at just now.');
      looking++;
      const fetched = await fetchPage(body.url, { clock, origins: app.origins, publicUrl: publicUrl() }).finally(() => {
        looking--;
      });
      if ('problem' in fetched) return { found: false, message: fetched.problem };
      return checkSnippet(fetched.page, { open: open ?? [], ended: ended ?? [] });
    },
  );

  // Without an app it is about all: the guard lets owners alone through.
  server.get<{ Querystring: AuditQuery }>(
    '/api/audit',
    { config: { action: 'audit.read' }, schema: { querystring: AUDIT_QUERY, response: { 200: AUDIT_LIST } } },
    async ({ query }) => ({ entries: await audit.list(query) }),
  );
}

/** Makes an app's own key its first public one. @returns false if it is another app's */
async function ensureKey(ask: Ask, key: string): Promise<boolean> {
  try {
    await ask('apptoken', 'POST', '/internal/apptoken/ensure', { body: { app: key, key } });
    return true;
  } catch (error) {
    if (error instanceof DatalabError && error.code === 'app-exists') return false;
    throw error;
  }
}

const { id: _id, ...ACT } = AUDIT_ENTRY.properties;

function internalRoutes(server: FastifyInstance, { ask }: ServiceDeps, { apps, audit, changes }: Stores): void {
  const config = { action: 'internal' } as const;
  longPoll(server, 'app', {
    changes,
    properties: { apps: { type: 'array', items: APP_DETAIL } },
    read: async () => ({ apps: await apps.all() }),
  });

  server.get<OfApp>('/internal/app/apps/:app', { config, schema: { params: OF_APP, response: { 200: APP_DETAIL } } }, ({ params }) =>
    apps.get(params.app),
  );

  const seeded = object({ key, name: APP_CREATE.properties.name, origins: APP_CREATE.properties.origins }, ['key', 'name', 'origins']);
  server.post<{ Body: { apps: { key: string; name: string; origins: string[] }[] } }>(
    '/internal/app/seed',
    { config, schema: { body: object({ apps: { type: 'array', maxItems: 1_000, items: seeded } }, ['apps']) } },
    async ({ body }) => {
      for (const { key: app, name, origins } of body.apps) {
        const settings = checkedSettings({ name, origins, timeZone: 'UTC' });
        // Also for one that is there: a start that was cut short may have made the one without the other.
        const isFree = await ensureKey(ask, app);
        if (!isFree) server.log.warn({ app }, 'this app was not made: its key is another app’s public key');
        const made = isFree && (await apps.create(app, settings));
        if (made) changes.bump();
      }
      return {};
    },
  );

  server.post<{ Body: Act }>(
    '/internal/app/audit',
    { config, schema: { body: object(ACT, ['atMs', 'by', 'what', 'from', 'status', 'detail']) } },
    async ({ body }) => {
      await audit.write(body);
      return {};
    },
  );

  const progress = object({ what: { type: 'string', maxLength: 64 }, done: { type: 'integer', minimum: 0 } } as const, ['what', 'done']);
  server.put<OfApp & { Body: FromSchema<typeof progress> }>(
    '/internal/app/apps/:app/deletion',
    { config, schema: { params: OF_APP, body: progress } },
    ({ params, body }) => apps.noteDeletion(params.app, body.what, body.done),
  );

  server.post<OfApp>('/internal/app/apps/:app/deleted', { config, schema: { params: OF_APP } }, async ({ params: { app } }) => {
    if (!(await apps.isDeleting(app))) return {};
    for (const service of ['config', 'apptoken', 'user'] as const)
      await ask(service, 'POST', `/internal/${service}/forget-app`, { body: { app } });
    await apps.remove(app);
    changes.bump();
    return {};
  });
}
