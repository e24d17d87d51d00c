import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../actors/registry/registry.ts';
import type { Clock } from '../../engine/clock/clock.ts';
import { HEALTH, type Health } from '../../engine/protocol/api.ts';
import type { Store } from '../../engine/store/store.ts';
import type { Directory } from '../directory/directory.ts';
import type { Mounted } from '../services/mount.ts';

type HealthDeps = {
  registry: Registry;
  store: Store;
  directory: Directory;
  services: Pick<Mounted, 'health'>;
  clock: Clock;
  node: string;
  version: string;
  closing: () => boolean;
};

/** `/healthz`: how the node is, always 200 while it answers. `/readyz`: 503 when it should get no traffic. */
export async function healthRoute(app: FastifyInstance, deps: HealthDeps): Promise<void> {
  const { registry, store, directory, services, clock, node, version, closing } = deps;
  const startedMs = clock.monotonicMs();

  async function health(): Promise<Health> {
    const away = registry.storeAway || !(await store.ready().catch(() => false));
    return {
      status: closing() ? 'closing' : away ? 'store-away' : directory.isComplete ? 'ok' : 'service-away',
      version,
      node,
      uptimeMs: Math.round(clock.monotonicMs() - startedMs),
      store: store.kind,
      sessions: { ...registry.totals() },
      counters: registry.counters.counts(),
      drops: registry.counters.drops(),
      services: await services.health(),
    };
  }

  app.get('/healthz', { config: { action: 'track' }, schema: { response: { 200: HEALTH } } }, health);
  app.get('/readyz', { config: { action: 'track' }, schema: { response: { '2xx': HEALTH, 503: HEALTH } } }, async (_request, reply) => {
    const answer = await health();
    return reply.code(answer.status === 'ok' ? 200 : 503).send(answer);
  });
}
