/** Serves the demo website as any customer would: plain pages with one script tag in their head. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const SITE = join(import.meta.dirname, 'site');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Stands in every page's head where the tracker's tag goes. */
const PLACEHOLDER = '<!-- datalab -->';

export type Site = { readonly url: string; stop(): Promise<void> };

/**
 * @param port 0 takes a free one
 * @param snippet the script tag to put into every page; read when a page is asked for
 * @throws the listen error, EADDRINUSE among them
 */
export async function serveSite(port: number, snippet: () => string): Promise<Site> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const file = join(SITE, normalize(extname(path) ? path : `${path}.html`));
    try {
      if (!file.startsWith(SITE)) throw new Error('outside the site');
      const body = await readFile(file, 'utf8');
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.end(extname(file) === '.html' ? body.replace(PLACEHOLDER, snippet()) : body);
    } catch {
      response.statusCode = 404;
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>Not found</title><p>There is no such page. <a href="/">Back to the start</a>');
    }
  });
  await listen(server, port);
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Both loopback families: browsers try ::1 first for localhost.
    server.listen(port, 'localhost', resolve);
  });
}
