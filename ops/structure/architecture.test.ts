/** The import table of the architecture, read off the code: who may import whom, and no cycles at all. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDERS = ['engine', 'actors', 'gateway', 'tracker', 'ui', 'ops'];

/** Room of a file: its top folder; inside engine, the sub-folder. Benchmarks stand apart: they alone may reach into the engine. */
const roomOf = (file: string): string =>
  /^(engine|ops\/bench)\//.test(file) ? file.split('/').slice(0, 2).join('/') : (file.split('/')[0] ?? '');

/** What each room may import: rooms, and packages by name. `type:` allows types only. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'engine/protocol': [],
  'engine/clock': [],
  'engine/errors': [],
  'engine/threads': ['node:*'],
  'engine/classify': ['engine/protocol', 'type:engine/store', 'ua-parser-js', 'isbot'],
  'engine/rollup': ['engine/protocol'],
  'engine/store': ['engine/protocol', 'engine/rollup', 'engine/errors', 'engine/clock', 'engine/threads', 'mongodb', 'node:*'],
  'engine/documents': ['engine/protocol', 'engine/errors', 'engine/clock', 'mongodb', 'node:*'],
  'engine/pool': ['engine/protocol', 'engine/rollup', 'engine/store', 'engine/errors', 'engine/threads', 'piscina', 'node:*'],
  'engine/upkeep': ['engine/errors', 'engine/store', 'node:*'],
  'engine/exchange': [
    'engine/protocol',
    'engine/rollup',
    'engine/errors',
    'engine/store',
    'csv-parse',
    'csv-stringify/sync',
    'hyparquet',
    'hyparquet-writer',
    'node:*',
  ],
  'engine/query': ['engine/protocol', 'engine/rollup', 'type:engine/store'],
  // The batch and the session's facts are declared where they are worked on; actors know their shapes, not their code.
  actors: ['engine/protocol', 'engine/clock', 'engine/errors', 'type:engine/pool', 'type:engine/store', 'xstate'],
  gateway: [
    'engine/*',
    'actors',
    'fastify',
    '@fastify/cookie',
    '@fastify/rate-limit',
    '@fastify/static',
    'ajv',
    'openid-client',
    'otpauth',
    'uuid',
    'ws',
    'node:*',
  ],
  tracker: ['engine/protocol', 'rrweb', 'web-vitals'],
  ui: [
    'engine/protocol',
    'preact',
    'preact/*',
    '@preact/signals',
    'preact-iso',
    'lucide-preact',
    '@tanstack/virtual-core',
    '@floating-ui/dom',
    'rrweb',
    'uqr',
    'vega',
    'vega-*',
  ],
  ops: [
    'engine/protocol',
    'engine/errors',
    'engine/threads',
    'gateway',
    'tracker',
    'fastify',
    'ws',
    'vite',
    'vitest',
    'vitest/*',
    'playwright-core',
    'node:*',
  ],
  'ops/bench': ['ops', 'engine/*', 'node:*'],
};

type Import = { readonly from: string; readonly to: string; readonly typeOnly: boolean };

const files = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT }));
const isTest = (file: string) => /\.(test|contract|arbitrary|bench)\.tsx?$/.test(file) || /\/fixtures?\//.test(file);
const isConfig = (file: string) => /vite\.config\.ts$/.test(file);
const sources = files.filter((file) => !isTest(file) && !isConfig(file));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found: Import[] = [];
  const pattern = /^\s*(import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/gm;
  for (const [, , type, statically, dynamically] of text.matchAll(pattern)) {
    const to = statically ?? dynamically ?? '';
    found.push({ from: file, to: to.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), to)) : to, typeOnly: type !== undefined });
  }
  return found;
}

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const room = roomOf(from);
  const target = FOLDERS.some((folder) => to.startsWith(`${folder}/`)) ? roomOf(to) : to;
  if (target === room || /\.(css|svg)$/.test(to)) return true;
  return (MAY_IMPORT[room] ?? []).some((entry) => {
    const typed = entry.startsWith('type:');
    if (typed && !typeOnly) return false;
    const name = typed ? entry.slice(5) : entry;
    return name.endsWith('*') ? target.startsWith(name.slice(0, -1)) : target === name;
  });
}

describe('the structure', () => {
  it('has a row in the table for every room', () => {
    expect([...new Set(sources.map(roomOf))].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('imports only what the table allows', () => {
    const broken = sources.flatMap(importsOf).filter((found) => !isAllowed(found));
    expect(broken.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('has no import cycle, types included', () => {
    const graph = new Map(sources.map((file) => [file, importsOf(file).map(({ to }) => to)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (done.has(file) || path.includes(file)) return;
      for (const to of graph.get(file) ?? []) if (graph.has(to)) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('reads the environment in one place on the server', () => {
    const readers = sources.filter((file) => /process\.env\b/.test(readFileSync(join(ROOT, file), 'utf8')) && !file.startsWith('ops/'));
    expect(readers).toEqual(['gateway/main.ts']);
  });

  it('has no drawer folders, no umbrella files, and no top-level folder beyond the six', () => {
    expect(files.filter((file) => /(^|\/)(utils|helpers|common|lib|misc)\//.test(file))).toEqual([]);
    expect(sources.filter((file) => /^export \* from/m.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
    const tops = globSync('*/', { cwd: ROOT }).map((name) => name.replace(/\/$/, ''));
    expect(tops.filter((name) => ![...FOLDERS, 'node_modules', 'build', 'data'].includes(name))).toEqual([]);
  });

  it('every limit of the wire has a purpose: it is used outside its own file', () => {
    const names = [...readFileSync(join(ROOT, 'engine/protocol/limits.ts'), 'utf8').matchAll(/export const (\w+)/g)].map(
      (match) => match[1] ?? '',
    );
    const others = sources.filter((file) => file !== 'engine/protocol/limits.ts').map((file) => readFileSync(join(ROOT, file), 'utf8'));
    expect(names.filter((name) => !others.some((text) => text.includes(name)))).toEqual([]);
  });
});
