/**
 * Builds the scripts that websites load: the core, the extra that the core loads, and what the extra loads. No source map; only the
 * vitals and the recorder have a dependency.
 *
 *   main.ts  ─ bundle ─ classes to closures ─ minify, shorten names ──┬─ + name of the extra ─▶ datalab.js
 *   extra.ts ─ bundle, without what the core lends ─ minify, same names ─ + names of what it loads ─ hash ─▶ datalab-extra-HASH.js
 *   debug.ts ─ bundle ─ minify, same names ─ hash ─▶ datalab-debug-HASH.js
 *   polls.ts ─ bundle ─ minify, same names ─ hash ─▶ datalab-polls-HASH.js
 *   vitals.ts ─ bundle, with its package ─ minify, names kept ─ hash ─▶ datalab-vitals-HASH.js
 *   recorder.ts ─ bundle, with what records of its package ─ minify, names kept ─ hash ─▶ datalab-recorder-HASH.js
 *
 * What ships is ES2020. Bundled as ES2022: private fields would be lowered to WeakMaps, which cost size and speed; as closures they
 * need no lowering.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { build, type MinifyOptions, minifySync, type Plugin, type Rollup, transformWithOxc } from 'vite';
import { EVENTS } from '../../engine/protocol/events.ts';
import { LIFECYCLE_EVENTS, type LifecycleEvent } from '../../engine/protocol/lifecycle.ts';
import { CLOSE_CODES } from '../../engine/protocol/messages.ts';
import { classesToClosures } from './closures.ts';
import { MANGLED } from './mangled.ts';
import { recordOnly } from './record-only.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TRACKER = join(ROOT, 'tracker');
const BUNDLED_AS = 'es2022';
/** What websites are given. */
export const TARGET = 'es2020';

/** What websites load: its address is in their pages, so its name never changes. */
export const CORE_FILE = 'datalab.js';
/** Stands in the core for the extra's name until that is known: its hash, and with it its content, depends on the core's names. */
const EXTRA_MARK = '@extra@';
const POLLS_MARK = '@polls@';
const DEBUG_MARK = '@debug@';
const VITALS_MARK = '@vitals@';
const RECORDER_MARK = '@recorder@';
/** Stands for rows of EVENTS: the core has those of the events that it makes, and its extra brings the others along. */
const ROWS_MARK = 'datalabRows()';
/** What the core lends (tracker/shared.ts) comes from these. */
const LENT = ['../engine/protocol/events.ts', ...['early', 'env', 'page', 'privacy'].map((name) => `capture/${name}.ts`)];

/**
 * @param minify false gives the source as one file
 * @returns file name → code
 */
export async function buildTracker({ minify = true } = {}): Promise<ReadonlyMap<string, string>> {
  let core = await bundle('main.ts', 'iife');
  let extra = await bundle('extra.ts', 'es', [lent()]);
  let debug = await bundle('debug/debug.ts', 'es');
  let polls = await bundle('polls.ts', 'es');
  const made = kindsMadeBy(core);
  core = core.replace(
    ROWS_MARK,
    rowsOf((kind) => made.has(kind)),
  );
  extra = extra.replace(
    ROWS_MARK,
    rowsOf((kind) => !made.has(kind)),
  );
  if (minify) {
    const shortCore = shorten(await lower(classesToClosures(literal(core))));
    core = shortCore.code;
    const shortExtra = shorten(await lower(classesToClosures(extra)), shortCore.mangleCache);
    extra = shortExtra.code;
    polls = shorten(await lower(polls), shortCore.mangleCache).code;
    // It reads the events of both.
    debug = shorten(await lower(debug), shortExtra.mangleCache).code;
  }
  const vitalsCode = keepNames(await bundle('vitals.ts', 'es', [], TARGET), minify);
  const vitalsFile = hashed('vitals', vitalsCode);
  const recorderCode = keepNames(await bundle('recorder.ts', 'es', [recordOnly()], TARGET), minify);
  const recorderFile = hashed('recorder', recorderCode);
  const debugFile = hashed('debug', debug);
  const pollsFile = hashed('polls', polls);
  const extraCode = extra.replace(VITALS_MARK, vitalsFile).replace(RECORDER_MARK, recorderFile);
  const extraFile = hashed('extra', extraCode);
  return new Map([
    [CORE_FILE, core.replace(EXTRA_MARK, extraFile).replace(DEBUG_MARK, debugFile).replace(POLLS_MARK, pollsFile)],
    [extraFile, extraCode],
    [vitalsFile, vitalsCode],
    [recorderFile, recorderCode],
    [debugFile, debug],
    [pollsFile, polls],
  ]);
}

const hashed = (name: string, code: string) => `datalab-${name}-${createHash('sha256').update(code).digest('hex').slice(0, 8)}.js`;

/** A package's names are its own, and its chunk says nothing by names that are shortened elsewhere. */
function keepNames(code: string, minify: boolean): string {
  return minify ? minifySync(CORE_FILE, code, { module: true, compress: { target: TARGET } }).code : code;
}

