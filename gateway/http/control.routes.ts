/** What operators do to live sessions: change how one is captured, end one. Each is confirmed by the session's log alone (SPEC CT2). */
import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import { PAGE_QUERY } from '../../engine/protocol/api.ts';
import { CONTROL_CHANGE, type ControlChange } from '../../engine/protocol/control.ts';
import type { IsOwnHost } from './own-hosts.ts';

type ControlDeps = { readonly registry: Registry; readonly isOwnHost: IsOwnHost };
type OfSession = { Params: { session: string }; Querystring: { app: string } };

/** Who it is while nobody signs in. */
const OPERATOR = 'operator';

export async function controlRoutes(app: FastifyInstance, { registry, isOwnHost }: ControlDeps): Promise<void> {
  app.addHook<OfSession>('preHandler', async ({ headers, hostname, params, query }) => {
    if (!isOwnHost(headers.host)) throw new DatalabError('host-refused', `This node is not called ${hostname}.`);
    // A page of somebody else may send what it cannot read the answer to.
    if (headers.origin !== undefined && !isOwnHost(URL.parse(headers.origin)?.host))
      throw new DatalabError('host-refused', `Pages of ${headers.origin} change nothing here.`);
    if (registry.look(params.session)?.facts.app !== query.app)
      throw new DatalabError('session-unknown', `There is no live session ${params.session} in ${query.app}.`);
  });

  app.post<OfSession & { Body: ControlChange }>(
    '/api/sessions/:session/control',
    { schema: { querystring: PAGE_QUERY, body: CONTROL_CHANGE } },
    async ({ params: { session }, body }, reply) => {
      if (!registry.control(session, body, OPERATOR)) throw new DatalabError('session-ended', `Session ${session} is closing.`);
      return reply.code(202).send({});
    },
  );

  app.post<OfSession>('/api/sessions/:session/end', { schema: { querystring: PAGE_QUERY } }, async ({ params: { session } }, reply) => {
    if (!registry.end(session, 'operator', OPERATOR)) throw new DatalabError('session-ended', `Session ${session} is closing already.`);
    return reply.code(202).send({});
  });
}
