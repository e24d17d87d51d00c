import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import { CONFIG_CONFIRMED, type ConfigConfirmed } from '../../engine/protocol/administration.ts';
import { ID_PATTERN } from '../../engine/protocol/hello.ts';
import type { Directory } from '../directory/directory.ts';

type ConfirmedDeps = { readonly registry: Registry; readonly directory: Directory };
const PARAMS = { type: 'object', required: ['app'], properties: { app: { type: 'string', pattern: ID_PATTERN } } } as const;

/** `GET /api/trackers/:app/confirmed`: how many of an app's connected trackers capture by its latest configuration. */
export async function confirmedRoute(app: FastifyInstance, { registry, directory }: ConfirmedDeps): Promise<void> {
  app.get<{ Params: { app: string } }>(
    '/api/trackers/:app/confirmed',
    { config: { action: 'settings.read' }, schema: { params: PARAMS, response: { 200: CONFIG_CONFIRMED } } },
    async ({ params }): Promise<ConfigConfirmed> => {
      const connected = [...registry.all()].filter(({ facts, place }) => facts.app === params.app && place === 'LISTEN');
      const confirmed = connected.filter(({ controls }) => controls.isConfirmed).length;
      return { version: directory.capture(params.app).version, connected: connected.length, confirmed };
    },
  );
}
