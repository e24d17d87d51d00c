import { Binary, type ClientSession, ObjectId } from 'mongodb';
import { Contribution } from '../../rollup/contribution.ts';
import { dayOf } from '../../rollup/rollups.ts';
import type { SessionRecord } from '../records.ts';
import type { Erased } from '../store.ts';
import { bytesOf, type ChunkDocument, type Collections, idOf } from './collections.ts';
import { Deletion } from './deletion.ts';
import { sessionOf } from './documents.ts';
import { readCoverages } from './read-coverages.ts';

export type VisitorId = { readonly app: string; readonly visitor: string };

/**
 * Deletes some of a visitor's data and appends what it counted as a change that takes it away. Visits go first, while the
 * sessions that began them are there to say what they counted.
 */
export async function eraseSome(from: Collections, { app, visitor }: VisitorId, session: ClientSession): Promise<Erased> {
  const coverages = await readCoverages(from.document, session);
  const keeps = (ofApp: string, day: string) => coverages.keepsRollups(ofApp, day);
  const deletion = new Deletion(from, session);
  const ofVisitor = { app: { $eq: app }, visitor: { $eq: visitor } };

  const visits = await deletion.take(from.visit, ofVisitor);
  const ids = visits.map((visit) => ({ app, session: visit.session }));
  const beginners = ids.length === 0 ? [] : await from.session.find({ _id: { $in: ids } }, { session }).toArray();
  const found = deletion.full ? [] : await from.session.find(ofVisitor, { session }).sort({ startedMs: 1 }).limit(deletion.left).toArray();
  const names = found.map((document) => document.session);
  const setAside = await deletion.take(from.setAside, { app: { $eq: app }, session: { $in: names } });
  const { sessions, chunks, endings } = await deletion.takeSessions(app, found);

  const facts = new Map([...beginners, ...found].map((document) => [idOf(document), sessionOf(document)]));
  const taken = new Contribution();
  let uncounted = 0;
  for (const visit of visits) {
    const began = facts.get(idOf(visit));
    if (began) taken.addVisit(began, visit.startedMs, visit.newVisitor);
    if (!began || !keeps(app, dayOf(visit.startedMs))) uncounted++;
  }
  for (const ending of endings) taken.addEnd(ending, ending.endedMs);
  for (const chunk of chunks) {
    const isKnown = addChunk(taken, facts.get(idOf(chunk._id)), chunk);
    if (!isKnown || !keeps(app, dayOf(chunk.startMs))) uncounted++;
  }
  const changes = taken.takenAway(keeps);
  if (changes.length > 0) await from.change.insertOne({ _id: new ObjectId(), bytes: new Binary(changes) }, { session });
  return {
    visits: visits.length,
    sessions,
    chunks: chunks.length,
    events: chunks.reduce((sum, { count }) => sum + count, 0),
    endings: endings.length,
    setAside: setAside.length,
    uncounted,
    done: !deletion.full,
  };
}

/** @returns false if what it counted cannot be told: bytes that spoiled on a disk are no reason to keep a visitor */
function addChunk(taken: Contribution, facts: SessionRecord | undefined, { bytes, receivedMs }: ChunkDocument): boolean {
  if (!facts) return false;
  try {
    taken.addChunk(facts, bytesOf(bytes), receivedMs);
    return true;
  } catch {
    return false;
  }
}
