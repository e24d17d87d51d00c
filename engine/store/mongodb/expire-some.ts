import type { ClientSession } from 'mongodb';
import { DatalabError } from '../../errors/errors.ts';
import { dayOf } from '../../rollup/rollups.ts';
import type { Expired, Expiry } from '../store.ts';
import { type Collections, PLAIN_ROLLUPS } from './collections.ts';
import { Deletion } from './deletion.ts';

/** Visits whose sessions are looked for together. */
const VISITS_AT_ONCE = 256;

/** Deletes some of what is old in one app. @throws DatalabError `query-invalid` when `beforeDay` is no day */
export async function expireSome(from: Collections, { app, kind, beforeDay }: Expiry, session: ClientSession): Promise<Expired> {
  const beforeMs = startOf(beforeDay);
  const deletion = new Deletion(from, session);
  const before = { $lt: beforeMs };
  const ofApp = { app: { $eq: app } };
  switch (kind) {
    case 'chunks':
      await deletion.drop(from.chunk, { '_id.app': { $eq: app }, endMs: before });
      await deletion.drop(from.setAside, { ...ofApp, atMs: before });
      break;
    case 'sessions': {
      const ended = { ...ofApp, startedMs: before, endedMs: before, lastSeenMs: before };
      await deletion.takeSessions(app, await from.session.find(ended, { session }).sort({ startedMs: 1 }).limit(deletion.left).toArray());
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

/** Deletes visits that are over. One that a session still names stays with it: it may be going on. */
async function dropVisits(
  from: Collections,
  deletion: Deletion,
  { app, beforeMs }: { readonly app: string; readonly beforeMs: number },
  session: ClientSession,
): Promise<void> {
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

/** Epoch ms at which a UTC day begins. What is deleted is gone: a day that is none is no reason to guess. */
function startOf(day: string): number {
  const startMs = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(startMs) || dayOf(startMs) !== day) throw new DatalabError('query-invalid', `${day} is no day: YYYY-MM-DD.`);
  return startMs;
}
