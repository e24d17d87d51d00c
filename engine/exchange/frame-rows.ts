/**
 * A frame ↔ the rows of its events. What a kind has for itself stands in `data` as JSON, so that one table holds every kind; the
 * fields by which people ask (where, on what) have columns. Decoding and encoding again gives the same bytes for frames as our
 * encoder writes them; of others the bytes travel along.
 */
import { decodeFrame, encodeFrame } from '../protocol/codec/frame.ts';
import { EVENTS, type Event, type FieldType, type Frame, type LayoutBox } from '../protocol/events.ts';
import type { Chunk } from '../store/store.ts';
import type { RowOf } from './tables.ts';

const OWN_COLUMNS: ReadonlySet<string> = new Set(['x', 'y', 'target', 'tag', 'text'] satisfies (keyof RowOf<'events'>)[]);

/** Whose event it is. */
export type EventOwner = Pick<RowOf<'events'>, 'app' | 'session' | 'visitor' | 'visit'>;

/** @throws Error when it does not decode: it did when it was stored */
export function rowsOfChunk(owner: EventOwner, { bytes, receivedMs }: Pick<Chunk, 'bytes' | 'receivedMs'>): RowOf<'events'>[] {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) throw new Error(`a stored chunk is no frame: ${decoded.reason}`);
  const { firstSeq, baseSeq, startMs, goodbye, page, events } = decoded.value;
  const { app, session, visitor, visit } = owner;
  const { url, viewportWidth, viewportHeight, pageWidth, pageHeight } = page;
  const isOurs = Buffer.compare(encodeFrame(decoded.value), bytes) === 0;
  return events.map((event, i): RowOf<'events'> => {
    const { kind, atMs, ...fields } = event;
    const all = Object.entries(fields);
    return {
      app,
      session,
      visitor,
      visit,
      seq: firstSeq + i,
      frame: firstSeq,
      receivedMs,
      atMs,
      kind,
      url,
      viewportWidth,
      viewportHeight,
      pageWidth,
      pageHeight,
      ...Object.fromEntries(all.filter(([name]) => OWN_COLUMNS.has(name))),
      data: JSON.stringify(
        Object.fromEntries(all.filter(([name]) => !OWN_COLUMNS.has(name)).map(([name, value]) => [name, inJson(value)])),
      ),
      baseSeq,
      startMs,
      goodbye,
      ...(i === 0 && !isOurs && { frameBytes: Buffer.from(bytes).toString('base64') }),
    };
  });
}

/** @returns the frame and its bytes, or what is wrong with its rows, in words. @param rows those of one frame, in order */
export function frameOfRows(
  rows: readonly RowOf<'events'>[],
): { readonly frame: Frame; readonly bytes: Uint8Array } | { readonly wrong: string } {
  const [first] = rows;
  if (!first) return { wrong: 'it has no event' };
  const events: Event[] = [];
  for (const [i, row] of rows.entries()) {
    if (row.seq !== first.frame + i) return { wrong: `event ${first.frame + i} is missing` };
    const event = eventOf(row);
    if (typeof event === 'string') return { wrong: `event ${row.seq}: ${event}` };
    events.push(event);
  }
  const { url, viewportWidth, viewportHeight, pageWidth, pageHeight, frame: firstSeq, baseSeq, startMs, goodbye, frameBytes } = first;
  const page = { url, viewportWidth, viewportHeight, pageWidth, pageHeight };
  const bytes = frameBytes
    ? new Uint8Array(Buffer.from(frameBytes, 'base64'))
    : encodeFrame({ firstSeq, baseSeq, startMs, goodbye, page, events });
  // What the bytes say is what counts: the encoder cuts what is too long and too far.
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) return { wrong: decoded.reason };
  if (decoded.value.firstSeq !== firstSeq || decoded.value.events.length !== rows.length)
    return { wrong: 'frameBytes are of another frame' };
  return { frame: decoded.value, bytes };
}

/** @returns the event, or what is wrong */
function eventOf(row: RowOf<'events'>): Event | string {
  const data = jsonOf(row.data);
  if (!data) return 'data is no JSON object';
  const event: Record<string, unknown> = { kind: row.kind, atMs: row.atMs };
  for (const [name, type] of Object.entries<FieldType>(EVENTS[row.kind].fields)) {
    const value = OWN_COLUMNS.has(name) ? row[name as keyof RowOf<'events'>] : Object.hasOwn(data, name) ? data[name] : undefined;
    if (!IS_OF_TYPE[type](value)) return `${name} is missing or of another type`;
    event[name] = type === 'bytes' ? new Uint8Array(Buffer.from(String(value), 'base64')) : value;
  }
  return event as unknown as Event;
}

/** Bytes stand in base64. */
const inJson = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value);

function jsonOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const isInt = (value: unknown) => Number.isSafeInteger(value);
const isLength = (value: unknown) => isInt(value) && Number(value) >= 0;
const isText = (value: unknown) => typeof value === 'string';
const BOX: Readonly<Record<keyof LayoutBox, (value: unknown) => boolean>> = {
  tag: isText,
  x: isInt,
  y: isInt,
  w: isLength,
  h: isLength,
  text: isText,
};
const isBox = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(BOX).every(([name, isRight]) => isRight((value as Record<string, unknown>)[name]));
const IS_OF_TYPE: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  uint: isLength,
  x: isInt,
  y: isInt,
  text: isText,
  blob: isText,
  bytes: (value) => isText(value) && /^[A-Za-z0-9+/]*={0,2}$/.test(String(value)),
  boxes: (value) => Array.isArray(value) && value.every(isBox),
};
