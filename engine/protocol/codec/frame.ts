/**
 * Frame ↔ bytes (SPEC CO1–CO6).
 *
 *   byte    version                uint  firstSeq     uint  count      uint  baseSeq     uint  startMs
 *   byte    flags (1 = goodbye)
 *   page:   text url, uint viewportWidth, viewportHeight, pageWidth, pageHeight
 *   events: count × { byte kind, int ms since the event before (the first: since startMs), fields as events.ts lists them }
 *
 * A `text` is `uint 0, uint length, UTF-8` the first time it is seen in the frame and `uint n` after, n being its place
 * in order of appearance, from 1. The header stands first and alone so that the main thread can route a frame by
 * reading about ten bytes of it.
 */
import type { DropReason } from '../drop-reasons.ts';
import {
  EVENTS,
  type Event,
  type EventKind,
  type FieldType,
  type Frame,
  type FrameHeader,
  type LayoutBox,
  type PageContext,
} from '../events.ts';
import {
  COORDINATE_MAX_PX,
  FRAME_MAX_BYTES,
  FRAME_MAX_EVENTS,
  FRAME_VERSION,
  LAYOUT_MAX_BOXES,
  TEXT_MAX_BYTES,
  TIME_MAX_MS,
} from '../limits.ts';
import { ok, type Result, refuse } from '../result.ts';
import { MalformedError, Reader } from './reader.ts';
import { utf8Encoder } from './utf8.ts';
import { Writer } from './writer.ts';

const GOODBYE_FLAG = 1;

type Fields = readonly (readonly [string, FieldType])[];
/** For decoding, which a tracker does not do: made of nothing with side effects, it leaves its bundle. */
const ROW_BY_WIRE: readonly ({ readonly kind: EventKind; readonly fields: Fields } | undefined)[] = /* @__PURE__ */ rowsByWire();

function rowsByWire(): (typeof ROW_BY_WIRE)[number][] {
  const rows: (typeof ROW_BY_WIRE)[number][] = [];
  for (const [kind, { wire, fields }] of Object.entries(EVENTS)) rows[wire] = { kind: kind as EventKind, fields: Object.entries(fields) };
  return rows;
}

/** Encodes a frame. Never throws: numbers are clamped and strings cut to what decodes again (SPEC CO3). */
export function encodeFrame(frame: Frame): Uint8Array {
  const out = new Writer();
  out.byte(FRAME_VERSION);
  out.byte(frame.goodbye ? GOODBYE_FLAG : 0);
  const firstSeq = clamp(frame.firstSeq, 1, Number.MAX_SAFE_INTEGER - FRAME_MAX_EVENTS);
  const startMs = clamp(frame.startMs, 0, TIME_MAX_MS);
  out.uint(firstSeq);
  out.uint(frame.events.length);
  out.uint(clamp(frame.baseSeq, 1, firstSeq));
  out.uint(startMs);
  const writeText = textWriter(out);
  const { page } = frame;
  writeText(page.url);
  out.uint(length(page.viewportWidth));
  out.uint(length(page.viewportHeight));
  out.uint(length(page.pageWidth));
  out.uint(length(page.pageHeight));
  let at = startMs;
  const last = { x: 0, y: 0 };
  for (const event of frame.events) {
    const { wire, fields } = EVENTS[event.kind];
    out.byte(wire);
    const atMs = clamp(event.atMs, 0, TIME_MAX_MS);
    out.int(atMs - at);
    at = atMs;
    for (const [name, type] of Object.entries(fields)) {
      const value = (event as unknown as Record<string, unknown>)[name];
      if (type === 'uint') out.uint(value as number);
      else if (type === 'x' || type === 'y') {
        const px = pixel(value as number);
        out.int(px - last[type]);
        last[type] = px;
      } else if (type === 'text') writeText(value as string);
      else if (type === 'blob') out.text(value as string);
      else if (type === 'bytes') out.blob(value as Uint8Array);
      else writeBoxes(out, writeText, value as readonly LayoutBox[]);
    }
  }
  return out.finish();
}

/** Reads what stands before the page and the events. Checks nothing behind it. */
export function readHeader(bytes: Uint8Array): Result<FrameHeader, DropReason> {
  return guard(bytes, (reader) => headerOf(reader));
}

