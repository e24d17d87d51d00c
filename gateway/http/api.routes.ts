/** What the UI asks by HTTP: one route a question. The schemas that validate here type the UI. */
import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import {
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
import type { Directory } from '../directory/directory.ts';

type ApiDeps = { store: Store; registry: Registry; directory: Directory };
type OfApp = { Querystring: { app: string } };
type OfSession = OfApp & { Params: { session: string } };

export async function apiRoutes(app: FastifyInstance, { store, registry, directory }: ApiDeps): Promise<void> {
  app.addHook<OfApp>('preHandler', async ({ query: { app: key } }) => {
    if (!directory.find(key)) throw new DatalabError('app-unknown', `No app has the key ${key}.`);
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

  app.get<{ Querystring: SessionQuery }>(
    '/api/sessions',
    { config: { action: 'reports.read' }, schema: { querystring: SESSION_QUERY, response: { 200: SESSION_LIST } } },
    async ({ query }) => {
      const { rows, total } = await listSessions(store, query);
      return { rows: rows.map(withLiveState), total };
    },
  );

  app.get<OfSession>(
    '/api/sessions/:session',
    { config: { action: 'replays.read' }, schema: { querystring: PAGE_QUERY, response: { 200: SESSION_DETAIL } } },
    async (request): Promise<SessionDetail> => {
      const row = await rowOf(request);
      const live = registry.find(row.session);
      if (!live) return { row, transitions: [], controls: [] };
      return {
        row,
        transitions: live.transitions.map(({ atMs, event, state }) => ({ atMs, event, state })),
        controls: [...live.controls.log],
        wanted: live.controls.wanted,
      };
    },
  );

  app.get<OfSession>(
    '/api/sessions/:session/chunks',
    { config: { action: 'replays.read' }, schema: { querystring: PAGE_QUERY } },
    async (request, reply) => {
      const row = await rowOf(request);
      return reply.type(CHUNKS_CONTENT_TYPE).send(Buffer.from(await sessionChunks(store, row.app, row.session)));
    },
  );

  app.get<{ Querystring: PageQuery }>(
    '/api/pages',
    { config: { action: 'reports.read' }, schema: { querystring: PAGE_QUERY, response: { 200: PAGE_LIST } } },
    ({ query }) => listPages(store, query),
  );

  app.get<{ Querystring: HeatmapQuery }>(
    '/api/heatmap',
    { config: { action: 'reports.read' }, schema: { querystring: HEATMAP_QUERY, response: { 200: HEATMAP } } },
    ({ query }) => heatmap(store, query),
  );
}
