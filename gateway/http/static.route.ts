import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { DatalabError } from '../../engine/errors/errors.ts';

/** What websites name in their pages. */
const CORE_FILE = 'datalab.js';
/** How long a browser may use the tracker without asking: fixes reach every page within this. */
const CORE_CACHE = 'public, max-age=300';
/** What the core loads: its hash is in its name, so it never changes. */
const EXTRA_CACHE = 'public, max-age=31536000, immutable';

/**
 * What the build made: the tracker at `/datalab.js` with its extras beside it, the UI at every other address that is not the API's.
 * @param buildDir where `npm run build` puts it
 */
export async function staticRoute(app: FastifyInstance, { buildDir }: { buildDir: string }): Promise<void> {
  // Scripts for websites, and a UI that shows nothing before one has signed in.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, action: 'track' };
  });
  const uiDir = join(buildDir, 'ui');
  const trackerDir = join(buildDir, 'tracker');
  const pageFile = join(uiDir, 'index.html');
  const isBuilt = existsSync(pageFile);

  const trackerFiles = existsSync(trackerDir) ? await readdir(trackerDir) : [];
  if (!trackerFiles.includes(CORE_FILE)) app.get(`/${CORE_FILE}`, () => Promise.reject(notBuilt('tracker')));
  for (const file of trackerFiles) {
    const script = await readFile(join(trackerDir, file));
    const brotli = brotliCompressSync(script);
    app.get(`/${file}`, async (request, reply) => {
      const takesBrotli = /\bbr\b/.test(request.headers['accept-encoding'] ?? '');
      if (takesBrotli) reply.header('content-encoding', 'br');
      return reply
        .type('text/javascript; charset=utf-8')
        .header('vary', 'accept-encoding')
        .header('cache-control', file === CORE_FILE ? CORE_CACHE : EXTRA_CACHE)
        .header('access-control-allow-origin', '*')
        .header('cross-origin-resource-policy', 'cross-origin')
        .send(takesBrotli ? brotli : script);
    });
  }

  if (isBuilt) {
    // Names of assets carry their hash: they never change. The page itself is always asked for.
    await app.register(fastifyStatic, { root: join(uiDir, 'assets'), prefix: '/assets/', immutable: true, maxAge: '1y', index: false });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const isPage = request.method === 'GET' && !path.startsWith('/api/') && !path.startsWith('/assets/') && !/\.[a-z0-9]+$/i.test(path);
    if (!isPage) throw new DatalabError('not-found', 'There is nothing at this address.');
    if (!isBuilt) throw notBuilt('UI');
    // Read anew: after another build the page names other assets, and the old ones are gone.
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(await readFile(pageFile));
  });
}

function notBuilt(what: string): DatalabError {
  return new DatalabError('not-found', `The ${what} has not been built: run “npm run build” and start again.`);
}
