/**
 * MongoDB for the tests: where no address is given, but a docker engine answers, real ones in containers for as long as the
 * tests run. Vitest's global set-up; the tests themselves know nothing but the addresses.
 */
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../faults/node-process.ts';

const IMAGE = 'mongo:7.0.16';
/** A small cache, since it shares the machine with the tests; and `failCommand`, by which they make commands fail. */
const MONGOD = ['mongod', '--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'enableTestCommands=1', '--bind_ip_all'] as const;
/** The image may have to be fetched first. */
const COMMAND_TIMEOUT_MS = 600_000;
const READY_WITHIN_MS = 60_000;
const ASKED_EVERY_MS = 500;

const ADDRESS = 'DATALAB_TEST_MONGODB_URI';

type Environment = Record<string, string | undefined>;
type Stop = () => Promise<void>;
type Docker = (...args: readonly string[]) => Promise<unknown>;

/** Vitest calls it once, before it starts the workers, which inherit what it sets; and its answer at the end. */
export function setup(): Promise<Stop | undefined> {
  return startServers(process.env);
}

/**
 * Starts a server that the tests share, one to be stepped down and killed, and one without transactions, and puts their addresses
 * into the environment: all or none. Never fails; where there is no MongoDB, it says so in one line.
 * @returns how to take the containers away again; undefined where there are none
 */
export async function startServers(environment: Environment): Promise<Stop | undefined> {
  if (environment[ADDRESS]) return undefined;
  const docker: Docker = (...args) => promisify(execFile)('docker', args, { env: environment, timeout: COMMAND_TIMEOUT_MS });
  const isThere = await docker('version').then(
    () => true,
    () => false,
  );
  if (!isThere) {
    console.log(`MongoDB is not tested: ${ADDRESS} names no server, and no docker engine answers that could start one.`);
    return undefined;
  }
  console.log(`${ADDRESS} names no server: starting ${IMAGE} in containers …`);
  const container = (name: string) => `datalab-tests-${process.pid}-${name}`;
  const [shared, faults, standalone] = [container('shared'), container('faults'), container('standalone')];
  const stop = async () => void (await docker('rm', '--force', '--volumes', shared, faults, standalone).catch(() => undefined));
  try {
    Object.assign(environment, {
      DATALAB_TEST_MONGODB_FAULTS_URI: await startReplicaSet(docker, faults),
      DATALAB_TEST_MONGODB_KILL: `docker kill ${faults}`,
      DATALAB_TEST_MONGODB_START: `docker start ${faults}`,
      DATALAB_TEST_MONGODB_STANDALONE_URI: await startStandalone(docker, standalone),
      [ADDRESS]: await startReplicaSet(docker, shared),
    });
    return stop;
  } catch (error) {
    await stop();
    console.log(`MongoDB is not tested: it could not be started in a container: ${(error as Error).message.trim()}`);
    return undefined;
  }
}

async function startReplicaSet(docker: Docker, container: string): Promise<string> {
  const port = await freePort();
  await startMember(docker, container, port, ['--replSet', 'rs0']);
  await untilReady(() => docker('exec', container, 'mongosh', '--quiet', '--port', port, '--eval', initiate(port)));
  return `mongodb://127.0.0.1:${port}/?replicaSet=rs0`;
}

async function startStandalone(docker: Docker, container: string): Promise<string> {
  const port = await freePort();
  await startMember(docker, container, port, []);
  await untilReady(() => docker('exec', container, 'mongosh', '--quiet', '--port', port, '--eval', 'db.hello()'));
  return `mongodb://127.0.0.1:${port}/`;
}

/** The same port inside and outside: the only member of a set has one address for both. */
async function startMember(docker: Docker, container: string, port: string, options: readonly string[]): Promise<void> {
  const run = ['run', '--detach', '--name', container, '--publish', `127.0.0.1:${port}:${port}`, IMAGE];
  await docker(...run, ...MONGOD, '--port', port, ...options);
}

/** Fails until the member is primary; the first time it makes it one. */
function initiate(port: string): string {
  const members = `[{ _id: 0, host: "127.0.0.1:${port}" }]`;
  return `if (!db.hello().setName) rs.initiate({ _id: "rs0", members: ${members} }); quit(db.hello().isWritablePrimary ? 0 : 1)`;
}

/** Asks until it succeeds. @throws what it throws after READY_WITHIN_MS */
async function untilReady(ask: () => Promise<unknown>): Promise<void> {
  for (const untilMs = performance.now() + READY_WITHIN_MS; ; await pause(ASKED_EVERY_MS)) {
    try {
      await ask();
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
    }
  }
}
