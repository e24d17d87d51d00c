/**
 * Builds the script that websites load: one file, no dependency, no source map.
 *
 * es2022 where the issue says nothing and es2020 would do: private fields lowered to WeakMaps cost size and speed, and
 * every browser since 2021 has them.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const FILE = 'datalab.js';

/** Says what a page pays for the script. */
function reportSize(): Plugin {
  return {
    name: 'report-size',
    writeBundle({ dir = '' }) {
      const bytes = readFileSync(`${dir}/${FILE}`);
      console.log(`${FILE}: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} bytes brotli`);
    },
  };
}

export default defineConfig({
  root,
  publicDir: false,
  logLevel: 'warn',
  plugins: [reportSize()],
  build: {
    outDir: 'build/tracker',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    lib: { entry: 'tracker/main.ts', formats: ['iife'], name: 'datalabTracker', fileName: () => FILE },
  },
});
