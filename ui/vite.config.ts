/** How the UI is built, and what it weighs on the wire: the build prints that, and a test holds the limits. */
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin, type Rollup } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** The page that the UI opens with, without its chart. */
export const FIRST_PAGE_MAX_KB = 90;
/** What the first chart adds, once. */
export const CHARTS_MAX_KB = 260;
/** What the first replay of a recorded page adds, once. */
export const RECORDED_MAX_KB = 40;

/** Names of the chunks, as their source files are called. */
const START_CHUNK = 'live-page';
const CHARTS_CHUNK = 'vega-view';
const REPLAY_CHUNK = 'replay-page';
const RECORDED_CHUNK = 'recorded-player';

/** Thousands of bytes of script, compressed as it is served. */
export type Weight = {
  readonly firstPageKb: number;
  /** Beyond the first page. */
  readonly chartsKb: number;
  /** Beyond the page of replays. */
  readonly recordedKb: number;
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
  const replay = reach(chunks, (chunk) => chunk.name === REPLAY_CHUNK);
  const beyond = (base: ReadonlySet<string>, name: string) =>
    [...reach(chunks, (chunk) => chunk.name === name)].filter((file) => !base.has(file));
  return {
    firstPageKb: sum(first),
    chartsKb: sum(beyond(first, CHARTS_CHUNK)),
    recordedKb: sum(beyond(replay, RECORDED_CHUNK)),
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
      const { firstPageKb, chartsKb, recordedKb, chunks } = weigh(Object.values(bundle));
      const kB = (value: number) => `${value.toFixed(1)} kB brotli`;
      console.log(`first page: ${kB(firstPageKb)} of ${FIRST_PAGE_MAX_KB}; charts: ${kB(chartsKb)} more of ${CHARTS_MAX_KB}`);
      console.log(`recorded pages: ${kB(recordedKb)} more of ${RECORDED_MAX_KB}`);
      for (const chunk of chunks.filter((candidate) => candidate.kB >= 1)) {
        console.log(`  ${chunk.kB.toFixed(1).padStart(6)} kB  ${chunk.name}`);
      }
    },
  };
}

/**
 * Takes out of rrweb what playing never uses: its package is one file that holds the recorder, too. Styles are played as they were
 * recorded: what shows under a pointer is not imitated, so nothing has to read them.
 */
export function playOnly(): Plugin {
  return {
    name: 'play-only',
    transform(code, id) {
      if (!id.endsWith('/rrweb/dist/rrweb.js')) return null;
      const changed = code
        .replaceAll('})))(), 1)', '}))), 1)')
        .replaceAll(/^(var postcss_default = )?import_postcss(\$1)?\.default.*;$/gm, '')
        .replace(/^function adaptCssForReplay\([\s\S]*?^\}$/m, 'function adaptCssForReplay(cssText) { return cssText; }')
        .replace(/^var jsContent = .*$/m, "var jsContent = '';");
      if (!changed.includes('{ return cssText; }')) throw new Error('rrweb has changed: nothing adapts styles');
      return changed;
    },
  };
}

export default defineConfig({
  root,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [playOnly(), printWeight()],
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
