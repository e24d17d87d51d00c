/** Documents → the store's records, and back. */
import type { EndingRecord, LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';
import type { Chunk } from '../store.ts';
import {
  bytesOf,
  type ChunkDocument,
  type EndingDocument,
  type LayoutDocument,
  type SessionDocument,
  type SetAsideDocument,
  type VisitDocument,
} from './collections.ts';

/** The document without what is ours alone. */
export function sessionOf(document: SessionDocument): SessionRecord {
  const { _id, revision: _revision, urlNamedMs: _urlNamedMs, ended: _ended, durationMs: _durationMs, token: _token, ...record } = document;
  return record;
}

/** @param revision of this write @param urlNamedMs when the record's address was named; 0 if by hello alone */
export function sessionDocument(record: SessionRecord, revision: number, urlNamedMs: number): SessionDocument {
  const { app, session, endedMs } = record;
  const durationMs = (endedMs ?? record.lastSeenMs) - record.startedMs;
  return { _id: { app, session }, ...record, revision, urlNamedMs, ended: endedMs !== undefined, durationMs };
}

export function visitOf({ _id, ...record }: VisitDocument): VisitRecord {
  return record;
}

export function endingOf({ _id, app: _app, session: _session, ...record }: EndingDocument): EndingRecord {
  return record;
}

export function chunkOf({ _id, token: _token, bytes, ...record }: ChunkDocument): Chunk {
  const { app, session, firstSeq } = _id;
  return { app, session, firstSeq, ...record, bytes: bytesOf(bytes) };
}

export function layoutOf({ _id, ...record }: LayoutDocument): LayoutRecord {
  return record;
}

export function setAsideOf({ _id, token: _token, ...record }: SetAsideDocument): SetAside {
  return record;
}
