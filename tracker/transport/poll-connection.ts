/**
 * A connection made of requests, for networks that let no socket through (SPEC PO3–PO5). To whoever opened it, it is a socket.
 *
 *   send ─▶ waiting ── one post carries what waits ─▶ server
 *                      its answer brings messages ◀─  (as soon as there are any, else after 20 s)
 *
 * Every post is a poll, and one is always on its way: who has nothing to send posts nothing. Posts may overtake each other, as
 * frames are numbered; only the last one says again what the others may not have brought.
 */
import type { encodePost } from '../../engine/protocol/codec/post.ts';
import type { PollAnswer } from '../../engine/protocol/messages.ts';
import type { Clock, OpenPolls, SocketHandlers } from './ports.ts';

/** Most frame bytes in one post: with what names the connection it stays under the wire's 64 KiB. A frame is never larger. */
export const POLL_MAX_BYTES = 61_440;
/** A poll without an answer for this long is lost: the server answers after 20 s if it has nothing to say. */
export const POLL_TIMEOUT_MS = 30_000;
/** A poll that was answered with nothing sooner than this is not repeated before: who answers like that is no server of ours. */
export const POLL_PACE_MS = 1_000;
/** A close without a close frame, as a socket says it. */
const ABNORMAL = 1006;

export type PollPorts = {
  readonly clock: Clock;
  readonly encode: typeof encodePost;
  /**
   * @param answered called once: parsed JSON of a 200, null for everything else
   * @returns gives it up; nothing is called then
   */
  post(url: string, bytes: Uint8Array, answered: (body: unknown) => void): () => void;
};

type Poll = { readonly frames: readonly Uint8Array[]; giveUp(): void };

/** Counts as opened at once, so that frames go with the first post. Any failure, and any refusal, closes it with 1006. */
export function createOpenPolls({ clock, encode, post }: PollPorts): OpenPolls {
  return ({ pollUrl, session, ticket }, handlers) => {
    const polls = new Set<Poll>();
    let waiting: Uint8Array[] = [];
    let isClosed = false;
    let cancelNext: (() => void) | null = null;

    /** After whatever else happens now: frames that are sent together go together. */
    const pollAfter = (delayMs: number) => {
      cancelNext?.();
      cancelNext = clock.after(delayMs, () => {
        do poll();
        while (waiting.length > 0);
      });
    };
    const stop = () => {
      isClosed = true;
      cancelNext?.();
      for (const { giveUp } of polls) giveUp();
    };
    const end = (code: number) => {
      stop();
      handlers.closed(code);
    };

    const poll = () => {
      const frames = takeUpTo(waiting, POLL_MAX_BYTES);
      const sentMs = clock.nowMs();
      const cancelTimeout = clock.after(POLL_TIMEOUT_MS, () => end(ABNORMAL));
      const cancelPost = post(pollUrl, encode({ session, resume: ticket, frames }), (body) => {
        cancelTimeout();
        polls.delete(made);
        if (isClosed) return;
        if (!isPollAnswer(body)) return end(ABNORMAL);
        told(body, handlers);
        // What it was told may have ended it.
        if (isClosed) return;
        if (body.closed !== undefined) return end(body.closed);
        if (polls.size > 0 || waiting.length > 0) return;
        if (body.messages.length === 0 && clock.nowMs() - sentMs < POLL_PACE_MS) pollAfter(POLL_PACE_MS);
        else poll();
      });
      const made = {
        frames,
        giveUp() {
          cancelTimeout();
          cancelPost();
        },
      };
      polls.add(made);
    };

    cancelNext = clock.after(0, () => {
      cancelNext = null;
      handlers.opened();
      if (!isClosed) pollAfter(0);
    });
    return {
      send(bytes) {
        if (isClosed) return;
        waiting.push(bytes);
        pollAfter(0);
      },
      close() {
        if (isClosed) return;
        stop();
        if (waiting.length === 0) return;
        // A goodbye: it must not arrive before the frames that are still on their way.
        waiting = [...polls].flatMap(({ frames }) => frames).concat(waiting);
        do post(pollUrl, encode({ session, resume: ticket, frames: takeUpTo(waiting, POLL_MAX_BYTES) }), () => undefined);
        while (waiting.length > 0);
      },
    };
  };
}

/** Takes the first of the frames that fit together; at least one, if there is any. */
function takeUpTo(frames: Uint8Array[], maxBytes: number): readonly Uint8Array[] {
  let bytes = 0;
  const end = frames.findIndex((frame, index) => {
    bytes += frame.length;
    return index > 0 && bytes > maxBytes;
  });
  return frames.splice(0, end < 0 ? frames.length : end);
}

function told({ messages }: PollAnswer, handlers: SocketHandlers): void {
  for (const message of messages) handlers.message(JSON.stringify(message));
}

/** Proxies and captive portals answer in the server's place. */
function isPollAnswer(body: unknown): body is PollAnswer {
  return Array.isArray((body as Partial<PollAnswer> | null)?.messages);
}
