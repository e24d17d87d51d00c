/** The newest sessions, kept from full pictures and deltas. */
import type { NewestRow } from '../../../engine/protocol/live.ts';
import type { TopicMessage } from '../../state/live-client.ts';

/** By session. */
export type NewestRows = ReadonlyMap<string, NewestRow>;

/** Takes a message in: a full picture replaces everything, a delta replaces or adds by session; the newest `limit` stay. */
export function takeNewest(rows: NewestRows, message: TopicMessage<'newest'>, limit: number): NewestRows {
  const next = new Map(message.full ? [] : rows);
  for (const row of message.rows) next.set(row.session, row);
  return new Map(
    newestFirst(next)
      .slice(0, limit)
      .map((row) => [row.session, row]),
  );
}

/** Latest start first; sessions of one millisecond by id, so that the order is always the same. */
export function newestFirst(rows: NewestRows): readonly NewestRow[] {
  return [...rows.values()].sort((a, b) => b.startedMs - a.startedMs || (a.session < b.session ? 1 : -1));
}
