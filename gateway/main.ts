#!/usr/bin/env node
/**
 * The composition root of a node, and the only reader of the environment. Everything is made here, in the order in which a
 * mouse move passes it, and let go of in the reverse order.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Bus } from '../actors/bus/bus.ts';
import { Pulse } from '../actors/inspect/pulse.ts';
import { Registry } from '../actors/registry/registry.ts';
import { systemClock } from '../engine/clock/clock.ts';
import { DatalabError } from '../engine/errors/errors.ts';
import { createPool } from '../engine/pool/pool.ts';
import { CLOSE_CODES } from '../engine/protocol/messages.ts';
import { openMongoStore } from '../engine/store/mongodb/mongo-store.ts';
import { openSqliteStore } from '../engine/store/sqlite/sqlite-store.ts';
import type { Store } from '../engine/store/store.ts';
import { type Act, guard } from './access/guard.ts';
import { createIdentify } from './access/identify.ts';
import { Seals } from './access/sealed-identity.ts';
import { ERASE_USAGE, eraseCommand } from './commands/erase.ts';
import { EXPORT_USAGE, exportCommand } from './commands/export.ts';
import { IMPORT_USAGE, importCommand } from './commands/import.ts';
import { REBUILD_USAGE, rebuildCommand } from './commands/rebuild.ts';
import { RETAIN_USAGE, retainCommand } from './commands/retain.ts';
import { Directory } from './directory/directory.ts';
import { trackerConfigOf } from './directory/tracker-config.ts';
import { Admission } from './hello/admit.ts';
import { RateLimit } from './hello/rate-limit.ts';
import { openSigner } from './hello/signer.ts';
import { Tickets } from './hello/tickets.ts';
import { Visits } from './hello/visits.ts';
import { apiRoutes } from './http/api.routes.ts';
import { confirmedRoute } from './http/confirmed.route.ts';
import { controlRoutes } from './http/control.routes.ts';
import { eventsRoute } from './http/events.route.ts';
import { framesRoute } from './http/frames.route.ts';
import { healthRoute } from './http/health.route.ts';
import { helloRoute } from './http/hello.route.ts';
import { ownHosts } from './http/own-hosts.ts';
import { pollRoute } from './http/poll.route.ts';
import { createServer, limitRequests } from './http/server.ts';
import { staticRoute } from './http/static.route.ts';
import type { Ask } from './services/call.ts';
import { enterUrl, linkUrl, seedApps, setUpToken } from './services/first-start.ts';
import { startLoneService } from './services/lone-service.ts';
import { createServices } from './services/mount.ts';
import { openDocuments } from './services/open-documents.ts';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services/services.ts';
import { signInTokenOf } from './services/userauth/sign-in-cookie.ts';
import { readSettings, type Settings } from './settings.ts';
import { startHeartbeat } from './socket/heartbeat.ts';
import { createLiveSockets } from './socket/live-socket.ts';
import { createTrackerSockets } from './socket/tracker-socket.ts';
import { routeUpgrades } from './socket/upgrades.ts';
import { Watches } from './socket/watches.ts';
import { startAppDeletion } from './upkeep/app-deletion.ts';
import { startDailyRetention } from './upkeep/daily-retention.ts';
import { keptOf, shorterOf, unknownApps } from './upkeep/retention-setting.ts';
import { VERSION } from './version.ts';

/** A shutdown that takes longer is cut short; what was not finished is taken up by the next start. */
const DRAIN_MS = 10_000;
const INIT_MS = 10_000;
const BUILD_DIR = join(import.meta.dirname, '..', 'build');

/** A running node. */
export type Node = {
  /** Where it listens, e.g. `http://localhost:8080`. */ readonly url: string;
  readonly registry: Registry;
  /** Asks its services, in its own name. */ readonly ask: Ask;
  /** An address that signs in at once, as this person: for the demo and for tests. */ enterUrl(
    name: string,
    email: string,
  ): Promise<string>;
  /** Where the first account is made; '' once there is one. */ readonly setUpUrl: string;
  /** Refuses new hellos, drains, writes final records, lets go; at most DRAIN_MS. Safe to call twice. */
  stop(): Promise<void>;
};

/** Reads the settings of this process. @param more what holds where the environment says nothing @throws DatalabError `setting-invalid` */
export function settingsFromEnvironment(more: Readonly<Record<string, string>> = {}): Settings {
  return readSettings({ ...more, ...process.env });
}

/** Opens the store that the settings name. @throws DatalabError when it cannot be had */
export function openStore({ dataDir, mongodbUri, mongodbPoolSize, mongodbTimeoutMs }: Settings): Promise<Store> {
  if (mongodbUri === '') return openSqliteStore({ dataDir });
  return openMongoStore({ uri: mongodbUri, poolSize: mongodbPoolSize, timeoutMs: mongodbTimeoutMs });
}

