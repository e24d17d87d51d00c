/**
 * A node is killed again and again at random moments under load. Afterwards every event that was sent, acknowledged and stored
 * is compared, one by one, and every rollup is computed again.
 *
 * DATALAB_TEST_KILLS: how often (default 20; the full suite is 100). DATALAB_TEST_SEED repeats a run's moments.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../../gateway/main.ts';
import { readSettings } from '../../gateway/settings.ts';
import { Random } from '../demo/visitors/random.ts';
import { compareBooks, NOTHING_WRONG } from './compare-books.ts';
import { Fleet } from './fleet.ts';
import { freePort, NodeProcess } from './node-process.ts';

const KILLS = Number(process.env['DATALAB_TEST_KILLS'] ?? 20);
const SEED = Number(process.env['DATALAB_TEST_SEED'] ?? Date.now() % 1_000_000);
const CLIENTS = 40;
const MONGODB_URI = process.env['DATALAB_TEST_MONGODB_URI'];

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

test('[AK3] a node on SQLite killed again and again loses no acknowledged event and stores none twice', () =>
  killAgainAndAgain('SQLite', ''));

if (!MONGODB_URI) console.warn('Nodes on MongoDB are not killed: DATALAB_TEST_MONGODB_URI names no server.');
test.skipIf(!MONGODB_URI)('[AK3] a node on MongoDB killed again and again loses no acknowledged event and stores none twice', () =>
  killAgainAndAgain('MongoDB', databaseAddress(MONGODB_URI ?? '')),
);

async function killAgainAndAgain(name: string, uri: string): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-crash-'));
  releases.push(() => rmSync(dataDir, { recursive: true }));
  const environment = {
    DATALAB_PORT: await freePort(),
    DATALAB_DATA_DIR: dataDir,
    DATALAB_APPS: 'shop|Shop|https://shop.example',
    DATALAB_HELLOS_PER_MIN: '1000000',
    ...(uri && { DATALAB_MONGODB_URI: uri }),
  };
  const random = new Random(SEED);
  const between = (min: number, max: number) => random.between(min, max);
  const node = new NodeProcess(environment);
  releases.push(() => node.kill());
  const starts = [await node.start()];
  const fleet = new Fleet(node.url, () => random.between(0, 1));
  const startMs = performance.now();
  fleet.begin(CLIENTS);
  for (let kill = 0; kill < KILLS; kill++) {
    // The moment is what is tested: nothing is waited for.
    await pause(between(100, 1_500));
    await node.kill();
    starts.push(await node.start());
    if (kill % 10 === 9) console.log(`${name}: ${kill + 1} of ${KILLS} kills`);
  }
  await fleet.drain();
  const tookMs = performance.now() - startMs;
  await node.stop();

  const store = await openStore(readSettings(environment));
  releases.push(() => store.close());
  const { counts, said } = await compareBooks(fleet, store);
  const ordered = starts.toSorted((a, b) => a - b);
  console.log(
    `${name}, seed ${SEED}: ${KILLS} kills in ${Math.round(tookMs / 1_000)} s; ${said}; ` +
      `start p50 ${Math.round(ordered[ordered.length >> 1] ?? 0)} ms, longest ${Math.round(ordered.at(-1) ?? 0)} ms`,
  );
  expect(counts).toEqual(NOTHING_WRONG);
}

/** A database of this run's own. */
function databaseAddress(uri: string): string {
  const address = new URL(uri);
  address.pathname = `/datalab_crash_${process.pid}`;
  return address.href;
}
