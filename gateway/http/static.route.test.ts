import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { staticRoute } from './static.route.ts';

const EXTRA = 'datalab-extra-0123abcd.js';
let buildDir: string;
let app: FastifyInstance;

beforeEach(() => {
  buildDir = mkdtempSync(join(tmpdir(), 'datalab-build-'));
});
afterEach(async () => {
  await app.close();
  rmSync(buildDir, { recursive: true });
});

async function serve(scripts: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(join(buildDir, 'tracker'));
  for (const [file, code] of Object.entries(scripts)) writeFileSync(join(buildDir, 'tracker', file), code);
  app = fastify();
  await app.register(staticRoute, { buildDir });
}

describe('the tracker’s files', () => {
  it('are served to every origin: the core for minutes, its extra, which never changes, for good', async () => {
    await serve({ 'datalab.js': 'core', [EXTRA]: 'extra' });
    for (const [file, body, caching] of [
      ['datalab.js', 'core', 'public, max-age=300'],
      [EXTRA, 'extra', 'public, max-age=31536000, immutable'],
    ]) {
      const answer = await app.inject(`/${file}`);
      expect(answer.body).toBe(body);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': caching,
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      });
    }
  });

  it('come compressed to browsers that say that they take it, and caches are told', async () => {
    await serve({ 'datalab.js': 'core '.repeat(100) });
    const plain = await app.inject('/datalab.js');
    const small = await app.inject({ url: '/datalab.js', headers: { 'accept-encoding': 'gzip, deflate, br, zstd' } });
    expect([plain.headers['content-encoding'], plain.headers['vary']]).toEqual([undefined, 'accept-encoding']);
    expect([small.headers['content-encoding'], small.headers['vary']]).toEqual(['br', 'accept-encoding']);
    expect(brotliDecompressSync(small.rawPayload).toString()).toBe(plain.body);
    expect(small.rawPayload.length).toBeLessThan(plain.rawPayload.length);
  });

  it('an extra of another build is not there', async () => {
    await serve({ 'datalab.js': 'core', [EXTRA]: 'extra' });
    expect((await app.inject('/datalab-extra-ffffffff.js')).statusCode).toBeGreaterThanOrEqual(400);
  });

  it('without a build, say what to do', async () => {
    app = fastify();
    await app.register(staticRoute, { buildDir });
    expect((await app.inject('/datalab.js')).body).toContain('npm run build');
  });
});
