/**
 * MongoDB itself steps down, and is killed and started again, at random moments under load. Afterwards every event that was
 * sent, acknowledged and stored is compared, one by one, and every rollup is computed again.
 *
 * DATALAB_TEST_MONGODB_FAULTS_URI: a replica set of one member that nobody else uses meanwhile. DATALAB_TEST_MONGODB_KILL and
 * DATALAB_TEST_MONGODB_START: shell commands that end it as a crash would, and start it on its data again.
 * DATALAB_TEST_KILLS: how often each (default 3 step-downs and 2 kills). DATALAB_TEST_SEED repeats a run's moments.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import { afterEach, expect, test } from 'vitest';
import { OWNER, useLink } from '../../gateway/access/fixture/sign-in.ts';
import { openStore } from '../../gateway/main.ts';
import { SERVICE_NAMES } from '../../gateway/services/services.ts';
import { readSettings } from '../../gateway/settings.ts';
import { Random } from '../demo/visitors/random.ts';
import { compareBooks, NOTHING_WRONG } from './compare-books.ts';
import { Fleet } from './fleet.ts';
import { freePort, NodeProcess } from './node-process.ts';

const {
  DATALAB_TEST_MONGODB_FAULTS_URI: SERVER = '',
  DATALAB_TEST_MONGODB_KILL: KILL = '',
  DATALAB_TEST_MONGODB_START: START = '',
  DATALAB_TEST_KILLS: TIMES,
} = process.env;
const STEP_DOWNS = Number(TIMES ?? 3);
const KILLS = Number(TIMES ?? 2);
const SEED = Number(process.env['DATALAB_TEST_SEED'] ?? Date.now() % 1_000_000);
const CLIENTS = 24;
/** So long after a fault, at most, until the node says what it should. */
const NOTICED_WITHIN_MS = 30_000;
const EACH_WITHIN_MS = 60_000;

/** For a second, and at once: a set of one member has nobody to wait for, and elects itself again. */
const STEP_DOWN = { replSetStepDown: 1, secondaryCatchUpPeriodSecs: 0, force: true };

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

if (!SERVER) console.warn('MongoDB is neither stepped down nor killed: DATALAB_TEST_MONGODB_FAULTS_URI names no server.');
else if (!KILL || !START) console.warn('MongoDB is not killed: DATALAB_TEST_MONGODB_KILL and DATALAB_TEST_MONGODB_START do not say how.');

test.skipIf(!SERVER)(
  '[AK3] a primary that steps down again and again costs no acknowledged event and stores none twice',
  { timeout: NOTICED_WITHIN_MS + STEP_DOWNS * EACH_WITHIN_MS },
  async () => {
    const { client, load, between, books } = await nodeUnderLoad('step-downs');
    const admin = client.db('admin');
    for (let i = 0; i < STEP_DOWNS; i++) {
      const before = load.acked;
      // The moment is what is tested: nothing is waited for.
      await pause(between(100, 1_500));
      await admin.command(STEP_DOWN);
      expect(await isPrimary(admin)).toBe(false);
      await until('there is a primary again', () => isPrimary(admin));
      await until('events are acknowledged again', () => load.acked > before);
    }
    await books(`${STEP_DOWNS} step-downs`);
  },
);

test.skipIf(!SERVER || !KILL || !START)(
  '[AK3] while MongoDB is dead the node says so, refuses and acknowledges nothing; all is stored when it is back',
  { timeout: NOTICED_WITHIN_MS + KILLS * EACH_WITHIN_MS },
  async () => {
    const { node, load, between, books } = await nodeUnderLoad('kills');
    const cookie = await useLink(node.setUpUrl, OWNER);
    const status = async (path: string) => (await fetch(node.url + path, { headers: { cookie } })).status;
    const returns: number[] = [];
    for (let i = 0; i < KILLS; i++) {
      const before = load.acked;
      await until('events are acknowledged', () => load.acked > before);
      await pause(between(100, 1_500));
      releases.push(() => shell(START));
      await shell(KILL);
      await until('/readyz says 503', async () => (await status('/readyz')) === 503);
      expect(await hello(node.url)).toEqual({ status: 503, code: 'store-away' });
      expect(await status('/api/sessions?app=shop')).toBe(503);
      expect(await status('/healthz')).toBe(200);
      const held = load.acked;
      await pause(between(500, 1_500));
      expect(load.acked, 'acknowledged by nobody').toBe(held);
      expect(load.sent, 'held by the clients or the node').toBeGreaterThan(held);
      await shell(START);
      releases.pop();
      const startMs = performance.now();
      await until('/readyz says 200', async () => (await status('/readyz')) === 200);
      returns.push(performance.now() - startMs);
    }
    await books(`${KILLS} kills of the server, ready again at most ${Math.round(Math.max(...returns))} ms after it`);
  },
);

