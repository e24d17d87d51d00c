import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { DatalabError } from '../../engine/errors/errors.ts';

/** How long a browser may use the tracker without asking: fixes reach every page within this. */
const TRACKER_MAX_AGE_S = 300;

/**
 * What the build made: the tracker at `/datalab.js`, the UI at every other address that is not the API's.
 * @param buildDir where `npm run build` puts it
 */
export async function staticRoute(app: FastifyInstance, { buildDir }: { buildDir: string }): Promise<void> {
  const uiDir = join(buildDir, 'ui');
  const trackerFile = join(buildDir, 'tracker', 'datalab.js');
  const tracker = existsSync(trackerFile) ? await readFile(trackerFile) : null;
  const pageFile = join(uiDir, 'index.html');
  const isBuilt = existsSync(pageFile);

  app.get('/datalab.js', async (_request, reply) => {
    if (!tracker) throw notBuilt('tracker');
    return reply
      .type('text/javascript; charset=utf-8')
      .header('cache-control', `public, max-age=${TRACKER_MAX_AGE_S}`)
      .header('access-control-allow-origin', '*')
      .header('cross-origin-resource-policy', 'cross-origin')
      .send(tracker);
  });

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
