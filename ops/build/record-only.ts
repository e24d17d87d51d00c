/** Takes out of rrweb what recording never uses, and what the page would notice. Its package is one file that holds the player, too. */
import type { Plugin } from 'vite';

/** Each stands in rrweb's file, or the build ends: another version of the package may need others. */
const CHANGES: readonly (readonly [what: string, pattern: RegExp, instead: string])[] = [
  // Only the player reads style sheets by it; as a call it stays, whoever uses it.
  ['the calls of postcss', /\}\)\)\)\(\), 1\)/g, '}))), 1)'],
  // Canvases are not recorded.
  ['the worker for canvases', /^var jsContent = .*$/m, "var jsContent = '';"],
  ['the worker’s blob', /^var blob = .*$/m, 'var blob;'],
  // They are methods: as getters they are never native, and a frame is put into the page to find ones that are.
  ['what is asked for as getters', /"shadowRoot",\s+"querySelector",\s+"querySelectorAll"/g, '"shadowRoot"'],
  // The page's console is not ours.
  ['the beginning', /^/, 'const console = { log() {}, warn() {}, error() {}, debug() {} };\n'],
];

export function recordOnly(): Plugin {
  return {
    name: 'record-only',
    transform(code, id) {
      if (!id.endsWith('/rrweb/dist/rrweb.js')) return null;
      return CHANGES.reduce((text, [what, pattern, instead]) => {
        const changed = text.replace(pattern, instead);
        if (changed === text) throw new Error(`rrweb has changed: ${what} is not there`);
        return changed;
      }, code);
    },
  };
}