/**
 * One file of an entry and all that it imports, unminified.
 * @param entry in tracker/
 */
export async function bundle(entry: string, format: 'iife' | 'es', plugins: Plugin[] = [], target = BUNDLED_AS): Promise<string> {
  const built = await build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [...plugins, rows()],
    define: {
      DATALAB_EXTRA_FILE: JSON.stringify(EXTRA_MARK),
      DATALAB_POLLS_FILE: JSON.stringify(POLLS_MARK),
      DATALAB_VITALS_FILE: JSON.stringify(VITALS_MARK),
      DATALAB_RECORDER_FILE: JSON.stringify(RECORDER_MARK),
      DATALAB_DEBUG_FILE: JSON.stringify(DEBUG_MARK),
    },
    build: {
      write: false,
      minify: false,
      target,
      lib: { entry: join(TRACKER, entry), formats: [format], name: 'datalabTracker' },
      rolldownOptions: {
        output: { topLevelVar: false },
        // Schemas and decoders that only the server uses leave nothing behind.
        treeshake: { propertyReadSideEffects: false, manualPureFunctions: ['TextDecoder'] },
      },
    },
  });
  const [output] = (Array.isArray(built) ? built : [built]) as Rollup.RollupOutput[];
  const [chunk] = output?.output ?? [];
  if (!chunk || output?.output.length !== 1) throw new Error(`${entry} was not built into one file`);
  return chunk.code;
}

/** The kinds of events that code makes, each written out where it is made: what is not seen would have no row. */
function kindsMadeBy(code: string): ReadonlySet<string> {
  const unseen = code.match(/^(?!.*\*).*\bkind(?:,| \}|: (?!["'])).*/m)?.[0];
  if (unseen) throw new Error(`an event's kind is not written out: ${unseen.trim()}`);
  return new Set([...code.matchAll(/\bkind: ["'](\w+)["']/g)].map(([, kind = '']) => kind));
}

/** Rows of the table of events, as code. @param which the kinds wanted */
function rowsOf(which: (kind: string) => boolean): string {
  const chosen = Object.entries(EVENTS).filter(([kind]) => which(kind));
  // Without quotes, so that names are shortened.
  return JSON.stringify(Object.fromEntries(chosen)).replace(/"(\w+)":/g, '$1:');
}

/** Leaves a mark where the table of events stands: which rows it has is known once the code is there that makes events. */
function rows(): Plugin {
  return {
    name: 'rows',
    load: (id) => (id === join(ROOT, 'engine/protocol/events.ts') ? `export const EVENTS = ${ROWS_MARK};` : null),
  };
}

/** Puts what the core lends in the place of the modules that it comes from. A name that is not lent ends the build. */
function lent(): Plugin {
  const name = '\0lent';
  return {
    name: 'lent',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (source === name) return source;
      const resolved = importer && (await this.resolve(source, importer, { skipSelf: true }));
      return resolved && LENT.some((file) => resolved.id === join(TRACKER, file)) ? name : null;
    },
    async load(id) {
      if (id !== name) return null;
      const { SHARED } = await import('../../tracker/shared.ts');
      const names = Object.keys(SHARED).join(', ');
      return `export let ${names}; export function share(from) { ({ ${names} } = from); Object.assign(EVENTS, ${ROWS_MARK}); }`;
    },
    transform(code, id) {
      return id === join(TRACKER, 'extra.ts') ? `${code}\nexport { share } from ${JSON.stringify(name)};` : null;
    },
  };
}

/** Writes in ES2020 what is newer. */
async function lower(code: string): Promise<string> {
  return (await transformWithOxc(code, CORE_FILE, { target: TARGET, sourcemap: false })).code;
}

/** Writes as literals what the minifier takes for variables, and shortens names that never leave the tracker. */
function literal(code: string): string {
  // Those of one word might be a message's type, too.
  const names = LIFECYCLE_EVENTS.filter((name) => name.includes('_'));
  const events = new RegExp(`\\b(${names.join('|')})\\b`, 'g');
  return code
    .replace(/\bCLOSE_CODES\.(\w+)/g, (_, name: keyof typeof CLOSE_CODES) => String(CLOSE_CODES[name]))
    .replace(events, (name) => `e${names.indexOf(name as LifecycleEvent)}`);
}

/** @param cache names as an earlier build shortened them */
function shorten(code: string, cache: Record<string, string | false> = {}): ReturnType<typeof minifySync> {
  const options: MinifyOptions = {
    module: true,
    compress: { target: TARGET },
    mangle: { toplevel: true },
    codegen: true,
    mangleProps: { include: MANGLED, cache },
  };
  const minified = minifySync(CORE_FILE, code, options);
  if (minified.errors.length > 0) throw new Error(minified.errors.map(({ message }) => message).join('; '));
  return minified;
}
