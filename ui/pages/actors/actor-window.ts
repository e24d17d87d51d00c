/** The window of live actors that the socket keeps up to date. */
import type { ActorRow, StateCounts } from '../../../engine/protocol/live.ts';
import type { TopicMessage } from '../../state/live-client.ts';

export type ActorWindow = {
  /** Where the window stood when its full picture was asked for. */
  readonly offset: number;
  readonly total: number;
  readonly states: StateCounts;
  readonly order: readonly string[];
  readonly rows: ReadonlyMap<string, ActorRow>;
  readonly edges: Readonly<Record<string, number>>;
};

/**
 * Takes a message in. A full picture answers the latest watch, so it begins at `askedOffset`; a delta keeps what it
 * does not name and forgets rows that left the window.
 */
export function takeActors(before: ActorWindow | undefined, message: TopicMessage<'actors'>, askedOffset: number): ActorWindow {
  const known = new Map(message.full ? [] : before?.rows);
  for (const row of message.rows) known.set(row.session, row);
  const rows = new Map<string, ActorRow>();
  for (const session of message.order) {
    const row = known.get(session);
    if (row) rows.set(session, row);
  }
  return {
    offset: message.full || !before ? askedOffset : before.offset,
    total: message.total,
    states: message.states,
    order: message.order,
    rows,
    edges: message.edges,
  };
}
