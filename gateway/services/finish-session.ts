import type { SessionEnd } from '../../actors/session/session-ports.ts';
import { endChanges } from '../../engine/rollup/page-time.ts';
import type { Store } from '../../engine/store/store.ts';

/** Writes a session's final record, with the time on its last page if the page did not say it itself. */
export async function finishSession(store: Store, end: SessionEnd): Promise<void> {
  const record = await store.findSession(end.app, end.session);
  if (record) await store.endSession({ ...end, changes: endChanges(record, end.endedMs) });
}
