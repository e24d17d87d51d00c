/** The live client's connection as browsers have it. */
import type { OpenSocket } from './live-client.ts';

/** Opens `/api/live` at this page's own origin. */
export const openBrowserSocket: OpenSocket = (handlers) => {
  const address = new URL('/api/live', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(address);
  socket.addEventListener('open', handlers.opened);
  socket.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (typeof event.data === 'string') handlers.received(event.data);
  });
  // An error is always followed by a close.
  socket.addEventListener('close', (event) => handlers.closed(event.code));
  return socket;
};
