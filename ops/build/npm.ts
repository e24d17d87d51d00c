/**
 * Builds `datalab/tracker`, which package.json exports: one module, and its types.
 *
 *   npm/start.ts ─ bundle, unminified: a site's own build does that ─▶ tracker.js
 *   npm/start.ts, api.ts ─ declarations alone ─▶ tracker.d.ts, api.d.ts
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transformWithOxc } from 'vite';
import { bundle, TARGET } from './tracker.ts';

const TRACKER = join(import.meta.dirname, '..', '..', 'tracker');

/** @returns file name → code */
export async function buildNpm(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['tracker.js', await bundle('npm/start.ts', 'es', [], TARGET)],
    ['tracker.d.ts', await declarationOf('npm/start.ts')],
    ['api.d.ts', await declarationOf('api.ts')],
  ]);
}

async function declarationOf(file: string): Promise<string> {
  const code = await readFile(join(TRACKER, file), 'utf8');
  const { declaration } = await transformWithOxc(code, file, { typescript: { declaration: {} }, sourcemap: false });
  if (!declaration) throw new Error(`${file} gave no types`);
  // Both lie in one folder, and the types of a module are named as the module.
  return declaration.replace(/(["'])\.\.?\/api\.ts\1/g, '$1./api.js$1');
}
