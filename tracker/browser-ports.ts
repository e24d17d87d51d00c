import type { Guard } from './capture/guard.ts';
import type { HelloReply, Ports, Storage } from './transport/ports.ts';

/**
 * The transport's ports on a page. Whatever calls back is guarded: nothing the transport throws reaches the page.
 * @param base where the server is, e.g. `https://lab.example`
 */
export function createBrowserPorts(base: string, guard: Guard, storage: Storage): Ports {
  return {
    storage,
    random: Math.random,
    clock: {
      nowMs: Date.now,
      after(delayMs, fn) {
        const timer = setTimeout(guard(fn), delayMs);
        return () => clearTimeout(timer);
      },
    },
    postHello(body, answered) {
      const guarded = guard(answered);
      ask(`${base}/api/hello`, JSON.stringify(body)).then(guarded, () => guarded(null));
    },
    openSocket(url, protocols, handlers) {
      const socket = new WebSocket(url, protocols as string[]);
      socket.onopen = guard(handlers.opened);
      socket.onmessage = guard(({ data }: MessageEvent) => handlers.message(String(data)));
      socket.onclose = guard(({ code }: CloseEvent) => handlers.closed(code));
      // Sending on a socket that is closing does nothing, as it should.
      return { send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>), close: (code) => socket.close(code) };
    },
    beacon: (url, bytes) => navigator.sendBeacon(url, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'text/plain' })),
  };
}

/** Text, so that no preflight is asked (rules.md, Connection); with the cookie that knows the visitor. */
async function ask(url: string, body: string): Promise<HelloReply> {
  const response = await fetch(url, { method: 'POST', credentials: 'include', body });
  return { status: response.status, body: await response.json().catch(() => null) };
}
