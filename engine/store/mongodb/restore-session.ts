import { Binary, type ClientSession, ObjectId } from 'mongodb';
import { Contribution } from '../../rollup/contribution.ts';
import type { LayoutRecord } from '../records.ts';
import type { StoredSession } from '../store.ts';
import type { Collections, EndingDocument, VisitDocument } from './collections.ts';
import { chunkDocuments, sessionDocument } from './documents.ts';
import { writeLayouts } from './write-layouts.ts';

export type Restoring = {
  readonly stored: StoredSession;
  /** Of its chunks, by packChanges. */ readonly changes: Uint8Array;
  /** Of its chunks, in order. */ readonly layouts: readonly LayoutRecord[];
  /** Names this call in whichever attempt of it. */ readonly token: ObjectId;
};

/**
 * Writes a session with its visits, ends and chunks, and what they count. All of it is written as its record's app, session
 * and visitor have it, whatever stands in the parts: one import brings one session.
 * @returns false, with nothing written, if the session is there and this call did not write it
 */
export async function restoreSession(
  into: Collections,
  { stored, changes, layouts, token }: Restoring,
  session: ClientSession,
): Promise<boolean> {
  const { record } = stored;
  const { app } = record;
  const there = await into.session.findOne({ _id: { app, session: record.session } }, { session, projection: { token: 1 } });
  // An attempt whose answer was lost may have been committed.
  if (there) return there.token?.equals(token) === true;
  await into.session.insertOne(sessionDocument(record, { revision: 1, urlNamedMs: record.urlSinceMs, token }), { session });

  const counted = new Contribution();
  const visits = await absentVisits(into, stored, session);
  for (const { startedMs, newVisitor } of visits) counted.addVisit(record, startedMs, newVisitor);
  const endings = stored.endings.map((ending): EndingDocument => ({ ...ending, _id: new ObjectId(), app, session: record.session }));
  for (const ending of endings) counted.addEnd(ending, ending.endedMs);
  const chunks = chunkDocuments(stored.chunks.map((chunk) => ({ ...chunk, app, session: record.session })));
  const added = [changes, counted.added()]
    .filter(({ length }) => length > 0)
    .map((bytes) => ({ _id: new ObjectId(), bytes: new Binary(bytes) }));
  // However many they are: the driver sends them in parts.
  if (visits.length > 0) await into.visit.insertMany(visits, { session });
  if (endings.length > 0) await into.ending.insertMany(endings, { session });
  if (chunks.length > 0) await into.chunk.insertMany(chunks, { session });
  await writeLayouts(into.layout, layouts, session);
  if (added.length > 0) await into.change.insertMany(added, { session });
  return true;
}

/** The visits that are not there. At most the first of them is its visitor's first, if it was that and none is here. */
async function absentVisits(into: Collections, { record, visits }: StoredSession, session: ClientSession): Promise<VisitDocument[]> {
  if (visits.length === 0) return [];
  const { app, visitor } = record;
  const ids = visits.map(({ visit }) => ({ app, visit }));
  const there = await into.visit.find({ _id: { $in: ids } }, { session, projection: { _id: 1 } }).toArray();
  const known = new Set(there.map(({ _id }) => _id.visit));
  const anyVisit = await into.visit.findOne({ app: { $eq: app }, visitor: { $eq: visitor } }, { session, projection: { _id: 1 } });
  return visits
    .filter(({ visit }) => !known.has(visit))
    .map((visit, i) => {
      const newVisitor = visit.newVisitor && anyVisit === null && i === 0;
      return { ...visit, _id: { app, visit: visit.visit }, app, visitor, session: record.session, newVisitor };
    });
}
