/** Public keys and API tokens of apps. */
import type { FastifyInstance } from 'fastify';
import { SCOPES } from '../../../engine/protocol/access.ts';
import { KEY_END, KEY_LIST, type KeyList, TOKEN_CREATE, TOKEN_MADE, type TokenCreate } from '../../../engine/protocol/administration.ts';
import { ID_PATTERN } from '../../../engine/protocol/hello.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import { nameOf } from '../../access/guard.ts';
import type { Asker } from '../../access/sealed-identity.ts';
import { Changes } from '../changes.ts';
import { activeApp, knownApp } from '../known-app.ts';
import { longPoll } from '../long-poll.ts';
import type { Service, ServiceDeps } from '../service.ts';
import { ApiTokens, TOKENS, type TokenRecord } from './api-tokens.ts';
import { KEYS, type KeyRecord, PublicKeys } from './public-keys.ts';

const id = { type: 'string', pattern: ID_PATTERN } as const;
const ms = { type: 'integer', minimum: 0 } as const;
const object = <P extends object, R extends keyof P & string>(properties: P, required: readonly R[]) =>
  ({ type: 'object', additionalProperties: false, required, properties }) as const;
const OF_APP = object({ app: id }, ['app']);
const OF_KEY = object({ app: id, key: id }, ['app', 'key']);
const OF_TOKEN = object({ app: id, token: id }, ['app', 'token']);
const USED = object(
  {
    keys: { type: 'array', maxItems: 10_000, items: object({ key: id, atMs: ms }, ['key', 'atMs']) },
    tokens: { type: 'array', maxItems: 10_000, items: object({ id, atMs: ms }, ['id', 'atMs']) },
  } as const,
  ['keys', 'tokens'],
);
const NEWEST = object({ key: { type: 'string' } } as const, ['key']);
/** As many as the schema takes. */
const USED_MAX_BYTES = 4_194_304;
type OfApp = { Params: FromSchema<typeof OF_APP> };

export const apptokenService: Service = async (server, deps) => {
  const { clock, documents } = deps;
  const keys = new PublicKeys(await documents.collection<KeyRecord>(KEYS), clock);
  const tokens = new ApiTokens(await documents.collection<TokenRecord>(TOKENS), clock);
  const changes = new Changes(clock);
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  publicRoutes(server, deps, keys, tokens, changes);
  internalRoutes(server, keys, tokens, changes);
};

function publicRoutes(server: FastifyInstance, { ask }: ServiceDeps, keys: PublicKeys, tokens: ApiTokens, changes: Changes): void {
  const list = async (app: string): Promise<KeyList> => ({ keys: await keys.of(app), tokens: await tokens.of(app) });
  const schema = { params: OF_APP, response: { 200: KEY_LIST } };

  server.get<OfApp>('/api/keys/:app', { config: { action: 'keys.manage' }, schema }, async ({ params }) => {
    await knownApp(ask, params.app);
    return list(params.app);
  });

  server.post<OfApp>(
    '/api/keys/:app',
    { config: { action: 'keys.manage', act: 'key.create' }, schema },
    async ({ params: { app }, asker }) => {
      await activeApp(ask, app);
      await keys.make(app, byOf(asker));
      changes.bump();
      return list(app);
    },
  );

  server.put<{ Params: FromSchema<typeof OF_KEY>; Body: FromSchema<typeof KEY_END> }>(
    '/api/keys/:app/public/:key',
    { config: { action: 'keys.manage', act: 'key.end' }, schema: { ...schema, params: OF_KEY, body: KEY_END } },
    async ({ params: { app, key }, body }) => {
      await keys.end(app, key, body.endsMs);
      changes.bump();
      return list(app);
    },
  );

  server.post<OfApp & { Body: TokenCreate }>(
    '/api/keys/:app/tokens',
    {
      config: { action: 'keys.manage', act: 'token.create' },
      schema: { params: OF_APP, body: TOKEN_CREATE, response: { 200: TOKEN_MADE } },
    },
    async ({ params: { app }, body, asker }) => {
      await activeApp(ask, app);
      const token = await tokens.make(app, byOf(asker), body);
      changes.bump();
      return { token };
    },
  );

  server.delete<{ Params: FromSchema<typeof OF_TOKEN> }>(
    '/api/keys/:app/tokens/:token',
    { config: { action: 'keys.manage', act: 'token.end' }, schema: { ...schema, params: OF_TOKEN } },
    async ({ params: { app, token } }) => {
      await tokens.end(app, token);
      changes.bump();
      return list(app);
    },
  );
}

function internalRoutes(server: FastifyInstance, keys: PublicKeys, tokens: ApiTokens, changes: Changes): void {
  const config = { action: 'internal' } as const;
  const scopes = { type: 'array', items: { enum: SCOPES } } as const;
  longPoll(server, 'apptoken', {
    changes,
    properties: {
      keys: { type: 'array', items: { type: 'object', required: ['key', 'app'], properties: { key: id, app: id, endsMs: ms } } },
      tokens: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id', 'name', 'app', 'scopes', 'hash', 'expiresMs'],
          properties: { id, name: { type: 'string' }, app: id, scopes, hash: { type: 'string' }, expiresMs: ms },
        },
      },
    },
    read: async () => ({ keys: await keys.all(), tokens: await tokens.all() }),
  });

  server.post<{ Body: FromSchema<typeof USED> }>(
    '/internal/apptoken/used',
    { config, bodyLimit: USED_MAX_BYTES, schema: { body: USED } },
    async ({ body }) => {
      for (const { key, atMs } of body.keys) await keys.used(key, atMs);
      for (const { id: token, atMs } of body.tokens) await tokens.used(token, atMs);
      return {};
    },
  );

  server.post<{ Body: FromSchema<typeof OF_KEY> }>(
    '/internal/apptoken/ensure',
    { config, schema: { body: OF_KEY } },
    async ({ body: { app, key } }) => {
      if (await keys.ensure(app, key)) changes.bump();
      return {};
    },
  );

  server.get<{ Querystring: FromSchema<typeof OF_APP> }>(
    '/internal/apptoken/newest',
    { config, schema: { querystring: OF_APP, response: { 200: NEWEST } } },
    async ({ query }) => ({ key: (await keys.newest(query.app))?.key ?? '' }),
  );

  server.get<{ Querystring: FromSchema<typeof OF_APP> }>(
    '/internal/apptoken/keys',
    { config, schema: { querystring: OF_APP } },
    async ({ query }) => ({ keys: await keys.of(query.app) }),
  );

  server.post<{ Body: FromSchema<typeof OF_APP> }>(
    '/internal/apptoken/forget-app',
    { config, schema: { body: OF_APP } },
    async ({ body: { app } }) => {
      await keys.forget(app);
      await tokens.forget(app);
      changes.bump();
      return {};
    },
  );
}

const byOf = ({ identity }: Asker) => (identity ? nameOf(identity) : 'somebody');
