/** How the UI is built, and what it weighs on the wire: the build prints that, and a test holds the limits. */
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin, type Rollup } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The page that the UI opens with, without its chart. */
export const FIRST_PAGE_MAX_KB = 90;
/** What the first chart adds, once. */
export const CHARTS_MAX_KB = 260;

/** Names of the chunks, as their source files are called. */
const START_CHUNK = 'live-page';
const CHARTS_CHUNK = 'vega-view';

/** Thousands of bytes of script, compressed as it is served. */
export type Weight = {
  readonly firstPageKb: number;
  /** Beyond the first page. */
  readonly chartsKb: number;
  /** Every chunk, heaviest first. */
  readonly chunks: readonly { readonly name: string; readonly kB: number }[];
};

/** Weighs what a build made. */
export function weigh(outputs: Iterable<Rollup.OutputChunk | Rollup.OutputAsset>): Weight {
  const chunks = new Map<string, Rollup.OutputChunk>();
  for (const output of outputs) if (output.type === 'chunk') chunks.set(output.fileName, output);
  const kBOf = new Map([...chunks].map(([name, chunk]) => [name, brotliCompressSync(chunk.code).length / 1000]));
  const sum = (names: Iterable<string>) => [...names].reduce((total, name) => total + (kBOf.get(name) ?? 0), 0);

  const first = reach(chunks, (chunk) => chunk.isEntry || chunk.name === START_CHUNK);
  const charts = reach(chunks, (chunk) => chunk.name === CHARTS_CHUNK);
  return {
    firstPageKb: sum(first),
    chartsKb: sum([...charts].filter((name) => !first.has(name))),
    chunks: [...kBOf].map(([name, kB]) => ({ name, kB })).sort((a, b) => b.kB - a.kB),
  };
}

/** The chunks that are meant, and all that they import at once. */
function reach(chunks: ReadonlyMap<string, Rollup.OutputChunk>, isMeant: (chunk: Rollup.OutputChunk) => boolean): Set<string> {
  const reached = new Set<string>();
  const take = (name: string) => {
    const chunk = chunks.get(name);
    if (!chunk || reached.has(name)) return;
    reached.add(name);
    chunk.imports.forEach(take);
  };
  for (const [name, chunk] of chunks) if (isMeant(chunk)) take(name);
  return reached;
}

/** Says what visitors of the UI download. */
function printWeight(): Plugin {
  return {
    name: 'print-weight',
    writeBundle(_options, bundle) {
      const { firstPageKb, chartsKb, chunks } = weigh(Object.values(bundle));
      const kB = (value: number) => `${value.toFixed(1)} kB brotli`;
      console.log(`first page: ${kB(firstPageKb)} of ${FIRST_PAGE_MAX_KB}; charts: ${kB(chartsKb)} more of ${CHARTS_MAX_KB}`);
      for (const chunk of chunks.filter((candidate) => candidate.kB >= 1)) {
        console.log(`  ${chunk.kB.toFixed(1).padStart(6)} kB  ${chunk.name}`);
      }
    },
  };
}

export default defineConfig({
  root,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [printWeight()],
  build: {
    outDir: '../build/ui',
    emptyOutDir: true,
    target: 'es2023',
    reportCompressedSize: false,
    // Vega is one library in one chunk, fetched with the first chart; its size is printed and known.
    chunkSizeWarningLimit: 1000,
    // Inlined assets would need data: in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