/** A node on a database of its own, with clients at work; `books` ends both and compares what they have. */
async function nodeUnderLoad(name: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-mongodb-'));
  releases.push(() => rmSync(dataDir, { recursive: true }));
  const database = `datalab_${name}_${process.pid}`;
  const address = new URL(SERVER);
  address.pathname = `/${database}`;
  // Sees within half a second that there is another primary.
  const client = await new MongoClient(SERVER, { heartbeatFrequencyMS: 500 }).connect();
  releases.push(() => client.close());
  releases.push(() => client.db(database).dropDatabase());
  /** A database of its own for each service, as each test has one. */
  const ofService = (name: string) => Object.assign(new URL(address), { pathname: `/${database}-${name}` });
  const environment = {
    DATALAB_PORT: await freePort(),
    DATALAB_DATA_DIR: dataDir,
    DATALAB_APPS: 'shop|Shop|https://shop.example',
    DATALAB_HELLOS_PER_MIN: '1000000',
    DATALAB_LOG_LEVEL: 'fatal',
    DATALAB_MONGODB_URI: address.href,
    DATALAB_MONGODB_TIMEOUT_MS: '2000',
    ...Object.fromEntries(SERVICE_NAMES.map((name) => [`DATALAB_${name.toUpperCase()}STORAGE_URI`, ofService(name).href])),
  };
  for (const name of SERVICE_NAMES) releases.push(() => client.db(ofService(name).pathname.slice(1)).dropDatabase());
  const random = new Random(SEED);
  const node = new NodeProcess(environment);
  releases.push(() => node.kill());
  await node.start();
  const load = new Fleet(node.url, () => random.next());
  load.begin(CLIENTS);
  const startMs = performance.now();
  return {
    client,
    node,
    load,
    between: (min: number, max: number) => random.between(min, max),
    books: async (what: string): Promise<void> => {
      await load.drain();
      const tookMs = performance.now() - startMs;
      await node.stop();
      const store = await openStore(readSettings(environment));
      releases.push(() => store.close());
      const { counts, said } = await compareBooks(load, store);
      console.log(`MongoDB, seed ${SEED}: ${what}, in ${Math.round(tookMs / 1_000)} s; ${said}`);
      expect(counts).toEqual(NOTHING_WRONG);
    },
  };
}

async function isPrimary(admin: Db): Promise<boolean> {
  const answer = await admin.command({ hello: 1 }, { readPreference: 'nearest' });
  return answer['isWritablePrimary'] === true;
}

/** What a tab that comes now is told. */
async function hello(url: string): Promise<{ readonly status: number; readonly code: string }> {
  const nowMs = Date.now();
  const facts = { app: 'shop', tab: 'late', referrer: '', browser: '', OS: '', url: 'https://shop.example/' };
  const response = await fetch(`${url}/api/hello`, {
    method: 'POST',
    headers: { origin: 'https://shop.example', 'content-type': 'text/plain' },
    body: JSON.stringify({ ...facts, session_start: nowMs, sentAtMs: nowMs }),
  });
  const { code = '' } = (await response.json()) as { readonly code?: string };
  return { status: response.status, code };
}

/** Not the synchronous kind: the clients live in this process. @throws Error when it fails */
async function shell(command: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command}: exit code ${code}`);
}

/** @throws Error after NOTICED_WITHIN_MS */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + NOTICED_WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`${what}: not within ${NOTICED_WITHIN_MS} ms`);
    await pause(50);
  }
}
