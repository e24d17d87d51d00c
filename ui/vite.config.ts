import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Prints what a visitor of the first page downloads, and every other chunk, compressed as it is served. */
function printSizes(): Plugin {
  return {
    name: 'print-sizes',
    generateBundle(_options, bundle) {
      const kB = (text: string) => brotliCompressSync(text).length / 1000;
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
      const first = new Set<string>();
      const take = (fileName: string) => {
        const chunk = chunks.find((candidate) => candidate.fileName === fileName);
        if (!chunk || first.has(fileName)) return;
        first.add(fileName);
        chunk.imports.forEach(take);
      };
      for (const chunk of chunks) if (chunk.isEntry || chunk.name === 'live-page') take(chunk.fileName);
      const sizes = chunks.map((chunk) => ({ name: chunk.fileName, isFirst: first.has(chunk.fileName), kB: kB(chunk.code) }));
      const sum = sizes.reduce((total, size) => total + (size.isFirst ? size.kB : 0), 0);
      this.info(`first page (shell and Live, without charts): ${sum.toFixed(1)} kB brotli of script`);
      for (const size of sizes.sort((a, b) => b.kB - a.kB)) {
        this.info(`  ${size.kB.toFixed(1).padStart(6)} kB  ${size.name}${size.isFirst ? '  (first page)' : ''}`);
      }
    },
  };
}

export default defineConfig({
  root,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [printSizes()],
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
