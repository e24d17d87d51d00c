import type { ClientSession } from 'mongodb';
import type { Chunk, StoredSession } from '../store.ts';
import { type Collections, chunksOf, type SessionId } from './collections.ts';
import { endingOf, framesOfChunk, sessionOf, visitOf } from './documents.ts';

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
  const chunks = await readFrames(from.chunk, id, session);
  return { record: sessionOf(found), endings: endings.map(endingOf), visits: visits.map(visitOf), chunks };
}

/** A session's frames by first number. Runs may overlap: a late frame fills a gap of an earlier one. @param session undefined outside of transactions */
export async function readFrames(from: Collections['chunk'], id: SessionId, session?: ClientSession): Promise<Chunk[]> {
  const runs = await from.find({ _id: chunksOf(id) }, session ? { session } : {}).toArray();
  return runs.flatMap(framesOfChunk).sort((a, b) => a.firstSeq - b.firstSeq);
}
