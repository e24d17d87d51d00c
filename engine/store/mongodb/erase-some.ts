import { Binary, type ClientSession, ObjectId } from 'mongodb';
import { Contribution } from '../../rollup/contribution.ts';
import { dayOf } from '../../rollup/rollups.ts';
import type { Chunk, Erased } from '../store.ts';
import { type Collections, chunksOf, idOf, type SessionId } from './collections.ts';
import { Deletion } from './deletion.ts';
import { framesOfChunk, sessionOf } from './documents.ts';
import { readCoverages } from './read-coverages.ts';

/** Runs that one transaction counts again, and sessions that it looks at: decoding takes longer than deleting. */
export const RUNS_MAX = 64;
const SESSIONS_MAX = 64;

export type VisitorId = { readonly app: string; readonly visitor: string };

/**
 * Deletes some of a visitor's data and appends what it counted as a change that takes it away. Visits go first, while the
 * sessions that began them are there to say what they counted.
 * @throws Overtaken when frames of a session came since the last fold
 */
export async function eraseSome(from: Collections, { app, visitor }: VisitorId, session: ClientSession): Promise<Erased> {
  const coverages = await readCoverages(from.document, session);
  const keeps = (ofApp: string, day: string) => coverages.keepsRollups(ofApp, day);
  const deletion = new Deletion(from, session);
  const ofVisitor = { app: { $eq: app }, visitor: { $eq: visitor } };

  const visits = await deletion.take(from.visit, ofVisitor);
  const ids = visits.map((visit) => ({ app, session: visit.session }));
  const beginners = ids.length === 0 ? [] : await from.session.find({ _id: { $in: ids } }, { session }).toArray();
  const found = deletion.full ? [] : await from.session.find(ofVisitor, { session }).sort({ startedMs: 1 }).limit(SESSIONS_MAX).toArray();
  const names = found.map((document) => document.session);
  const setAside = await deletion.take(from.setAside, { app: { $eq: app }, session: { $in: names } });
  const frames: Chunk[] = [];
  const takeRuns = runTaker(from.chunk, deletion, frames);
  const { sessions, endings } = await deletion.takeSessions(app, found, takeRuns);

  const facts = new Map([...beginners, ...found].map((document) => [idOf(document), sessionOf(document)]));
  const taken = new Contribution();
  let uncounted = 0;
  for (const visit of visits) {
    const began = facts.get(idOf(visit));
    if (began) taken.addVisit(began, visit.startedMs, visit.newVisitor);
    if (!began || !keeps(app, dayOf(visit.startedMs))) uncounted++;
  }
  for (const ending of endings) taken.addEnd(ending, ending.endedMs);
  for (const frame of frames) {
    const record = facts.get(idOf(frame));
    const counted = record !== undefined && taken.addChunk(record, frame.bytes, frame.receivedMs);
    if (!counted || !keeps(app, dayOf(frame.startMs))) uncounted++;
  }
  const changes = taken.takenAway(keeps);
  if (changes.length > 0) await from.change.insertOne({ _id: new ObjectId(), bytes: new Binary(changes) }, { session });
  return {
    visits: visits.length,
    sessions,
    chunks: frames.length,
    events: frames.reduce((sum, { count }) => sum + count, 0),
    endings: endings.length,
    setAside: setAside.length,
    uncounted,
    done: !deletion.full && found.length < SESSIONS_MAX,
  };
}

/** @param into gets the frames of the runs that are deleted */
function runTaker(from: Collections['chunk'], deletion: Deletion, into: Chunk[]): (of: SessionId) => Promise<void> {
  let left = RUNS_MAX;
  return async (of) => {
    const runs = await deletion.take(from, { _id: chunksOf(of) }, left);
    into.push(...runs.flatMap(framesOfChunk));
    left -= runs.length;
    // There may be more of it: the next transaction begins with this session.
    if (left === 0) deletion.stop();
  };
}
