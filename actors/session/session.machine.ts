/**
 * The server's end of the lifecycle: an XState machine made from the one table, plus what only a server has — deadlines
 * as times in the context (XState's own `after` timers are lost on restore), the reason of an end, and one effect on
 * entering each state. The work on frames is not here: it runs on plain data beside the machine.
 */
import { type ActorRefFrom, createActor, type SnapshotFrom, setup } from 'xstate';
import {
  END,
  type EndReason,
  INITIAL,
  LIFECYCLE,
  type LifecycleEvent,
  type Place,
  STATES,
  type State,
} from '../../engine/protocol/lifecycle.ts';

/** Raise when a stored snapshot of the machine before could not be read as one of this. */
export const MACHINE_VERSION = 1;

/** How long a session may stay in each state, in ms; null: as long as it likes. */
export type StateDeadlines = Readonly<Record<State, number | null>>;

export type MachineContext = {
  readonly session: string;
  /** When the present state was entered, epoch ms. */
  readonly sinceMs: number;
  /** When DEADLINE_PASSED is due, epoch ms. */
  readonly deadlineMs: number | null;
  /** Why it ends; set on the way into CLOSING, cleared when the tab comes back. */
  readonly endReason: EndReason | null;
};

/** Orders carry their reason; facts carry nothing, and nothing of a client's ever becomes one of these. */
export type MachineEvent = { readonly type: Exclude<LifecycleEvent, 'CLOSE'> } | { readonly type: 'CLOSE'; readonly reason: EndReason };

export type MachineDeps = {
  readonly nowMs: () => number;
  readonly deadlines: StateDeadlines;
  /** Called on entry of each state, and of END, inside the transition. What it throws fails this one actor. */
  readonly entered: (place: Place, context: MachineContext) => void;
};

/** The reason that an event gives an end, by the state it finds. */
function endReasonOf(state: State, event: MachineEvent): EndReason {
  switch (event.type) {
    case 'CLOSE':
      return event.reason;
    case 'GOODBYE_SAID':
      return 'goodbye';
    case 'HELLO_REFUSED':
      return 'refused';
    default:
      return state === 'INIT' ? 'hello-deadline' : state === 'CONNECT' ? 'connection-interrupt' : 'max-length';
  }
}

/** Builds the machine. One serves all sessions of a registry: what differs is in the context. */
export function createSessionMachine({ nowMs, deadlines, entered }: MachineDeps) {
  const types = {} as { context: MachineContext; events: MachineEvent; input: { session: string } };
  const base = setup({ types });

  const enter = (place: Place) => [
    base.assign(() => {
      const sinceMs = nowMs();
      const stay = place === END ? null : deadlines[place];
      return { sinceMs, deadlineMs: stay === null ? null : sinceMs + stay };
    }),
    ({ context }: { context: MachineContext }) => entered(place, context),
  ];

  const transitionsOf = (state: State) =>
    Object.fromEntries(
      Object.entries(LIFECYCLE[state]).map(([type, target]) => {
        const reason = target === 'CLOSING' ? base.assign(({ event }) => ({ endReason: endReasonOf(state, event) })) : null;
        const forget = target === 'INIT' ? base.assign({ endReason: null }) : null;
        // Entering again is meant: a repeated hello in INIT starts its deadline anew.
        return [type, { target, reenter: true, actions: [reason ?? forget].filter((action) => action !== null) }];
      }),
    );

  return base.createMachine({
    id: 'session',
    initial: INITIAL,
    // No path of ours takes more than one microstep; a table that loops must fail one actor, not hang the node.
    options: { maxIterations: 100 },
    context: ({ input }) => ({ session: input.session, sinceMs: nowMs(), deadlineMs: null, endReason: null }),
    states: {
      ...Object.fromEntries(STATES.map((state) => [state, { entry: enter(state), on: transitionsOf(state) }])),
      [END]: { type: 'final', entry: enter(END) },
    },
  });
}

export type SessionMachine = ReturnType<typeof createSessionMachine>;
export type SessionActor = ActorRefFrom<SessionMachine>;
export type SessionSnapshot = SnapshotFrom<SessionMachine>;

/** What is kept of an actor so that another process can go on with it. Plain JSON. */
export type PersistedActor = { readonly machineVersion: number; readonly place: Place; readonly context: MachineContext };

/** The place of a snapshot. */
export function placeOf(snapshot: SessionSnapshot): Place {
  return snapshot.value as Place;
}

/** Takes an actor's state as plain data. */
export function persistActor(actor: SessionActor): PersistedActor {
  const snapshot = actor.getSnapshot();
  return { machineVersion: MACHINE_VERSION, place: placeOf(snapshot), context: snapshot.context };
}

/**
 * Makes an actor that goes on where a persisted one stood. Entry effects do not run again; the deadline is in the
 * context, and arming it is the caller's duty.
 * @throws RangeError on an unknown machine version or place: XState itself would make a silently dead actor of it
 */
export function restoreActor(machine: SessionMachine, persisted: PersistedActor): SessionActor {
  if (persisted.machineVersion !== MACHINE_VERSION) {
    throw new RangeError(`session ${persisted.context.session}: machine version ${persisted.machineVersion} is not ${MACHINE_VERSION}`);
  }
  if (persisted.place !== END && !STATES.includes(persisted.place)) {
    throw new RangeError(`session ${persisted.context.session}: no such state as ${persisted.place}`);
  }
  const snapshot = machine.resolveState({ value: persisted.place, context: persisted.context });
  return createActor(machine, { snapshot, input: { session: persisted.context.session } });
}
