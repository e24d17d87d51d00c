/** How apps are captured, version by version. */
import {
  APP_CONFIG,
  CONFIG_CHANGE,
  CONFIG_HISTORY,
  CONFIG_ROLL_BACK,
  type ConfigChange,
  type ConfigHistory,
} from '../../../engine/protocol/administration.ts';
import { ID_PATTERN } from '../../../engine/protocol/hello.ts';
import type { FromSchema } from '../../../engine/protocol/schema.ts';
import { nameOf } from '../../access/guard.ts';
import type { Asker } from '../../access/sealed-identity.ts';
import { Changes } from '../changes.ts';
import { activeApp, knownApp } from '../known-app.ts';
import { longPoll } from '../long-poll.ts';
import type { Service } from '../service.ts';
import { requireSoundConfig } from './checked-config.ts';
import { ConfigVersions, VERSIONS, type VersionRecord } from './config-versions.ts';

const app = { type: 'string', pattern: ID_PATTERN } as const;
const OF_APP = { type: 'object', required: ['app'], additionalProperties: false, properties: { app } } as const;
type OfApp = { Params: FromSchema<typeof OF_APP> };

export const configService: Service = async (server, { clock, documents, ask }) => {
  const versions = new ConfigVersions(await documents.collection<VersionRecord>(VERSIONS), clock);
  const changes = new Changes(clock);
  server.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  const history = async (key: string): Promise<ConfigHistory> => ({ versions: await versions.history(key) });
  const schema = { params: OF_APP, response: { 200: CONFIG_HISTORY } };

  server.get<OfApp>('/api/config/:app', { config: { action: 'settings.read' }, schema }, async ({ params }) => {
    await knownApp(ask, params.app);
    return history(params.app);
  });

  server.put<OfApp & { Body: ConfigChange }>(
    '/api/config/:app',
    { config: { action: 'settings.change', act: 'config.change' }, schema: { ...schema, body: CONFIG_CHANGE } },
    async ({ params, body: { basedOn, note = '', config }, asker }) => {
      requireSoundConfig(config);
      await activeApp(ask, params.app);
      await versions.add(params.app, basedOn, byOf(asker), note, config);
      changes.bump();
      return history(params.app);
    },
  );

  server.post<OfApp & { Body: FromSchema<typeof CONFIG_ROLL_BACK> }>(
    '/api/config/:app/roll-back',
    { config: { action: 'settings.change', act: 'config.roll-back' }, schema: { ...schema, body: CONFIG_ROLL_BACK } },
    async ({ params, body: { basedOn, to }, asker }) => {
      await activeApp(ask, params.app);
      await versions.rollBack(params.app, basedOn, byOf(asker), to);
      changes.bump();
      return history(params.app);
    },
  );

  longPoll(server, 'config', {
    changes,
    properties: {
      configs: {
        type: 'array',
        items: {
          type: 'object',
          required: ['app', 'version', 'atMs', 'config'],
          properties: { app, version: { type: 'integer' }, atMs: { type: 'integer' }, config: APP_CONFIG },
        },
      },
    },
    read: async () => ({ configs: await versions.latestOfAll() }),
  });

  server.post<{ Body: FromSchema<typeof OF_APP> }>(
    '/internal/config/forget-app',
    { config: { action: 'internal' }, schema: { body: OF_APP } },
    async ({ body }) => {
      await versions.forget(body.app);
      changes.bump();
      return {};
    },
  );
};

const byOf = ({ identity }: Asker) => (identity ? nameOf(identity) : 'somebody');
