/** A session's stored frames, decoded and laid out in time: everything that the player asks of them. */
import { decodeFrame } from '../../../engine/protocol/codec/frame.ts';
import { MalformedError, Reader } from '../../../engine/protocol/codec/reader.ts';
import type { Event, EventOf, LayoutBox, PageContext } from '../../../engine/protocol/events.ts';
import { FRAME_MAX_BYTES } from '../../../engine/protocol/limits.ts';

/** Something that happened, and where. */
export type Moment = { readonly atMs: number; readonly event: Event; readonly page: PageContext };
/** The pointer was at a place, and stayed. */
export type PointerSample = { readonly atMs: number; readonly x: number; readonly y: number; readonly restMs: number };

/** Each list is in the order of time. */
export type Recording = {
  readonly startMs: number;
  readonly endMs: number;
  readonly moments: readonly Moment[];
  /** What the list of events shows: everything but the pointer's way, scrolling and layouts. */
  readonly listed: readonly Moment[];
  readonly pointer: readonly PointerSample[];
  readonly pages: readonly { readonly atMs: number; readonly page: PageContext }[];
  readonly scrolls: readonly { readonly atMs: number; readonly top: number }[];
  readonly layouts: readonly { readonly atMs: number; readonly url: string; readonly boxes: readonly LayoutBox[] }[];
  readonly clicks: readonly EventOf<'click'>[];
  readonly hovers: readonly EventOf<'hover'>[];
  /** Frames that could not be read: the player says so and plays on. */
  readonly unreadable: number;
};

const UNLISTED: ReadonlySet<Event['kind']> = new Set(['move', 'scroll', 'layout', 'dom', 'dompack', 'vital', 'innerscroll', 'engaged']);

/** Reads what `GET /api/sessions/:session/chunks` answers. Any bytes give a recording; nothing throws. */
export function readRecording(bytes: Uint8Array): Recording {
  const moments: Moment[] = [];
  let unreadable = 0;
  for (const frame of framesOf(bytes)) {
    const decoded = frame ? decodeFrame(frame) : undefined;
    if (!decoded?.ok) unreadable++;
    else for (const event of decoded.value.events) moments.push({ atMs: event.atMs, event, page: decoded.value.page });
  }
  // Stable: events of one millisecond stay in the order of their numbers.
  moments.sort((a, b) => a.atMs - b.atMs);
  return layOut(moments, unreadable);
}

/** Each frame's bytes; `undefined` once where the answer was cut. */
function* framesOf(bytes: Uint8Array): Generator<Uint8Array | undefined> {
  const reader = new Reader(bytes);
  while (!reader.done) {
    try {
      yield reader.blob(FRAME_MAX_BYTES);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      yield undefined;
      return;
    }
  }
}

function layOut(moments: readonly Moment[], unreadable: number): Recording {
  const pointer: PointerSample[] = [];
  const pages: { atMs: number; page: PageContext }[] = [];
  const scrolls: { atMs: number; top: number }[] = [];
  const layouts: { atMs: number; url: string; boxes: readonly LayoutBox[] }[] = [];
  const clicks: EventOf<'click'>[] = [];
  const hovers: EventOf<'hover'>[] = [];
  let endMs = moments.at(-1)?.atMs ?? 0;
  for (const { atMs, event, page } of moments) {
    const before = pages.at(-1)?.page;
    if (!before || !isSamePage(before, page)) {
      pages.push({ atMs, page });
      // Another address starts at its top.
      if (before?.url !== page.url) scrolls.push({ atMs, top: 0 });
    }
    switch (event.kind) {
      case 'move':
        pointer.push(event);
        endMs = Math.max(endMs, atMs + Math.min(event.restMs, REST_SHOWN_MAX_MS));
        break;
      case 'click':
        pointer.push({ atMs, x: event.x, y: event.y, restMs: 0 });
        clicks.push(event);
        break;
      case 'hover':
        pointer.push({ atMs, x: event.x, y: event.y, restMs: event.dwellMs });
        hovers.push(event);
        endMs = Math.max(endMs, atMs + Math.min(event.dwellMs, REST_SHOWN_MAX_MS));
        break;
      case 'scroll':
        scrolls.push({ atMs, top: event.top });
        break;
      case 'layout':
        layouts.push({ atMs, url: page.url, boxes: event.boxes });
        break;
    }
  }
  return {
    startMs: moments[0]?.atMs ?? 0,
    endMs,
    moments,
    listed: moments.filter((moment) => !UNLISTED.has(moment.event.kind)),
    pointer,
    pages,
    scrolls,
    layouts,
    clicks,
    hovers,
    unreadable,
  };
}

/** A pointer left lying at the end does not lengthen the recording by more than this. */
const REST_SHOWN_MAX_MS = 3_000;

function isSamePage(a: PageContext, b: PageContext): boolean {
  return (
    a.url === b.url &&
    a.viewportWidth === b.viewportWidth &&
    a.viewportHeight === b.viewportHeight &&
    a.pageWidth === b.pageWidth &&
    a.pageHeight === b.pageHeight
  );
}

/** Place of the last entry that is not after a time; -1 if all are. @param entries in the order of time */
export function lastBefore(entries: readonly { readonly atMs: number }[], atMs: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
