import type { FastifyInstance } from 'fastify';
import type { FromSchema, Schema } from '../../engine/protocol/schema.ts';
import { POLL_WAIT_MS } from './call.ts';
import type { Changes } from './changes.ts';
import type { ServiceName } from './services.ts';

const QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    after: { type: 'integer', minimum: 0, description: 'the version that one has; absent: answered at once' },
    waitMs: { type: 'integer', minimum: 0, maximum: POLL_WAIT_MS, description: 'how long to wait for another one' },
  },
} as const;

type Followed = {
  readonly changes: Changes;
  /** What a node must know, without the version. */ readonly properties: Readonly<Record<string, Schema>>;
  readonly read: () => Promise<object>;
};

/** Adds `GET /internal/NAME/all?after=&waitMs=`: all that nodes keep a copy of, as soon as it is another than the one they have. */
export function longPoll(app: FastifyInstance, service: ServiceName, { changes, properties, read }: Followed): void {
  const answer = {
    type: 'object',
    required: ['version', ...Object.keys(properties)],
    properties: { version: { type: 'integer' }, ...properties },
  };
  app.addHook('preClose', async () => changes.stop());
  app.get<{ Querystring: FromSchema<typeof QUERY> }>(
    `/internal/${service}/all`,
    { config: { action: 'internal' }, schema: { querystring: QUERY, response: { 200: answer } } },
    async ({ query: { after, waitMs = 0 } }) => {
      if (after !== undefined) await changes.wait(after, waitMs);
      // Before what is read: a change in between is told by the next answer, once more rather than never.
      const { version } = changes;
      return { version, ...(await read()) };
    },
  );
}
