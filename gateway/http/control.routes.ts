/** What operators do to live sessions: change how one is captured, end one. Each is confirmed by the session's log alone (SPEC CT2). */
import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import { PAGE_QUERY } from '../../engine/protocol/api.ts';
import { CONTROL_CHANGE, type ControlChange } from '../../engine/protocol/control.ts';
import { nameOf } from '../access/guard.ts';
import type { Asker } from '../access/sealed-identity.ts';

type ControlDeps = { readonly registry: Registry };
type OfSession = { Params: { session: string }; Querystring: { app: string } };

export async function controlRoutes(app: FastifyInstance, { registry }: ControlDeps): Promise<void> {
  app.addHook<OfSession>('preHandler', async ({ params, query }) => {
    if (registry.look(params.session)?.facts.app !== query.app)
      throw new DatalabError('session-unknown', `There is no live session ${params.session} in ${query.app}.`);
  });

  app.post<OfSession & { Body: ControlChange }>(
    '/api/sessions/:session/control',
    { config: { action: 'sessions.control', act: 'session.control' }, schema: { querystring: PAGE_QUERY, body: CONTROL_CHANGE } },
    async ({ params: { session }, body, asker }, reply) => {
      if (!registry.control(session, body, byOf(asker))) throw new DatalabError('session-ended', `Session ${session} is closing.`);
      return reply.code(202).send({});
    },
  );

  app.post<OfSession>(
    '/api/sessions/:session/end',
    { config: { action: 'sessions.control', act: 'session.end' }, schema: { querystring: PAGE_QUERY } },
    async ({ params: { session }, asker }, reply) => {
      if (!registry.end(session, 'operator', byOf(asker)))
        throw new DatalabError('session-ended', `Session ${session} is closing already.`);
      return reply.code(202).send({});
    },
  );
}

const byOf = ({ identity }: Asker) => (identity ? nameOf(identity) : 'somebody');
