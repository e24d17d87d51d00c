/** The demo: a node, a website that loads its tracker, and a crowd of visitors. For `npm run demo` and for tests. */
import { DatalabError } from '../../engine/errors/errors.ts';
import type { AppDetail } from '../../engine/protocol/administration.ts';
import { type Node, startNode } from '../../gateway/main.ts';
import type { Settings } from '../../gateway/settings.ts';
import { type Site, serveSite } from './site-server.ts';
import { Crowd } from './visitors/crowd.ts';
import { recordedPages } from './visitors/recorded-pages.ts';

export const DEMO_APP = 'demo';

export type Demo = { readonly node: Node; readonly site: Site; readonly crowd: Crowd; stop(): Promise<void> };

/**
 * Starts node and site; the crowd comes only when asked.
 * @param settings of the node; its apps are replaced by the demo's
 * @throws DatalabError with one clear sentence
 */
export async function startDemo(settings: Settings): Promise<Demo> {
  let nodeUrl = '';
  const site = await serveSite(settings.demoPort, () => `<script async src="${nodeUrl}/datalab.js" data-app="${DEMO_APP}"></script>`).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new DatalabError('port-in-use', `Port ${settings.demoPort} (DATALAB_DEMO_PORT) is in use by another program.`, {
        cause: error,
      });
    },
  );
  try {
    const node = await startNode({ ...settings, apps: [{ key: DEMO_APP, name: 'Fernweh Outfitters (demo)', origins: [site.url] }] });
    nodeUrl = node.url;
    await allowOnly(node, site.url);
    const crowd = new Crowd({ gatewayUrl: node.url, siteUrl: site.url, app: DEMO_APP, pages: recordedPages(), seed: 2026 });
    return {
      node,
      site,
      crowd,
      async stop() {
        await crowd.stop();
        await site.stop();
        await node.stop();
      },
    };
  } catch (error) {
    await site.stop();
    throw error;
  }
}

/** The demo's website may be at another address than last time. */
async function allowOnly({ ask }: Node, origin: string): Promise<void> {
  const { apps } = await ask<{ readonly apps: readonly AppDetail[] }>('app', 'GET', '/internal/app/all');
  const demo = apps.find(({ key }) => key === DEMO_APP);
  if (!demo || demo.origins.includes(origin)) return;
  const { revision, name, timeZone, retention } = demo;
  const identity = { kind: 'user', id: 'demo', name: 'Demo', isOwner: true, roles: {}, signIn: '' } as const;
  const body = { revision, name, origins: [origin], timeZone, retention };
  await ask('app', 'PUT', `/api/apps/${DEMO_APP}`, { body, as: { identity, address: '', source: '' } });
}
