import { encodePost } from '../engine/protocol/codec/post.ts';
import type { Guard } from './capture/guard.ts';
import type * as PollsModule from './polls.ts';
import type { Site } from './site.ts';
import type { Clock, HelloReply, Ports, Storage } from './transport/ports.ts';

/** Name of the file with the polls, as of the extra's (load-extra.ts). */
declare const DATALAB_POLLS_FILE: string;

/**
 * The transport's ports on a page. Whatever calls back is guarded: nothing the transport throws reaches the page.
 * @param site where the server is, where the tracker's files lie, and whether the hello carries the cookie that knows the visitor
 */
export function createBrowserPorts({ api, beside, cookieless }: Site, guard: Guard, storage: Storage): Ports {
  const clock: Clock = {
    nowMs: Date.now,
    after(delayMs, fn) {
      const timer = setTimeout(guard(fn), delayMs);
      return () => clearTimeout(timer);
    },
  };
  return {
    storage,
    random: Math.random,
    clock,
    postHello(body, answered) {
      const guarded = guard(answered);
      const request = { method: 'POST', credentials: cookieless === undefined ? 'include' : 'omit', body: JSON.stringify(body) } as const;
      ask(`${api}/api/hello`, request).then(guarded, () => guarded(null));
    },
    openSocket(url, protocols, handlers) {
      const socket = new WebSocket(url, protocols as string[]);
      socket.onopen = guard(handlers.opened);
      socket.onmessage = guard(({ data }: MessageEvent) => handlers.message(String(data)));
      socket.onclose = guard(({ code }: CloseEvent) => handlers.closed(code));
      // Sending on a socket that is closing does nothing, as it should.
      return { send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>), close: (code) => socket.close(code) };
    },
    loadPolls(loaded, failed) {
      const chunk: Promise<typeof PollsModule> = import(/* @vite-ignore */ String(new URL(DATALAB_POLLS_FILE, beside)));
      chunk.then(
        guard(({ createPolls }) => loaded(createPolls(clock, guard, encodePost))),
        failed,
      );
    },
    beacon: (url, bytes) => navigator.sendBeacon(url, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'text/plain' })),
  };
}

/** Of text, so that no preflight is asked (rules.md, Connection). */
async function ask(url: string, request: RequestInit): Promise<HelloReply> {
  const response = await fetch(url, request);
  return { status: response.status, body: await response.json().catch(() => null) };
}
