/**
 * Builds what browsers load (the tracker, its npm entry, the UI) and what threads load, into build/. Runs at the end of `npm ci`, so
 * that the first start is a start and not a build.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

if (!existsSync(join(ROOT, 'node_modules', 'vite'))) {
  console.log('Not building tracker and UI: vite is a development dependency and was left out.');
} else {
  const parts = Object.entries({ tracker, npm, ui, threads });
  for (const [i, [part, buildPart]] of parts.entries()) {
    console.log(`[${i + 1}/${parts.length}] building ${part} …`);
    const startedMs = performance.now();
    await buildPart();
    console.log(`[${i + 1}/${parts.length}] ${part} built in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  }
}

async function tracker(): Promise<void> {
  const { buildTracker } = await import('./tracker.ts');
  const { tableOf, weigh } = await import('./weight.ts');
  const files = await buildTracker();
  const folder = join(ROOT, 'build', 'tracker');
  // Emptied: an extra of another build would never be asked for.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, code] of files) writeFileSync(join(folder, file), code);
  console.log(tableOf(weigh(files)));
}

async function npm(): Promise<void> {
  const { buildNpm } = await import('./npm.ts');
  const folder = join(ROOT, 'build', 'npm');
  mkdirSync(folder, { recursive: true });
  for (const [file, code] of await buildNpm()) writeFileSync(join(folder, file), code);
}

async function ui(): Promise<void> {
  const { build } = await import('vite');
  await build({ configFile: join(ROOT, 'ui', 'vite.config.ts'), logLevel: 'warn' });
}

async function threads(): Promise<void> {
  const { compileThreads } = await import('./threads.ts');
  await compileThreads();
}
