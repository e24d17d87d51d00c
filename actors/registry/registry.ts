/**
 * The live sessions of one node: begins, finds, supervises and ends them. XState has no supervisor, so this is it: what
 * one session throws ends or restarts that session alone.
 */
import type { Clock } from '../../engine/clock/clock.ts';
import type { SubmitBatch } from '../../engine/pool/batch.ts';
import type { ControlChange } from '../../engine/protocol/control.ts';
import type { DropReason } from '../../engine/protocol/drop-reasons.ts';
import type { TrackerConfig } from '../../engine/protocol/hello.ts';
import { END, type EndReason, STATES } from '../../engine/protocol/lifecycle.ts';
import type { StateCounts } from '../../engine/protocol/live.ts';
import { CLOSE_CODES } from '../../engine/protocol/messages.ts';
import type { SessionFacts } from '../../engine/store/records.ts';
import type { Bus } from '../bus/bus.ts';
import { Counters } from '../counters.ts';
import { Batcher } from '../session/batcher.ts';
import {
  createSessionMachine,
  MACHINE_VERSION,
  type MachineDeps,
  type SessionMachine,
  type StateDeadlines,
} from '../session/session.machine.ts';
import { Session, type SessionDeps, type SessionOpening } from '../session/session.ts';
import type { SessionEnd, SessionSocket } from '../session/session-ports.ts';
import { TimingWheel } from '../timing-wheel.ts';
import { judgeFault } from './restart-policy.ts';

/** Sessions set aside after too many faults that are kept for operators to see. */
const QUARANTINE_MAX = 100;

export type RegistryDeps = {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly deadlines: StateDeadlines;
  readonly submit: SubmitBatch;
  /** Writes a final record; rejects if it is not durable. */ readonly finish: (end: SessionEnd) => Promise<void>;
  /** Told of every fault, for the log; session '' when it is a batch of many. */ readonly faulted: (
    session: string,
    error: unknown,
  ) => void;
  /** Runs before each entry effect. For tests that make one actor fail. */ readonly probe?: MachineDeps['entered'];
};

