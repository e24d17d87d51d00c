/** Documents → the store's records, and back. */
import { Binary, type ObjectId } from 'mongodb';
import type { EndingRecord, LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';
import { framesOf, runsOf } from '../runs.ts';
import type { Chunk } from '../store.ts';
import {
  bytesOf,
  type ChunkDocument,
  type EndingDocument,
  idOf,
  type LayoutDocument,
  type SessionDocument,
  type SessionId,
  type SetAsideDocument,
  type VisitDocument,
} from './collections.ts';

const DAY_MS = 86_400_000;

/** The document without what is ours alone. */
export function sessionOf(document: SessionDocument): SessionRecord {
  const { _id, revision: _1, urlNamedMs: _2, seenMs: _3, ended: _4, durationMs: _5, token: _6, ...record } = document;
  return record;
}

/** @param written what is ours alone of this write */
export function sessionDocument(
  record: SessionRecord,
  written: Pick<SessionDocument, 'revision' | 'urlNamedMs' | 'seenMs'> & { readonly token: ObjectId },
): SessionDocument {
  const { app, session, endedMs } = record;
  const durationMs = (endedMs ?? record.lastSeenMs) - record.startedMs;
  return { _id: { app, session }, ...record, ...written, ended: endedMs !== undefined, durationMs };
}

export function visitOf({ _id, ...record }: VisitDocument): VisitRecord {
  return record;
}

export function endingOf({ _id, app: _app, session: _session, ...record }: EndingDocument): EndingRecord {
  return record;
}

/** @param frames of any sessions, each session's in order of arrival @returns its runs, each of one UTC day of arrival: by that it is found */
export function chunkDocuments(frames: readonly Chunk[]): ChunkDocument[] {
  const bySession = new Map<string, { readonly of: SessionId; readonly frames: Chunk[] }>();
  for (const frame of frames) {
    const name = `${Math.floor(frame.receivedMs / DAY_MS)} ${idOf(frame)}`;
    const known = bySession.get(name);
    if (known) known.frames.push(frame);
    else bySession.set(name, { of: { app: frame.app, session: frame.session }, frames: [frame] });
  }
  return [...bySession.values()].flatMap(({ of, frames: some }) =>
    runsOf(some).map(({ firstSeq, bytes, frames: directory, ...run }) => {
      return { _id: { ...of, firstSeq }, ...run, bytes: new Binary(bytes), ...(directory && { frames: new Binary(directory) }) };
    }),
  );
}

/** The frames of a run, in order of arrival. */
export function framesOfChunk({ _id, bytes, frames, ...run }: ChunkDocument): Chunk[] {
  const { app, session, firstSeq } = _id;
  const stored = framesOf({ ...run, firstSeq, bytes: bytesOf(bytes), frames: frames ? bytesOf(frames) : null });
  return stored.map((frame) => ({ app, session, ...frame }));
}

export function layoutOf({ _id, ...record }: LayoutDocument): LayoutRecord {
  return record;
}

export function setAsideOf({ _id, token: _token, ...record }: SetAsideDocument): SetAside {
  return record;
}
