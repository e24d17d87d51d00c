import type { SessionList, SessionQuery, SessionRow } from '../protocol/api.ts';
import type { SessionRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** Sessions that match, a page of them. `state` is left out: who holds the live sessions adds it. */
export async function listSessions(store: Pick<Store, 'listSessions'>, query: SessionQuery): Promise<SessionList> {
  const { rows, total } = await store.listSessions(query);
  return { rows: rows.map(rowOf), total };
}

/** One session as lists show it, or null: unknown, or of another app. */
export async function sessionRow(store: Pick<Store, 'findSession'>, app: string, session: string): Promise<SessionRow | null> {
  const record = await store.findSession(app, session);
  return record && rowOf(record);
}

function rowOf(record: SessionRecord): SessionRow {
  const { tab: _tab, urlSinceMs: _urlSinceMs, widthClass: _widthClass, ledger, ...row } = record;
  return { ...row, lostEvents: ledger.lost };
}
