/**
 * Builds what browsers load: the tracker and the UI, into build/. Runs at the end of `npm ci`, so that the first start is
 * a start and not a build.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const PARTS = ['tracker', 'ui'];

if (!existsSync(join(ROOT, 'node_modules', 'vite'))) {
  console.log('Not building tracker and UI: vite is a development dependency and was left out.');
} else {
  const { build } = await import('vite');
  for (const [i, part] of PARTS.entries()) {
    console.log(`[${i + 1}/${PARTS.length}] building ${part} …`);
    const startedMs = performance.now();
    await build({ configFile: join(ROOT, part, 'vite.config.ts'), logLevel: 'warn' });
    console.log(`[${i + 1}/${PARTS.length}] ${part} built in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  }
}
