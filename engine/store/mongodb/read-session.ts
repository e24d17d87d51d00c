import type { ClientSession } from 'mongodb';
import type { StoredSession } from '../store.ts';
import { type Collections, chunksOf, type SessionId } from './collections.ts';
import { chunkOf, endingOf, sessionOf, visitOf } from './documents.ts';

/** All that is stored of a session, as of the transaction's snapshot. */
export async function readSession(from: Collections, id: SessionId, session: ClientSession): Promise<StoredSession | null> {
  const found = await from.session.findOne({ _id: { app: id.app, session: id.session } }, { session });
  if (!found) return null;
  const ofSession = { app: { $eq: id.app }, session: { $eq: id.session } };
  const endings = await from.ending.find(ofSession, { session }).sort({ endedMs: 1, _id: 1 }).toArray();
  // By the visitor, whose visits are few: no index has the session.
  const visits = await from.visit
    .find({ ...ofSession, visitor: { $eq: found.visitor } }, { session })
    .sort({ startedMs: 1, _id: 1 })
    .toArray();
  const chunks = await from.chunk
    .find({ _id: chunksOf(id) }, { session })
    .sort({ _id: 1 })
    .toArray();
  return { record: sessionOf(found), endings: endings.map(endingOf), visits: visits.map(visitOf), chunks: chunks.map(chunkOf) };
}
