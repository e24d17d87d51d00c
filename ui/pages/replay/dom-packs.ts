/** A session's recorded DOM: packs put together, inflated and read. Whatever stands in them, nothing throws. */
import type { Event, EventOf } from '../../../engine/protocol/events.ts';
import { harmless, type RecordedEvent } from './harmless.ts';
import type { Moment } from './recording.ts';

/** A pack is 128 kB or a whole page; more than this is none of ours. */
export const PACK_MAX_BYTES = 64 * 1024 * 1024;
/** Of all packs together: what a browser tab bears. */
export const SESSION_MAX_BYTES = 256 * 1024 * 1024;

export type RecordedDom = {
  /** In the order of time, by the server's clock. */ readonly events: readonly RecordedEvent[];
  /** Packs and single events that could not be read: the player says so and plays on. */ readonly unreadable: number;
};

/** Pieces of one pack, or one event by itself. */
type Pack = { readonly atMs: number; readonly pieces: readonly Uint8Array[] } | { readonly atMs: number; readonly json: string };

type Read = { readonly events: readonly RecordedEvent[]; readonly bytes: number };

/**
 * Reads packs, each once: a live session's recording is read again whenever it has grown.
 * @returns reads what is recorded in a session. @param mayGrow a pack that is not whole at the end is still coming
 */
export function createDomReader(): (moments: readonly Moment[], mayGrow: boolean) => Promise<RecordedDom> {
  const known = new Map<string, Read | undefined>();
  return async (moments, mayGrow) => {
    const { packs, broken } = packsOf(moments, mayGrow);
    let unreadable = broken;
    let bytes = 0;
    const events: RecordedEvent[] = [];
    for (const pack of packs) {
      const key = keyOf(pack);
      const read = known.has(key) ? known.get(key) : await readPack(pack);
      known.set(key, read);
      bytes += read?.bytes ?? 0;
      if (read && bytes <= SESSION_MAX_BYTES) for (const event of read.events) events.push(event);
      else unreadable++;
    }
    // Stable: what happened in one millisecond stays in its order.
    events.sort((a, b) => a.timestamp - b.timestamp);
    return { events, unreadable };
  };
}

const keyOf = (pack: Pack) => `${pack.atMs} ${'json' in pack ? pack.json : pack.pieces.map((piece) => piece.length)}`;

/** Whether a session has any recorded DOM. */
export const hasDom = (moments: readonly Moment[]): boolean => moments.some(({ event }) => isDom(event));

const isDom = (event: Event): event is EventOf<'dom'> | EventOf<'dompack'> => event.kind === 'dom' || event.kind === 'dompack';

/** Pieces of a pack follow each other; one that has a gap is broken. */
export function packsOf(moments: readonly Moment[], mayGrow: boolean): { readonly packs: readonly Pack[]; readonly broken: number } {
  const packs: Pack[] = [];
  let broken = 0;
  let begun: { atMs: number; parts: number; pieces: Uint8Array[] } | null = null;
  let isSkipping = false;
  for (const { event } of moments) {
    if (!isDom(event)) continue;
    if (event.kind === 'dom') {
      packs.push({ atMs: event.atMs, json: event.json });
      continue;
    }
    const { atMs, part, parts, deflated } = event;
    if (begun && (part !== begun.pieces.length || parts !== begun.parts || atMs !== begun.atMs)) {
      broken++;
      begun = null;
      isSkipping = part > 0;
    }
    if (part === 0) {
      begun = { atMs, parts, pieces: [] };
      isSkipping = false;
    } else if (!begun && !isSkipping) {
      // Its beginning is missing.
      broken++;
      isSkipping = true;
    }
    if (!begun) continue;
    begun.pieces.push(deflated);
    if (begun.pieces.length < parts) continue;
    packs.push({ atMs, pieces: begun.pieces });
    begun = null;
  }
  return { packs, broken: broken + (begun && !mayGrow ? 1 : 0) };
}

/** @returns undefined for a pack that cannot be read */
async function readPack(pack: Pack): Promise<Read | undefined> {
  try {
    const json = 'json' in pack ? pack.json : await inflate(pack.pieces);
    const parsed: unknown = JSON.parse(json);
    const given: readonly unknown[] = 'json' in pack ? [parsed] : Array.isArray(parsed) ? parsed : [];
    const events = given.map(harmless).filter((event) => event !== undefined);
    // Times within a pack count from its first event's, whatever the visitor's clock said.
    const firstMs = timeOf(given[0]);
    if (firstMs === undefined) return undefined;
    return { events: events.map((event) => ({ ...event, timestamp: pack.atMs + event.timestamp - firstMs })), bytes: json.length };
  } catch {
    return undefined;
  }
}

function timeOf(event: unknown): number | undefined {
  const time = (event as { readonly timestamp?: unknown } | null | undefined)?.timestamp;
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
}

/** Stops as soon as it is too much: what is small deflated may be endless. */
async function inflate(pieces: readonly Uint8Array[]): Promise<string> {
  const stream = new Blob(pieces as Uint8Array<ArrayBuffer>[]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > PACK_MAX_BYTES) {
      await reader.cancel();
      throw new RangeError('too large');
    }
    text += decoder.decode(value, { stream: true });
  }
}

export type Span = { readonly fromMs: number; readonly toMs: number };

/**
 * When the recorded page can be shown: from a whole page on, until another page is loaded or the recording is ended.
 * @param events in the order of time
 */
export function spansOf(events: readonly RecordedEvent[], moments: readonly Moment[], endMs: number): readonly Span[] {
  const ends = moments.filter(({ event }) => event.kind === 'start' || (event.kind === 'configured' && (!event.recording || event.paused)));
  const spans: Span[] = [];
  let place = 0;
  for (const event of events) {
    if (event.type !== FULL_SNAPSHOT || event.timestamp < (spans.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY)) continue;
    while ((ends[place]?.atMs ?? Number.POSITIVE_INFINITY) <= event.timestamp) place++;
    spans.push({ fromMs: event.timestamp, toMs: ends[place]?.atMs ?? Math.max(endMs, event.timestamp) + 1 });
  }
  return spans;
}

/** rrweb's number of the event that holds a whole page. */
export const FULL_SNAPSHOT = 2;
