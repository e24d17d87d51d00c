import type { State } from '../../engine/protocol/lifecycle.ts';
import type { ActorRow, ActorSort } from '../../engine/protocol/live.ts';
import type { Session } from '../session/session.ts';
import { actorRow } from './actor-row.ts';

/** Which actors an operator looks at: only these are sent. */
export type ActorQuestion = {
  readonly app: string;
  readonly text?: string;
  readonly state?: State;
  readonly sort: ActorSort;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
};

/**
 * The rows on an operator's screen and how many match. Rows of equal rank keep the order of their ids, so that nothing
 * jumps between two looks.
 */
export function actorPage(
  sessions: Iterable<Session>,
  question: ActorQuestion,
  node: string,
  monotonicMs: number,
): { total: number; rows: ActorRow[] } {
  const needle = question.text?.toLowerCase() ?? '';
  const matching: ActorRow[] = [];
  for (const session of sessions) {
    if (session.facts.app !== question.app || (question.state && session.place !== question.state)) continue;
    const { facts, url } = session;
    if (needle && !`${facts.session} ${facts.visitor} ${url} ${facts.browser} ${facts.os} ${facts.device}`.toLowerCase().includes(needle))
      continue;
    matching.push(actorRow(session, node, monotonicMs));
  }
  const { sort, descending, offset, limit } = question;
  const direction = descending ? -1 : 1;
  matching.sort((a, b) => direction * compare(a[sort], b[sort]) || compare(a.session, b.session));
  return { total: matching.length, rows: matching.slice(offset, offset + limit) };
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
