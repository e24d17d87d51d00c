/**
 * The image and its compose file, read as text: they are built where docker is. What they say must be so here: settings that there
 * are, files that there are, versions that are pinned, and nothing that is published beyond this machine.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, SETTINGS } from '../../gateway/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const compose = read('ops/compose.yaml');
const dockerfile = read('ops/images/datalab.Dockerfile');
const packages = JSON.parse(read('package.json')) as { readonly version: string; readonly dependencies: Record<string, string> };

/** What a pattern's first group matched, each time; and its first two, as an object. */
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
const pairs = (text: string, pattern: RegExp) => Object.fromEntries([...text.matchAll(pattern)].map((match) => [match[1], match[2]]));

describe('the image', () => {
  it('is of the Node that the project is pinned to', () => {
    expect(new Set(all(dockerfile, /^FROM (\S+)/gm))).toEqual(new Set([`node:${packages.dependencies['node']}-bookworm-slim`]));
  });

  it('copies only what there is, and what .dockerignore lets through', () => {
    const letThrough = new Set(all(read('.dockerignore'), /^!(.+)$/gm));
    const copied = all(dockerfile, /^COPY (?!--from)(.+) \S+$/gm).flatMap((sources) => sources.split(' '));
    expect(copied.length).toBeGreaterThan(8);
    expect(copied.filter((source) => !existsSync(join(ROOT, source)) || !letThrough.has(source))).toEqual([]);
  });

  it('runs as nobody in particular, and can write only to its volume', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(all(last, /^USER (\w+)$/gm)).toEqual(['node']);
    expect(all(last, /^VOLUME (\S+)$/gm)).toEqual([pairs(last, /(DATALAB_\w+)=(\S+)/g)['DATALAB_DATA_DIR']]);
    expect(last.indexOf('\nUSER node')).toBeLessThan(last.indexOf('\nCMD '));
  });

  it('is healthy when the node is ready', () => {
    expect(all(dockerfile, /HEALTHCHECK [^\n]*\n\s+CMD .*fetch\('([^']+)'\)/g)).toEqual([
      `http://127.0.0.1:${SETTINGS.port.fallback}/readyz`,
    ]);
  });
});

describe('the compose file', () => {
  const environment = pairs(compose, /^ {6}(DATALAB_\w+): (.+)$/gm);

  it('sets only what is a setting, to what a node starts with', () => {
    expect(all(compose, /\b(DATALAB_\w+)/g)).toEqual(Object.keys(environment));
    const inImage = pairs(dockerfile, /\b(DATALAB_\w+)=(\S+)/g);
    expect(Object.keys(inImage).length).toBeGreaterThan(0);
    const settings = readSettings({ ...inImage, ...environment });
    expect(settings).toMatchObject({ host: '0.0.0.0', mongodbUri: expect.stringMatching(/^mongodb:\/\/mongodb:27017\//) });
  });

  it('pins the version of every image; its own is that of the package', () => {
    const images = all(compose, /^ {4}image: (\S+)$/gm);
    expect(images).toEqual([expect.stringMatching(/^mongo:\d+\.\d+\.\d+$/), `datalab:${packages.version}`]);
  });

  it('publishes nothing beyond this machine: there is no sign-in yet', () => {
    const ports = all(compose, /^ {4}ports:\n((?: {6}- .+\n)+)/gm).flatMap((list) => all(list, /- (.+)/g));
    expect(ports).toEqual([`127.0.0.1:${SETTINGS.port.fallback}:${SETTINGS.port.fallback}`]);
  });

  it('makes the replica set that the node asks for, before the node starts', () => {
    const name = /--replSet", "(\w+)"/.exec(compose)?.[1];
    expect(name).toBeDefined();
    expect(compose).toContain(`rs.initiate({ _id: "${name}", members: [{ _id: 0, host: "mongodb:27017" }] })`);
    expect(environment['DATALAB_MONGODB_URI']).toContain(`replicaSet=${name}`);
    expect(compose).toMatch(/mongodb:\n {8}condition: service_healthy/);
  });

  it('builds from a file that there is, declares every volume, and restarts what ends', () => {
    expect(existsSync(join(ROOT, /dockerfile: (\S+)/.exec(compose)?.[1] ?? 'none'))).toBe(true);
    const mounted = all(compose, /^ {6}- ([a-z-]+):\/\S+$/gm);
    expect(mounted.toSorted()).toEqual(all(compose.slice(compose.indexOf('\nvolumes:')), /^ {2}([a-z-]+):$/gm).toSorted());
    expect(all(compose, /^ {4}(restart): unless-stopped$/gm).length).toBe(2);
  });
});
