/** datalab-polls.js: what connects where no socket can be had. The core loads it when sockets do not open. */
import type { encodePost } from '../engine/protocol/codec/post.ts';
import type { Guard } from './capture/guard.ts';
import { createOpenPolls } from './transport/poll-connection.ts';
import type { Clock, OpenPolls } from './transport/ports.ts';

/** @param encode the core's own, so that no page loads it twice */
export function createPolls(clock: Clock, guard: Guard, encode: typeof encodePost): OpenPolls {
  return createOpenPolls({
    clock,
    encode,
    post(url, bytes, answered) {
      const request = new AbortController();
      const guarded = guard((body: unknown) => {
        if (!request.signal.aborted) answered(body);
      });
      ask(url, bytes, request.signal).then(guarded, () => guarded(null));
      return () => request.abort();
    },
  });
}

/** As text, so that no preflight is asked, and without cookies: the ticket says who it is. */
async function ask(url: string, bytes: Uint8Array, signal: AbortSignal): Promise<unknown> {
  const body = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'text/plain' });
  const response = await fetch(url, { method: 'POST', credentials: 'omit', body, signal });
  return response.ok ? response.json() : null;
}
