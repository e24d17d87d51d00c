/** What the UI asks by HTTP: one route a question. The schemas that validate here type the UI. */
import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import {
  APP_LIST,
  type AppList,
  CHUNKS_CONTENT_TYPE,
  HEATMAP,
  HEATMAP_QUERY,
  type HeatmapQuery,
  PAGE_LIST,
  PAGE_QUERY,
  type PageQuery,
  SESSION_DETAIL,
  SESSION_LIST,
  SESSION_QUERY,
  type SessionDetail,
  type SessionQuery,
  type SessionRow,
} from '../../engine/protocol/api.ts';
import { END } from '../../engine/protocol/lifecycle.ts';
import { sessionChunks } from '../../engine/query/chunks.ts';
import { heatmap } from '../../engine/query/heatmap.ts';
import { listPages } from '../../engine/query/pages.ts';
import { listSessions, sessionRow } from '../../engine/query/sessions.ts';
import type { Store } from '../../engine/store/store.ts';
import type { Apps } from '../services/apps.ts';
import type { IsOwnHost } from './own-hosts.ts';
import { baseUrlOf } from './server.ts';

type ApiDeps = { store: Store; registry: Registry; apps: Apps; publicUrl: string; isOwnHost: IsOwnHost };
type OfApp = { Querystring: { app: string } };
type OfSession = OfApp & { Params: { session: string } };

export async function apiRoutes(app: FastifyInstance, { store, registry, apps, publicUrl, isOwnHost }: ApiDeps): Promise<void> {
  app.addHook('onRequest', async (request) => {
    if (!isOwnHost(request.headers.host)) throw new DatalabError('host-refused', `This node is not called ${request.hostname}.`);
  });
  // Every question but the list of apps is about one of them.
  app.addHook<OfApp>('preHandler', async (request) => {
    const { app: key } = request.query;
    if (key !== undefined && !apps.find(key)) throw new DatalabError('app-unknown', `No app has the key ${key}.`);
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  /** What the store cannot know: the state of the actor, and what it has moved since the last commit. */
  function withLiveState(row: SessionRow): SessionRow {
    const session = registry.find(row.session);
    return session && session.place !== END && row.endedMs === undefined ? { ...row, state: session.place } : row;
  }

  async function rowOf({ params, query }: { params: { session: string }; query: { app: string } }): Promise<SessionRow> {
    const row = await sessionRow(store, query.app, params.session);
    if (!row) throw new DatalabError('session-unknown', `There is no session ${params.session} in ${query.app}.`);
    return withLiveState(row);
  }

  app.get('/api/apps', { schema: { response: { 200: APP_LIST } } }, async (request): Promise<AppList> => {
    const script = `${baseUrlOf(request, publicUrl)}/datalab.js`;
    return {
      apps: apps.all().map(({ key, name, origins }) => ({
        key,
        name,
        origins: [...origins],
        snippet: `<script async src="${script}" data-app="${key}"></script>`,
      })),
    };
  });

  app.get<{ Querystring: SessionQuery }>(
    '/api/sessions',
    { schema: { querystring: SESSION_QUERY, response: { 200: SESSION_LIST } } },
    async ({ query }) => {
      const { rows, total } = await listSessions(store, query);
      return { rows: rows.map(withLiveState), total };
    },
  );

  app.get<OfSession>(
    '/api/sessions/:session',
    { schema: { querystring: PAGE_QUERY, response: { 200: SESSION_DETAIL } } },
    async (request): Promise<SessionDetail> => {
      const row = await rowOf(request);
      const live = registry.find(row.session);
      if (!live) return { row, transitions: [], controls: [] };
      const { moveSampleMs, recording, paused, mask } = live.controls.config;
      return {
        row,
        transitions: live.transitions.map(({ atMs, event, state }) => ({ atMs, event, state })),
        controls: [...live.controls.log],
        wanted: { moveSampleMs, recording, paused, mask },
      };
    },
  );

  app.get<OfSession>('/api/sessions/:session/chunks', { schema: { querystring: PAGE_QUERY } }, async (request, reply) => {
    const row = await rowOf(request);
    return reply.type(CHUNKS_CONTENT_TYPE).send(Buffer.from(await sessionChunks(store, row.app, row.session)));
  });

  app.get<{ Querystring: PageQuery }>('/api/pages', { schema: { querystring: PAGE_QUERY, response: { 200: PAGE_LIST } } }, ({ query }) =>
    listPages(store, query),
  );

  app.get<{ Querystring: HeatmapQuery }>(
    '/api/heatmap',
    { schema: { querystring: HEATMAP_QUERY, response: { 200: HEATMAP } } },
    ({ query }) => heatmap(store, query),
  );
}
