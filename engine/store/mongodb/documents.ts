/** Documents → the store's records, and back. */
import type { LayoutRecord, SessionRecord, SetAside, VisitRecord } from '../records.ts';
import type { LayoutDocument, SessionDocument, SetAsideDocument, VisitDocument } from './collections.ts';

/** The document without what is ours alone. */
export function sessionOf(document: SessionDocument): SessionRecord {
  const { _id, revision: _revision, urlNamedMs: _urlNamedMs, ended: _ended, durationMs: _durationMs, ...record } = document;
  return record;
}

/** @param revision of this write @param urlNamedMs when the record's address was named; 0 if by hello alone */
export function sessionDocument(record: SessionRecord, revision: number, urlNamedMs: number): SessionDocument {
  const { app, session, endedMs } = record;
  const durationMs = (endedMs ?? record.lastSeenMs) - record.startedMs;
  return { _id: { app, session }, ...record, revision, urlNamedMs, ended: endedMs !== undefined, durationMs };
}

export function visitOf({ app, visit, visitor, startedMs, lastSeenMs }: VisitDocument): VisitRecord {
  return { app, visit, visitor, startedMs, lastSeenMs };
}

export function layoutOf({ _id, ...record }: LayoutDocument): LayoutRecord {
  return record;
}

export function setAsideOf({ _id, token: _token, ...record }: SetAsideDocument): SetAside {
  return record;
}
