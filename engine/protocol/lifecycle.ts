/**
 * The lifecycle of a session, written once for both ends.
 *
 *                      HELLO_BEGUN (next page, reconnect, resend)
 *          ┌──────────────────┬──────────────────┬─────────────────┐
 *          ▼                  │                  │                 │
 *       ┌──────┐ ADMITTED ┌─────────┐ OPENED ┌────────┐            │
 *   ──▶ │ INIT │ ───────▶ │ CONNECT │ ─────▶ │ LISTEN │            │
 *       └──────┘          └─────────┘ ◀───── └────────┘            │
 *          │ REFUSED           │      DROPPED     │                │
 *          │ CLOSE             │ CLOSE            │ CLOSE     ┌─────────┐ FLUSHED
 *          │ GOODBYE_SAID      │ GOODBYE_SAID     │ GOODBYE.. │ CLOSING │ ───────▶ END
 *          └───────────────────┴──────────────────┴─────────▶ └─────────┘
 *
 * The tracker runs this table with `step()`; the server's XState machine is built from the same table. Whatever is not
 * in the table is not a transition: the event is ignored and counted, never an error (SPEC LC2).
 */

/** The four states, in the order a session passes them. */
export const STATES = ['INIT', 'CONNECT', 'LISTEN', 'CLOSING'] as const;
export type State = (typeof STATES)[number];

/** Where CLOSING ends. Not a state that anybody sees: the actor and the tracker are gone. */
export const END = 'END';
export type Place = State | typeof END;

/**
 * What moves a session. Facts are in past tense, the one order is imperative.
 *
 * | event            | tracker                                   | server                                            |
 * | HELLO_BEGUN      | posts a hello (first, resumed, repeated)  | a hello for this session arrived                  |
 * | HELLO_ADMITTED   | the answer came                           | checked, classified, ticket issued                |
 * | HELLO_REFUSED    | a final refusal came                      | refused after the actor was made                  |
 * | SOCKET_OPENED    | the socket with the ticket is open        | the ticket was redeemed                           |
 * | SOCKET_DROPPED   | the socket closed without a goodbye       | the same                                          |
 * | GOODBYE_SAID     | the last frames were handed over          | a goodbye came by socket or by post               |
 * | DEADLINE_PASSED  | gave up                                   | hello, grace, idle or length deadline passed      |
 * | CLOSE            | the site called stop, or the server ended | an operator, a limit, a fault or a shutdown       |
 * | FLUSHED          | nothing left to send, or nothing may be   | last batch committed and final record written     |
 */
export const LIFECYCLE_EVENTS = [
  'HELLO_BEGUN',
  'HELLO_ADMITTED',
  'HELLO_REFUSED',
  'SOCKET_OPENED',
  'SOCKET_DROPPED',
  'GOODBYE_SAID',
  'DEADLINE_PASSED',
  'CLOSE',
  'FLUSHED',
] as const;
export type LifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];

export const INITIAL: State = 'INIT';

/** The table. Both ends are made from it; nothing else knows which transition exists. */
export const LIFECYCLE: Readonly<Record<State, Readonly<Partial<Record<LifecycleEvent, Place>>>>> = {
  INIT: {
    HELLO_BEGUN: 'INIT',
    HELLO_ADMITTED: 'CONNECT',
    HELLO_REFUSED: 'CLOSING',
    GOODBYE_SAID: 'CLOSING',
    DEADLINE_PASSED: 'CLOSING',
    CLOSE: 'CLOSING',
  },
  CONNECT: {
    HELLO_BEGUN: 'INIT',
    SOCKET_OPENED: 'LISTEN',
    GOODBYE_SAID: 'CLOSING',
    DEADLINE_PASSED: 'CLOSING',
    CLOSE: 'CLOSING',
  },
  LISTEN: {
    HELLO_BEGUN: 'INIT',
    SOCKET_DROPPED: 'CONNECT',
    GOODBYE_SAID: 'CLOSING',
    DEADLINE_PASSED: 'CLOSING',
    CLOSE: 'CLOSING',
  },
  // A tab that comes back (its next page, a restored page) before the flush ends goes on as the same session.
  CLOSING: { HELLO_BEGUN: 'INIT', FLUSHED: END },
};

/**
 * One step of the lifecycle. Pure.
 * @returns the place after the event, or `null` when the table has no such transition: stay, and count it as ignored.
 */
export function step(place: Place, event: LifecycleEvent): Place | null {
  return place === END ? null : (LIFECYCLE[place][event] ?? null);
}

/** Why a session ended. `goodbye` is graceful; every other reason is a forced end and is shown with a notch. */
export const END_REASONS = [
  'goodbye',
  'refused',
  'hello-deadline',
  'connection-interrupt',
  'idle',
  'max-length',
  'operator',
  'limit',
  'fault',
  'shutdown',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** True for every end that the visitor's tab did not ask for. */
export function isForced(reason: EndReason): boolean {
  return reason !== 'goodbye';
}
