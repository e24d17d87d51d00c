import type { State } from '../api.ts';

/**
 * What the overlay says of the session: names and values.
 * @param captured events seen since the overlay was opened
 */
export function rowsOf(state: State | null, captured: number): readonly (readonly [name: string, value: string])[] {
  if (!state) return [['state', 'no session: it waits for consent, was stopped, or may not follow this visitor']];
  const { place, session, nextSeq, heldEvents, failures, refusals, lost, extraFailures, faults, leftOut } = state;
  const losses = Object.entries(lost).filter(([, count]) => count > 0);
  return [
    ['state', place],
    ['session', session || 'none yet'],
    ['captured', `${captured} since this was opened`],
    ['acknowledged', `${nextSeq - 1 - heldEvents} of ${nextSeq - 1} sent`],
    ['in the queue', `${heldEvents} not acknowledged`],
    ['failures', `connection ${failures}, refused frames ${refusals}, extra ${extraFailures}`],
    ['lost', losses.map(([why, count]) => `${count} ${why}`).join(', ') || 'none'],
    ['left out', `${leftOut} properties`],
    ['faults', String(faults)],
  ];
}
