/** The one place where an HTTP connection may become a socket: by path, else 404. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** @param paths exact path → what takes the connection over */
export function routeUpgrades(server: Server, paths: Readonly<Record<string, Upgrade>>): void {
  server.on('upgrade', (request, socket, head) => {
    // Until ws owns it, an error on a socket that nobody listens to would end the process.
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const upgrade = Object.hasOwn(paths, path) ? paths[path] : undefined;
    if (upgrade) upgrade(request, socket, head);
    else refuseUpgrade(socket, 404, 'Not Found');
  });
}

/** Answers a handshake with a plain HTTP status and closes. */
export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