export class Registry {
  readonly counters = new Counters();
  readonly #deps: RegistryDeps;
  readonly #sessions = new Map<string, Session>();
  readonly #quarantine = new Map<string, Session>();
  readonly #counts = new Map<string, Record<keyof StateCounts, number>>();
  readonly #wheel: TimingWheel;
  readonly #batcher: Batcher;
  readonly #machine: SessionMachine;
  readonly #sessionDeps: SessionDeps;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#wheel = new TimingWheel(deps.clock);
    this.#machine = createSessionMachine({
      nowMs: () => deps.clock.nowMs(),
      deadlines: deps.deadlines,
      entered: (place, context) => {
        deps.probe?.(place, context);
        this.#sessions.get(context.session)?.entered(place, context);
      },
    });
    this.#batcher = new Batcher({
      clock: deps.clock,
      counters: this.counters,
      submit: deps.submit,
      faulted: (error) => deps.faulted('', error),
      stored: (sessions, urls) => deps.bus.publish({ type: 'stored', sessions, urls }),
    });
    this.#sessionDeps = {
      clock: deps.clock,
      wheel: this.#wheel,
      counters: this.counters,
      ready: this.#batcher.ready,
      finish: deps.finish,
      moved: (session, transition) => {
        this.#count(session.facts.app, transition.from, -1);
        if (transition.state === END) this.#remove(session);
        else this.#count(session.facts.app, transition.state, 1);
        deps.bus.publish({ type: 'moved', session, transition });
      },
      failed: (session, error) => this.#supervise(session, error),
    };
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Deadlines armed: for leak checks. */
  get armedDeadlines(): number {
    return this.#wheel.armed;
  }

  /** The store refuses; what is not stored is held and tried again. */
  get storeAway(): boolean {
    return this.#batcher.storeAway;
  }

  find(session: string): Session | undefined {
    return this.#sessions.get(session);
  }

  /** A live session, or one that is set aside. */
  look(session: string): Session | undefined {
    return this.#sessions.get(session) ?? this.#quarantine.get(session);
  }

  /** All live sessions, then those set aside. */
  *all(): Iterable<Session> {
    yield* this.#sessions.values();
    yield* this.#quarantine.values();
  }

  /** How many sessions of an app are in each state now. */
  counts(app: string): StateCounts {
    return this.#counts.get(app) ?? { INIT: 0, CONNECT: 0, LISTEN: 0, CLOSING: 0 };
  }

  /** The same over all apps. */
  totals(): StateCounts {
    const sum = { INIT: 0, CONNECT: 0, LISTEN: 0, CLOSING: 0 };
    for (const counts of this.#counts.values()) for (const state of STATES) sum[state] += counts[state];
    return sum;
  }

  /** Begins a session's actor in INIT. @throws RangeError if it lives already */
  begin(opening: SessionOpening): Session {
    this.counters.add('sessionsBegun');
    const session = this.#add(opening);
    this.#guard(session, () => session.start(this.#machine));
    return session;
  }

  /**
   * A hello for a session that lives here: it takes over (SPEC LC6). Waits while a final record is being written; the
   * session is gone then, and null says so.
   */
  async takeOver(id: string): Promise<Session | null> {
    await this.#sessions.get(id)?.finishing;
    const session = this.#sessions.get(id);
    if (!session) return null;
    this.counters.add('sessionsResumed');
    this.#guard(session, () => session.send({ type: 'HELLO_BEGUN' }));
    return session.place === 'INIT' ? session : null;
  }

  /** The hello is admitted. `facts` may have changed: another visit. @param helloMs epoch ms; a revived session keeps its own */
  admitted(session: Session, facts: SessionFacts, url: string, helloMs = this.#deps.clock.nowMs()): void {
    session.facts = facts;
    session.url = url;
    session.helloMs = helloMs;
    this.#guard(session, () => session.send({ type: 'HELLO_ADMITTED' }));
  }

  /** The hello failed after the actor was begun. */
  refused(session: Session): void {
    this.#guard(session, () => session.send({ type: 'HELLO_REFUSED' }));
  }

  /** Takes up a session that another process left without an end: it waits in CONNECT for its tracker. */
  restore(opening: SessionOpening): Session {
    this.counters.add('sessionsRestored');
    const session = this.#add(opening, 'CONNECT');
    this.#guard(session, () => session.start(this.#machine, this.#connectSnapshot(session)));
    return session;
  }

  /** The ticket was redeemed. False if the session does not wait for a socket. */
  attach(session: Session, socket: SessionSocket): boolean {
    return this.#guard(session, () => session.attach(socket)) ?? false;
  }

  detach(session: Session, socket: SessionSocket): void {
    this.#guard(session, () => session.detach(socket));
  }

  /**
   * A binary frame.
   * @param helloMs the hello with which its page began, if it may be an earlier one than the latest: a post
   * @returns null if taken, else the reason, counted already
   */
  deliverFrame(session: Session, bytes: Uint8Array, helloMs = session.helloMs): DropReason | null {
    return this.#guard(session, () => session.receiveFrame(bytes, helloMs)) ?? null;
  }

  /** A text message of the seed format. */
  deliverText(session: Session, text: string, bytes: Uint8Array): DropReason | null {
    return this.#guard(session, () => session.receiveText(text, bytes)) ?? null;
  }

  /** Captures one session otherwise. False if it is not here or already closing. @param by who wants it */
  control(id: string, change: ControlChange, by: string): boolean {
    const session = this.#sessions.get(id);
    if (!session || session.place === 'CLOSING') return false;
    this.#guard(session, () => session.control(change, by));
    this.counters.add('controlsSent');
    return true;
  }

  /** An app is captured otherwise: every live session of it is told. @param configOf by session id */
  rebase(app: string, configOf: (session: string) => TrackerConfig): void {
    for (const session of this.#sessions.values())
      if (session.facts.app === app) this.#guard(session, () => session.rebase(configOf(session.facts.session)));
  }

  /** Ends one session by force. False if it is not here or already closing. @param by the operator who wants it, if one does */
  end(id: string, reason: EndReason, by?: string): boolean {
    const set = this.#quarantine.get(id);
    if (set) return this.#quarantine.delete(id);
    const session = this.#sessions.get(id);
    if (!session || session.place === 'CLOSING') return false;
    if (by !== undefined) session.controls.end(by, this.#deps.clock.nowMs());
    this.#guard(session, () => session.send({ type: 'CLOSE', reason }));
    return true;
  }

  /** Ends all sessions for a shutdown and resolves when every final record is written. Their trackers come back elsewhere. */
  async close(): Promise<void> {
    for (const id of [...this.#sessions.keys()]) this.end(id, 'shutdown');
    await this.#batcher.idle();
    await new Promise<void>((resolve) => {
      const look = () => (this.#sessions.size === 0 ? resolve() : void this.#deps.clock.after(20, look));
      look();
    });
  }

  /** Lets go of everything at once: after close() took too long. Unended sessions are restored by the next process. */
  abandon(): void {
    for (const session of this.#sessions.values()) session.stop(CLOSE_CODES.restart, 'restarting');
    this.#sessions.clear();
    this.#wheel.stop();
  }

  #add(opening: SessionOpening, place: keyof StateCounts = 'INIT'): Session {
    const id = opening.facts.session;
    if (this.#sessions.has(id)) throw new RangeError(`session ${id} lives already`);
    const session = new Session(opening, this.#machine, this.#sessionDeps);
    this.#sessions.set(id, session);
    this.#count(opening.facts.app, place, 1);
    return session;
  }

  #remove(session: Session): void {
    this.#sessions.delete(session.facts.session);
    this.counters.add('sessionsEnded');
  }

  #count(app: string, state: keyof StateCounts, by: number): void {
    let counts = this.#counts.get(app);
    if (!counts) {
      counts = { INIT: 0, CONNECT: 0, LISTEN: 0, CLOSING: 0 };
      this.#counts.set(app, counts);
    }
    counts[state] += by;
  }

  /** Runs something of one session's; what it throws is that session's fault and nobody else's. */
  #guard<T>(session: Session, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#supervise(session, error);
      return undefined;
    }
  }

  #supervise(session: Session, error: unknown): void {
    const id = session.facts.session;
    if (this.#sessions.get(id) !== session) return;
    this.counters.add('faults');
    this.#deps.faulted(id, error);
    const from = session.place === END ? 'CLOSING' : session.place;
    if (judgeFault(session.restarts, this.#deps.clock.monotonicMs()) === 'restart') {
      this.counters.add('restarts');
      // A session that fails on its way out goes on from there; any other waits for its tracker again.
      const place = from === 'CLOSING' ? 'CLOSING' : 'CONNECT';
      this.#count(session.facts.app, from, -1);
      this.#count(session.facts.app, place, 1);
      this.#guard(session, () => session.restart(this.#machine, { ...this.#connectSnapshot(session), place }));
      return;
    }
    this.counters.add('quarantines');
    this.#count(session.facts.app, from, -1);
    this.#sessions.delete(id);
    session.quarantined = true;
    session.stop(CLOSE_CODES.ended, 'fault');
    this.#quarantine.set(id, session);
    const [oldest] = this.#quarantine.keys();
    if (this.#quarantine.size > QUARANTINE_MAX && oldest !== undefined) this.#quarantine.delete(oldest);
    const { app } = session.facts;
    this.#deps
      .finish({ app, session: id, endedMs: this.#deps.clock.nowMs(), reason: 'fault' })
      .catch((reason) => this.#deps.faulted(id, reason));
  }

  #connectSnapshot(session: Session) {
    const sinceMs = this.#deps.clock.nowMs();
    const stay = this.#deps.deadlines.CONNECT;
    return {
      machineVersion: MACHINE_VERSION,
      place: 'CONNECT' as const,
      context: {
        session: session.facts.session,
        sinceMs,
        deadlineMs: stay === null ? null : sinceMs + stay,
        endReason: session.endReason,
      },
    };
  }
}