/** Starts a node. @throws DatalabError with one clear sentence when something that it needs cannot be had */
export async function startNode(settings: Settings): Promise<Node> {
  const clock = systemClock;
  const node = `${hostname()}-${process.pid}`;
  let closing = false;
  const isClosing = () => closing;

  const signer = openSigner(settings.dataDir);
  const server = createServer({ logLevel: settings.logLevel });
  const { log } = server;
  const store = await openStore(settings);
  // What a crash left to be added up. Not waited for: it is read right as it lies.
  store.fold().catch((error: unknown) => log.error({ err: error }, 'rollup changes could not be added up'));
  const pool = createPool({ store, workers: settings.workers });
  const bus = new Bus((error) => log.error({ err: error }, 'a listener of the bus threw'));
  const registry = new Registry({
    clock,
    bus,
    deadlines: { INIT: INIT_MS, CONNECT: settings.graceMs, LISTEN: settings.sessionMaxMs, CLOSING: null },
    submit: pool.submit,
    finish: store.endSession,
    faulted: (session, error) => log.error({ err: error, session }, 'an actor failed'),
  });

  const seals = new Seals(settings.serviceSecret || randomBytes(32).toString('hex'));
  const { elsewhere, openId } = settings;
  const services = createServices(server, {
    clock,
    seals,
    elsewhere,
    openDocuments: (name) => openDocuments(settings, name),
    publicUrl: url,
    ...(openId && { openId }),
  });
  const { ask } = services;
  const directory = new Directory(clock, ask);
  const identify = createIdentify({ clock, seals, directory, ask, tokenOf: (header) => signInTokenOf(header, url()) });
  const isOwnHost = ownHosts(settings);
  const audit = (act: Act) =>
    void ask('app', 'POST', '/internal/app/audit', { body: act }).catch((error: unknown) =>
      log.error({ err: error, act }, 'an act could not be written down'),
    );

  const tickets = new Tickets(clock);
  const visits = new Visits(clock, store, settings.visitQuietMs);
  bus.subscribe((message) => message.type === 'stored' && visits.touch(message.sessions));
  const limits = { addressLimit: new RateLimit(clock, settings.hellosPerMin), appLimit: new RateLimit(clock, settings.hellosPerMin) };
  const { sessionsMax, publicUrl } = settings;
  const admission = new Admission({
    clock,
    directory,
    registry,
    store,
    signer,
    tickets,
    visits,
    ...limits,
    sessionsMax,
    closing: isClosing,
  });
  directory.subscribe((change) => {
    if (change !== 'captures') return;
    for (const { key } of directory.all()) registry.rebase(key, (session) => trackerConfigOf(directory.capture(key), session));
  });

  const pulse = new Pulse(clock, registry);
  const watches = new Watches({ clock, apps: directory, registry, bus, pulse, node });
  const trackers = createTrackerSockets({ clock, registry, tickets });
  const live = createLiveSockets({
    clock,
    startWatch: watches.start,
    welcome: () => ({ type: 'welcome', node, version: VERSION, serverTimeMs: clock.nowMs() }),
    isOwnHost,
    identify,
  });

  guard(server, { nowMs: () => clock.nowMs(), identify, isOwnHost, audit });
  await limitRequests(server, settings.requestsPerMin);
  await server.register(helloRoute, { admission, apps: directory, counters: registry.counters, publicUrl });
  await server.register(framesRoute, { registry, admission, signer, apps: directory });
  await server.register(pollRoute, { clock, registry, tickets, apps: directory });
  await server.register(apiRoutes, { store, registry, directory });
  await server.register(controlRoutes, { registry });
  await server.register(eventsRoute, { clock, registry, store, directory, signer, visits });
  await server.register(confirmedRoute, { registry, directory });
  await services.mount();
  await server.register(healthRoute, { registry, store, directory, services, clock, node, version: VERSION, closing: isClosing });
  await server.register(staticRoute, { buildDir: BUILD_DIR });
  routeUpgrades(server.server, { '/api/socket': trackers.upgrade, '/api/live': live.upgrade });
  const stopHeartbeats = [startHeartbeat(clock, trackers.server), startHeartbeat(clock, live.server)];
  const stopUpkeep: (() => Promise<void>)[] = [];

  async function release(): Promise<void> {
    pulse.stop();
    for (const stop of stopHeartbeats) stop();
    for (const { server: sockets } of [live, trackers])
      for (const socket of sockets.clients) socket.close(CLOSE_CODES.restart, 'restarting');
    await server.close();
    await pool.close();
    await Promise.all(stopUpkeep.map((stop) => stop()));
    await directory.stop();
    await services.close();
    await store.close();
  }

  /** By which browsers reach us; known once it listens. */
  function url(): string {
    const { port } = (server.server.address() ?? { port: settings.port }) as AddressInfo;
    return publicUrl || `http://${settings.host === '127.0.0.1' ? 'localhost' : settings.host}:${port}`;
  }

  async function beginUpkeep(): Promise<void> {
    const { retention, apps } = settings;
    if (!(await seedApps(ask, apps))) log.warn('the service app is away: apps that are missing are made at the next start');
    const keys = [...apps, ...directory.all()].map(({ key }) => key);
    const unknown = unknownApps(retention, keys);
    if (unknown.length > 0) log.warn({ apps: unknown }, 'DATALAB_RETENTION names apps that there are not');
    const plan = () => directory.all().map(({ key, retention: own }) => ({ app: key, kept: shorterOf(keptOf(retention, key), own) }));
    stopUpkeep.push(startDailyRetention({ clock, store, plan, log }).stop);
    const endSessions = (app: string) => {
      for (const { facts } of [...registry.all()]) if (facts.app === app) registry.end(facts.session, 'operator');
    };
    stopUpkeep.push(startAppDeletion({ clock, store, directory, ask, endSessions, log }));
  }

  let setUp = '';
  try {
    await server.ready();
    await directory.start();
    for (const record of await store.unendedSessions()) {
      const config = trackerConfigOf(directory.capture(record.app), record.session);
      registry.restore({ facts: record, startedMs: record.startedMs, url: record.url, ledger: record.ledger, config });
    }
    await listen(server, settings);
    await beginUpkeep();
    setUp = await setUpToken(ask);
  } catch (error) {
    registry.abandon();
    await release();
    throw error;
  }
  pulse.start();

  let stopping: Promise<void> | null = null;
  return {
    url: url(),
    registry,
    ask,
    enterUrl: (name, email) => enterUrl(ask, url(), name, email),
    setUpUrl: setUp && linkUrl(url(), setUp),
    stop() {
      stopping ??= (async () => {
        closing = true;
        const late = new Promise<'late'>((resolve) => clock.after(DRAIN_MS, () => resolve('late')));
        if ((await Promise.race([registry.close(), late])) === 'late') registry.abandon();
        await release();
      })();
      return stopping;
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, { host, port }: Settings): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new DatalabError('port-in-use', `Port ${port} (DATALAB_PORT) is in use by another program.`, { cause: error });
    throw new DatalabError('setting-invalid', `Cannot listen on ${host}:${port} (DATALAB_HOST, DATALAB_PORT): ${message}.`, {
      cause: error,
    });
  }
}

