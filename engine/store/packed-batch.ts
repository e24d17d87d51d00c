/**
 * A prepared batch as one run of bytes: what crosses from a pool worker to a store without the main thread reading it, and
 * what a store keeps of a commit until it is folded. Counts and times are varints; a session is named once.
 *
 *     version 1 · n sessions · { app · session · visit · views · clicks · events · lastSeenMs · place · width class
 *                              · n frames · { firstSeq · count · baseSeq } }
 *               · changes · n layouts · { JSON } · n set aside · { JSON }
 *               · n chunks · { place of its session · firstSeq · count · receivedMs − the one's before it · startMs − receivedMs
 *                            · endMs − startMs · bytes }
 */
import { Reader } from '../protocol/codec/reader.ts';
import { Writer } from '../protocol/codec/writer.ts';
import { WIDTH_CLASSES } from '../protocol/events.ts';
import type { LayoutRecord, SetAside } from './records.ts';
import type { Chunk, PreparedBatch, SessionAdvance } from './store.ts';

const VERSION = 1;

/** The bytes lie in a buffer of their own, so that they can be transferred. @throws Error for a chunk of a session that the batch does not name */
export function packBatch(batch: PreparedBatch): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  out.byte(VERSION);
  out.uint(batch.sessions.length);
  const places = new Map<string, number>();
  batch.sessions.forEach((advance, place) => {
    places.set(nameOf(advance), place);
    writeAdvance(out, advance);
  });
  out.blob(batch.changes);
  for (const list of [batch.layouts, batch.setAside]) {
    out.uint(list.length);
    for (const item of list) out.text(JSON.stringify(item));
  }
  out.uint(batch.chunks.length);
  let beforeMs = 0;
  for (const chunk of batch.chunks) {
    const place = places.get(nameOf(chunk));
    if (place === undefined) throw new Error('a batch has a chunk of a session that it does not name');
    out.uint(place);
    out.uint(chunk.firstSeq);
    out.uint(chunk.count);
    out.int(chunk.receivedMs - beforeMs);
    out.int(chunk.startMs - chunk.receivedMs);
    out.uint(chunk.endMs - chunk.startMs);
    out.blob(chunk.bytes);
    beforeMs = chunk.receivedMs;
  }
  return out.finish();
}

/** Undoes packBatch. For our own bytes only, never for a stranger's. The chunks are views into them. @throws Error when they are not of this format */
export function unpackBatch(bytes: Uint8Array): PreparedBatch {
  const reader = new Reader(bytes);
  const text = () => reader.text(bytes.length);
  const list = <T>(read: () => T) => Array.from({ length: reader.uint() }, read);
  const sessions = readAdvances(reader, bytes.length);
  const changes = reader.blob(bytes.length);
  const layouts = list(() => JSON.parse(text()) as LayoutRecord);
  const setAside = list(() => JSON.parse(text()) as SetAside);
  let receivedMs = 0;
  const chunks = list((): Chunk => {
    const { app, session } = sessions[reader.uint()] ?? { app: '', session: '' };
    const firstSeq = reader.uint();
    const count = reader.uint();
    receivedMs += reader.int();
    const startMs = receivedMs + reader.int();
    const endMs = startMs + reader.uint();
    return { app, session, firstSeq, count, startMs, endMs, receivedMs, bytes: reader.blob(bytes.length) };
  });
  return { sessions, chunks, changes, layouts, setAside };
}

/** What a packed batch brings to its sessions; the rest is not read. @throws Error when the bytes are not of this format */
export function unpackAdvances(bytes: Uint8Array): SessionAdvance[] {
  return readAdvances(new Reader(bytes), bytes.length);
}

function writeAdvance(out: Writer, advance: SessionAdvance): void {
  for (const name of [advance.app, advance.session, advance.visit]) out.text(name);
  for (const value of [advance.views, advance.clicks, advance.events, advance.lastSeenMs]) out.uint(value);
  const { place, frames } = advance;
  out.byte(place ? 1 : 0);
  if (place) {
    out.text(place.url);
    out.uint(place.sinceMs);
    out.uint(place.atMs);
  }
  out.byte(advance.widthClass ? 1 + WIDTH_CLASSES.indexOf(advance.widthClass) : 0);
  out.uint(frames.length);
  for (const { firstSeq, count, baseSeq } of frames) for (const value of [firstSeq, count, baseSeq]) out.uint(value);
}

function readAdvances(reader: Reader, textMax: number): SessionAdvance[] {
  const version = reader.byte();
  if (version !== VERSION) throw new Error(`a batch of version ${version} is not known here`);
  const text = () => reader.text(textMax);
  return Array.from({ length: reader.uint() }, (): SessionAdvance => {
    const names = { app: text(), session: text(), visit: text() };
    const counts = { views: reader.uint(), clicks: reader.uint(), events: reader.uint(), lastSeenMs: reader.uint() };
    const place = reader.byte() === 1 ? { url: text(), sinceMs: reader.uint(), atMs: reader.uint() } : undefined;
    const widthClass = WIDTH_CLASSES[reader.byte() - 1];
    const frames = Array.from({ length: reader.uint() }, () => ({
      firstSeq: reader.uint(),
      count: reader.uint(),
      baseSeq: reader.uint(),
    }));
    return { ...names, frames, ...counts, ...(place && { place }), ...(widthClass && { widthClass }) };
  });
}

function nameOf({ app, session }: { readonly app: string; readonly session: string }): string {
  return `${app.length}:${app}${session}`;
}
