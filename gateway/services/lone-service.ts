/** Runs one service as a process of its own. It answers only to processes that share its secret. */
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../engine/clock/clock.ts';
import { DatalabError } from '../../engine/errors/errors.ts';
import { guard } from '../access/guard.ts';
import { IDENTITY_HEADER, Seals } from '../access/sealed-identity.ts';
import { createServer } from '../http/server.ts';
import type { Settings } from '../settings.ts';
import { VERSION } from '../version.ts';
import { createServices } from './mount.ts';
import { openDocuments } from './open-documents.ts';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts';

/** A service that runs alone. */
export type LoneService = { readonly url: string; stop(): Promise<void> };

/** @throws DatalabError with one clear sentence when something that it needs cannot be had */
export async function startLoneService(name: ServiceName, settings: Settings): Promise<LoneService> {
  if (settings.serviceSecret === '')
    throw new DatalabError('setting-invalid', `The service ${name} needs DATALAB_SERVICE_SECRET, the same as the gateway's.`);
  const clock = systemClock;
  const server = createServer({ logLevel: settings.logLevel });
  const seals = new Seals(settings.serviceSecret);
  const others = SERVICE_NAMES.filter((other) => other !== name);
  const elsewhere = new Map(others.map((other) => [other, settings.elsewhere.get(other) ?? `http://${other}:${SERVICES[other].port}`]));
  const { openId, publicUrl } = settings;
  const services = createServices(
    server,
    {
      clock,
      seals,
      elsewhere,
      openDocuments: (service) => openDocuments(settings, service),
      publicUrl: () => publicUrl || 'http://localhost:8080',
      ...(openId && { openId }),
    },
    name,
  );
  guard(server, {
    nowMs: () => clock.nowMs(),
    async identify({ headers }) {
      const sealed = headers[IDENTITY_HEADER];
      const asker = typeof sealed === 'string' ? seals.open(sealed, clock.nowMs()) : null;
      if (!asker) throw new DatalabError('signed-out', `The service ${name} answers to the gateway alone.`);
      return asker;
    },
    // Who asks is known by the seal, whatever they call us.
    isOwnHost: () => true,
    audit: (act) =>
      void services
        .ask('app', 'POST', '/internal/app/audit', { body: act })
        .catch((error: unknown) => server.log.error({ err: error, act }, 'an act could not be written down')),
  });
  server.get('/healthz', { config: { action: 'track' } }, async () => ({ status: 'ok', service: name, version: VERSION }));
  await services.mount();
  await server.listen({ host: settings.host, port: settings.port });
  return {
    url: `http://${settings.host}:${(server.server.address() as AddressInfo).port}`,
    async stop() {
      await server.close();
      await services.close();
    },
  };
}
