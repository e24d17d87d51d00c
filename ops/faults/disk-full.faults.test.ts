/** A node on a disk of its own that fills up, and has room again. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { OWNER, useLink } from '../../gateway/access/fixture/sign-in.ts';
import { openStore } from '../../gateway/main.ts';
import { readSettings } from '../../gateway/settings.ts';
import { Random } from '../demo/visitors/random.ts';
import { compareBooks, NOTHING_WRONG } from './compare-books.ts';
import { Fleet } from './fleet.ts';
import { freePort, NodeProcess } from './node-process.ts';

const DISK = '24m';
/** Leaves room for the empty store and a few thousand events. */
const BALLAST_BYTES = 22 * 1024 * 1024;

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

const mountPoint = mkdtempSync(join(tmpdir(), 'datalab-disk-'));
const refusal = mountDisk();
if (refusal) console.warn(`A full disk is not tested: ${refusal}`);

function mountDisk(): string | null {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', mountPoint], { stdio: 'pipe' });
    return null;
  } catch (error) {
    rmSync(mountPoint, { recursive: true });
    return `a tmpfs cannot be mounted here: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  }
}

afterAll(() => {
  if (refusal) return;
  execFileSync('umount', [mountPoint]);
  rmSync(mountPoint, { recursive: true });
});

test.skipIf(refusal !== null)(
  'a full disk is refused and said, nothing is lost, and the file is intact when there is room again',
  async () => {
    const ballast = join(mountPoint, 'ballast');
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES, 1));
    const environment = {
      DATALAB_PORT: await freePort(),
      DATALAB_DATA_DIR: join(mountPoint, 'data'),
      DATALAB_APPS: 'shop|Shop|https://shop.example',
      DATALAB_HELLOS_PER_MIN: '1000000',
      DATALAB_LOG_LEVEL: 'silent',
    };
    const node = new NodeProcess(environment);
    releases.push(() => node.kill());
    await node.start();
    const cookie = await useLink(node.setUpUrl, OWNER);
    const random = new Random(1);
    const fleet = new Fleet(node.url, () => random.next());
    fleet.begin(40);
    const status = async (path: string) => (await fetch(node.url + path, { headers: { cookie } })).status;
    while ((await status('/readyz')) !== 503) await pause(50);
    // Full for a while, and still there for people.
    for (let i = 0; i < 20; i++) {
      for (const path of ['/healthz', '/api/apps', '/api/sessions?app=shop']) expect(await status(path)).toBe(200);
      await pause(100);
    }
    rmSync(ballast);
    while ((await status('/readyz')) !== 200) await pause(50);
    await fleet.drain();
    await node.stop();

    const store = await openStore(readSettings(environment));
    const { counts, said } = await compareBooks(fleet, store);
    await store.close();
    console.log(`full disk: ${said}`);
    expect(counts).toEqual(NOTHING_WRONG);
    const db = new DatabaseSync(join(mountPoint, 'data', 'datalab.sqlite'), { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    db.close();
  },
);
