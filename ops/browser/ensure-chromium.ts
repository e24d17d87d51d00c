/** Finds a Chromium for the browser tests, or installs Debian’s; where neither can be had, says so once. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the browser; '' where there is none, with the reason. */
    chromium: string;
    chromiumMissing: string;
  }
}

/** Runs in CI as root, in a container without a GPU, and must not call home. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Vitest's global set-up of the browser lane. */
export default function setup(project: TestProject): void {
  let missing = '';
  if (!findChromium()) {
    console.log('No Chromium found: installing Debian’s (apt-get install chromium) …');
    missing = installChromium();
  }
  const path = findChromium() ?? '';
  if (!path) console.log(`Browser tests are skipped: ${missing || 'Chromium was installed but is not on the path'}.`);
  project.provide('chromium', path);
  project.provide('chromiumMissing', missing);
}

/** The first browser on the path. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** @returns '' if it went well, else why not */
function installChromium(): string {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  try {
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
    ]) {
      const [command = '', ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
      execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 600_000 });
    }
    return '';
  } catch (error) {
    return `Chromium could not be installed (${(error as Error).message.split('\n', 1)[0]})`;
  }
}