/** Decodes a whole frame. Any bytes give a result; nothing throws (SPEC CO2). */
export function decodeFrame(bytes: Uint8Array): Result<Frame, DropReason> {
  return guard(bytes, (reader) => {
    const { count, ...header } = headerOf(reader);
    const readText = textReader(reader);
    const page: PageContext = {
      url: readText(),
      viewportWidth: reader.uint(COORDINATE_MAX_PX),
      viewportHeight: reader.uint(COORDINATE_MAX_PX),
      pageWidth: reader.uint(COORDINATE_MAX_PX),
      pageHeight: reader.uint(COORDINATE_MAX_PX),
    };
    const events: Event[] = [];
    let at = header.startMs;
    const last = { x: 0, y: 0 };
    for (let i = 0; i < count; i++) {
      const row = ROW_BY_WIRE[reader.byte()];
      if (!row) throw new MalformedError('no such kind');
      at += reader.int();
      if (!Number.isSafeInteger(at) || at < 0) throw new MalformedError('time out of range');
      const event: Record<string, unknown> = { kind: row.kind, atMs: at };
      for (const [name, type] of row.fields) {
        if (type === 'uint') event[name] = reader.uint();
        else if (type === 'x' || type === 'y') {
          last[type] = within(last[type] + reader.int());
          event[name] = last[type];
        } else if (type === 'text') event[name] = readText();
        else if (type === 'blob') event[name] = reader.text(FRAME_MAX_BYTES);
        else if (type === 'bytes') event[name] = new Uint8Array(reader.blob(FRAME_MAX_BYTES));
        else event[name] = readBoxes(reader, readText);
      }
      events.push(event as unknown as Event);
    }
    if (!reader.done) throw new MalformedError('bytes behind the last event');
    return { ...header, page, events };
  });
}

function headerOf(reader: Reader): FrameHeader {
  const flags = reader.byte();
  if (flags > GOODBYE_FLAG) throw new MalformedError('unknown flags');
  const firstSeq = reader.uint();
  const count = reader.uint(FRAME_MAX_EVENTS);
  const baseSeq = reader.uint();
  const startMs = reader.uint();
  if (firstSeq < 1 || baseSeq < 1 || baseSeq > firstSeq || !Number.isSafeInteger(firstSeq + count))
    throw new MalformedError('numbers do not fit');
  return { firstSeq, count, baseSeq, goodbye: flags === GOODBYE_FLAG, startMs };
}

function guard<T>(bytes: Uint8Array, read: (reader: Reader) => T): Result<T, DropReason> {
  if (bytes.length > FRAME_MAX_BYTES) return refuse('message-too-big');
  const reader = new Reader(bytes);
  try {
    if (reader.byte() !== FRAME_VERSION) return refuse('frame-version');
    return ok(read(reader));
  } catch (error) {
    if (error instanceof MalformedError) return refuse('frame-malformed');
    throw error;
  }
}

/** The nearest whole number within a range; of NaN, the one nearest to 0. */
const clamp = (value: number, min: number, max: number) => Math.min(Math.max(Math.round(value) || 0, min), max);
const pixel = (value: number) => clamp(value, -COORDINATE_MAX_PX, COORDINATE_MAX_PX);
const length = (value: number) => clamp(value, 0, COORDINATE_MAX_PX);

function within(value: number): number {
  if (Math.abs(value) > COORDINATE_MAX_PX) throw new MalformedError('coordinate out of range');
  return value;
}

type WriteText = (value: string) => void;

function textWriter(out: Writer): WriteText {
  const places = new Map<string, number>();
  return (value) => {
    const place = places.get(value);
    if (place !== undefined) return out.uint(place);
    out.byte(0);
    out.blob(cutUtf8(utf8Encoder.encode(value)));
    places.set(value, places.size + 1);
  };
}

/** Cuts at TEXT_MAX_BYTES without cutting a character in two. */
function cutUtf8(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= TEXT_MAX_BYTES) return bytes;
  let end = TEXT_MAX_BYTES;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function textReader(reader: Reader): () => string {
  const seen: string[] = [];
  return () => {
    const place = reader.uint();
    if (place === 0) {
      const text = reader.text(TEXT_MAX_BYTES);
      seen.push(text);
      return text;
    }
    const text = seen[place - 1];
    if (text === undefined) throw new MalformedError('no such string');
    return text;
  };
}

function writeBoxes(out: Writer, writeText: WriteText, boxes: readonly LayoutBox[]): void {
  const kept = boxes.slice(0, LAYOUT_MAX_BOXES);
  out.uint(kept.length);
  for (const box of kept) {
    writeText(box.tag);
    out.int(pixel(box.x));
    out.int(pixel(box.y));
    out.uint(length(box.w));
    out.uint(length(box.h));
    writeText(box.text);
  }
}

function readBoxes(reader: Reader, readText: () => string): LayoutBox[] {
  const count = reader.uint(LAYOUT_MAX_BOXES);
  const boxes: LayoutBox[] = [];
  for (let i = 0; i < count; i++) {
    boxes.push({
      tag: readText(),
      x: within(reader.int()),
      y: within(reader.int()),
      w: reader.uint(COORDINATE_MAX_PX),
      h: reader.uint(COORDINATE_MAX_PX),
      text: readText(),
    });
  }
  return boxes;
}