/**
 * Runs something until Ctrl-C or SIGTERM. What it cannot start with is said in one sentence, and the exit code is 1.
 * @param start makes what runs, and prints where it is
 */
export async function runUntilSignal(start: () => Promise<{ stop(): Promise<void> }>): Promise<void> {
  let running: { stop(): Promise<void> };
  try {
    running = await start();
  } catch (error) {
    console.error(error instanceof DatalabError ? error.message : error);
    process.exit(1);
  }
  // Timers do not keep the process alive, so that tests end; a server's own handle does.
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name));
  });
  console.log(signal === 'SIGINT' ? '\nEnding: finishing what is under way …' : 'Ending …');
  process.once('SIGINT', () => process.exit(130));
  await running.stop();
  process.exit(0);
}

/** Commands that do something with the store and end; they may run beside a node. Each returns the exit code. */
const COMMANDS: Readonly<Record<string, (store: Store, args: readonly string[], settings: Settings) => Promise<number>>> = {
  rebuild: rebuildCommand,
  retain: retainCommand,
  erase: eraseCommand,
  export: exportCommand,
  import: importCommand,
};
const USAGE = [
  'datalab',
  `datalab --service ${SERVICE_NAMES.join('|')}`,
  REBUILD_USAGE,
  RETAIN_USAGE,
  ERASE_USAGE,
  EXPORT_USAGE,
  IMPORT_USAGE,
].join(' | ');

async function runCommand(name: string, args: readonly string[]): Promise<void> {
  try {
    const command = COMMANDS[name];
    if (!command) throw new DatalabError('query-invalid', `There is no command ${name}. Usage: ${USAGE}`);
    const settings = settingsFromEnvironment();
    const store = await openStore(settings);
    try {
      process.exitCode = await command(store, args, settings);
    } finally {
      await store.close();
    }
  } catch (error) {
    console.error(error instanceof DatalabError ? error.message : error);
    process.exitCode = 2;
  }
}

/** What is said at the start. */
function greeting({ url, setUpUrl }: Node): string {
  const setUp = setUpUrl && `\n  set up  ${setUpUrl}      makes the first account, once`;
  return `datalab is running.\n  UI      ${url}/\n  health  ${url}/healthz${setUp}\nEnd it with Ctrl-C.`;
}

/** @throws DatalabError `query-invalid` */
function serviceNamed(name: string | undefined): ServiceName {
  const found = SERVICE_NAMES.find((known) => known === name);
  if (!found) throw new DatalabError('query-invalid', `There is no service ${name}: it is one of ${SERVICE_NAMES.join(', ')}.`);
  return found;
}

if (import.meta.main) {
  const [, , command, ...args] = process.argv;
  if (command === '--service') {
    await runUntilSignal(async () => {
      const name = serviceNamed(args[0]);
      const service = await startLoneService(name, settingsFromEnvironment({ DATALAB_PORT: String(SERVICES[name].port) }));
      console.log(`The service ${name} of datalab is running at ${service.url}. End it with Ctrl-C.`);
      return service;
    });
  } else if (command !== undefined) await runCommand(command, args);
  else {
    await runUntilSignal(async () => {
      const node = await startNode(settingsFromEnvironment());
      console.log(greeting(node));
      return node;
    });
  }
}
