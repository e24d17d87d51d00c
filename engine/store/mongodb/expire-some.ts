import type { ClientSession } from 'mongodb';
import { CLOCK_SKEW_MAX_MS } from '../../protocol/limits.ts';
import { dayStartMs } from '../day-start.ts';
import type { Expired, Expiry } from '../store.ts';
import { type Collections, chunksOf, PLAIN_ROLLUPS } from './collections.ts';
import { Deletion } from './deletion.ts';
import { chunkDocuments, framesOfChunk } from './documents.ts';

/** Visits whose sessions are looked for together. */
const VISITS_AT_ONCE = 256;

/** Longest run, from its earliest event to its latest: its frames came on one day, and clocks are believed within bounds. */
const RUN_MAX_MS = 86_400_000 + 2 * CLOCK_SKEW_MAX_MS;

type Before = { readonly app: string; readonly beforeMs: number };

/** Deletes some of what is old in one app. Fold first. @throws DatalabError `query-invalid` when `beforeDay` is no day */
export async function expireSome(from: Collections, { app, kind, beforeDay }: Expiry, session: ClientSession): Promise<Expired> {
  const beforeMs = dayStartMs(beforeDay);
  const deletion = new Deletion(from, session);
  const before = { $lt: beforeMs };
  const ofApp = { app: { $eq: app } };
  switch (kind) {
    case 'chunks':
      await deletion.drop(from.chunk, { '_id.app': { $eq: app }, endMs: before });
      await cutRuns(from.chunk, deletion, { app, beforeMs }, session);
      await deletion.drop(from.setAside, { ...ofApp, atMs: before });
      break;
    case 'sessions': {
      const ended = { ...ofApp, startedMs: before, endedMs: before, lastSeenMs: before };
      const found = await from.session.find(ended, { session }).sort({ startedMs: 1 }).limit(deletion.left).toArray();
      await deletion.takeSessions(app, found, (of) => deletion.drop(from.chunk, { _id: chunksOf(of) }));
      await dropVisits(from, deletion, { app, beforeMs }, session);
      break;
    }
    case 'rollups': {
      const ofOldDays = { ...ofApp, day: { $lt: beforeDay } };
      for (const name of PLAIN_ROLLUPS) await deletion.drop(from.rollup[name], ofOldDays);
      await deletion.drop(from.heat, ofOldDays);
      await deletion.drop(from.layout, { ...ofApp, atMs: before });
      break;
    }
  }
  return { removed: deletion.removed, done: !deletion.full };
}

/** Runs that lie over that midnight lose the frames before it. */
async function cutRuns(from: Collections['chunk'], deletion: Deletion, { app, beforeMs }: Before, session: ClientSession): Promise<void> {
  if (deletion.full) return;
  const over = { '_id.app': { $eq: app }, endMs: { $gte: beforeMs, $lt: beforeMs + RUN_MAX_MS }, startMs: { $lt: beforeMs } };
  for await (const run of from.find({ ...over, frames: { $exists: true } }, { session })) {
    const frames = framesOfChunk(run);
    const kept = frames.filter(({ endMs }) => endMs >= beforeMs);
    if (kept.length === frames.length) continue;
    if (deletion.full) return;
    await deletion.drop(from, { _id: { $eq: run._id } });
    await from.insertMany(chunkDocuments(kept), { session });
  }
}

/** Deletes visits that are over. One that a session still names stays with it: it may be going on. */
async function dropVisits(from: Collections, deletion: Deletion, { app, beforeMs }: Before, session: ClientSession): Promise<void> {
  const old = { app: { $eq: app }, startedMs: { $lt: beforeMs }, lastSeenMs: { $lt: beforeMs } };
  for (let kept = 0; !deletion.full; ) {
    const some = await from.visit.find(old, { session }).sort({ startedMs: 1, _id: 1 }).skip(kept).limit(VISITS_AT_ONCE).toArray();
    if (some.length === 0) return;
    // By visitor as well, since an index has that.
    const naming = {
      app: { $eq: app },
      visitor: { $in: some.map(({ visitor }) => visitor) },
      visit: { $in: some.map(({ visit }) => visit) },
    };
    const sessions = await from.session.find(naming, { session, projection: { visit: 1 } }).toArray();
    const named = new Set(sessions.map(({ visit }) => visit));
    const unnamed = some.filter(({ visit }) => !named.has(visit));
    if (unnamed.length > 0) await deletion.drop(from.visit, { _id: { $in: unnamed.map(({ _id }) => _id) } });
    kept += some.length - unnamed.length;
  }
}
