/**
 * One live session: plain data for the work on frames, and beside it the actor that carries its lifecycle. A frame costs
 * a header's reading and a ledger's step here; its events are first looked at in a worker.
 */
import { createActor } from 'xstate';
import type { Clock } from '../../engine/clock/clock.ts';
import type { SessionProgress } from '../../engine/pool/batch.ts';
import { readHeader } from '../../engine/protocol/codec/frame.ts';
import type { ControlChange } from '../../engine/protocol/control.ts';
import type { DropReason } from '../../engine/protocol/drop-reasons.ts';
import { DROP_REASONS } from '../../engine/protocol/drop-reasons.ts';
import type { TrackerConfig } from '../../engine/protocol/hello.ts';
import { ackOf, admit, type Ledger } from '../../engine/protocol/ledger.ts';
import { END, type EndReason, type Place, step } from '../../engine/protocol/lifecycle.ts';
import { CLOSE_CODES, type ServerMessage } from '../../engine/protocol/messages.ts';
import { isSeedGoodbye } from '../../engine/protocol/seed.ts';
import type { SessionFacts } from '../../engine/store/records.ts';
import type { Counters } from '../counters.ts';
import type { Deadline, TimingWheel } from '../timing-wheel.ts';
import { Controls } from './controls.ts';
import { Inbox } from './inbox.ts';
import { Rate } from './rate.ts';
import {
  type MachineContext,
  type MachineEvent,
  type PersistedActor,
  placeOf,
  restoreActor,
  type SessionActor,
  type SessionMachine,
} from './session.machine.ts';
import type { SessionEnd, SessionSocket, Transition } from './session-ports.ts';

/** After a goodbye the actor waits this long for the tab’s next page before it writes the final record. */
export const LINGER_MS = 3_000;
/** A tracker that is told to end has this long for its last frames and its goodbye (SPEC CT4). */
export const END_WAIT_MS = 3_000;
/** A final record that the store did not take is tried again after this. */
const FINISH_RETRY_MS = 1_000;
const TRANSITIONS_KEPT = 50;

/** What is known when a session is begun or taken up. */
export type SessionOpening = {
  readonly facts: SessionFacts;
  readonly startedMs: number;
  readonly url: string;
  readonly ledger: Ledger;
  /** How it is captured, to begin with. */ readonly config: TrackerConfig;
};

export type SessionDeps = {
  readonly clock: Clock;
  readonly wheel: TimingWheel;
  readonly counters: Counters;
  /** There are frames in its inbox. */ readonly ready: (session: Session) => void;
  /** Writes the final record; rejects if it is not durable. */ readonly finish: (end: SessionEnd) => Promise<void>;
  /** It passed a transition. */ readonly moved: (session: Session, transition: Transition) => void;
  /** Something of this session threw: the supervisor decides. */ readonly failed: (session: Session, error: unknown) => void;
};

export class Session {
  facts: SessionFacts;
  readonly startedMs: number;
  url: string;
  /** Latest event, epoch ms. */
  lastEventMs: number;
  /** Events committed and events received, since this node took the session. */
  events = 0;
  received = 0;
  readonly inbox = new Inbox();
  /** How it is captured, and who changed that. */
  readonly controls: Controls;
  readonly eventRate: Rate;
  readonly byteRate: Rate;
  /** Latest transitions, oldest first. */
  readonly transitions: Transition[] = [];
  /** Times of restarts after faults, monotonic ms, kept by the supervisor. */
  restarts: number[] = [];
  quarantined = false;
  /** When the latest hello was admitted, epoch ms: what an earlier page posts after it ends nothing. */
  helloMs = 0;

  readonly #deps: SessionDeps;
  #actor: SessionActor;
  #place: Place = 'INIT';
  /** The actor's context as of the latest entry: inside a transition the actor still shows the one before. */
  #context: MachineContext;
  #socket: SessionSocket | null = null;
  /** What arrived, and what is durable. They differ by the frames in the inbox and in flight. */
  #received: Ledger;
  #committed: Ledger;
  #inFlight = 0;
  #thinLevel = 0;
  #paused = false;
  #deadline: Deadline | null = null;
  #lingerUntilMs = 0;
  #finishing: Promise<void> | null = null;

  constructor(opening: SessionOpening, machine: SessionMachine, deps: SessionDeps) {
    this.facts = opening.facts;
    this.startedMs = opening.startedMs;
    this.url = opening.url;
    this.controls = new Controls(opening.config);
    this.#received = opening.ledger;
    this.#committed = opening.ledger;
    this.#deps = deps;
    this.lastEventMs = deps.clock.nowMs();
    this.eventRate = new Rate(deps.clock.monotonicMs());
    this.byteRate = new Rate(deps.clock.monotonicMs());
    this.#context = { session: opening.facts.session, sinceMs: deps.clock.nowMs(), deadlineMs: null, endReason: null };
    this.#actor = createActor(machine, { input: { session: opening.facts.session } });
  }

  /** Starts the actor: in INIT, or where a persisted one stood. */
  start(machine: SessionMachine, persisted?: PersistedActor): void {
    if (persisted) {
      this.#actor = restoreActor(machine, persisted);
      this.#place = persisted.place;
      this.#context = persisted.context;
    }
    this.#actor.subscribe({
      next: () => this.#armDeadline(),
      error: (error) => this.#deps.failed(this, error),
    });
    this.#actor.start();
    this.#armDeadline();
  }

  get place(): Place {
    return this.#place;
  }

  get sinceMs(): number {
    return this.#context.sinceMs;
  }

  get deadlineMs(): number | null {
    return this.#context.deadlineMs;
  }

  get endReason(): EndReason | null {
    return this.#context.endReason;
  }

  /** Every event up to this number is stored. */
  get ackedSeq(): number {
    return ackOf(this.#committed);
  }

  /** Highest number taken: a resuming tracker numbers on from here. */
  get highSeq(): number {
    return this.#received.highSeq;
  }

  get unackedEvents(): number {
    return this.#received.highSeq - ackOf(this.#committed);
  }

  /** A final record is being written: whoever wants this session again waits for it. */
  get finishing(): Promise<void> | null {
    return this.#finishing;
  }

  /** Gives the lifecycle an event. What the table does not have is counted and changes nothing (SPEC LC2). */
  send(event: MachineEvent): void {
    const from = this.#place;
    const to = step(from, event.type);
    if (to === null || from === END) {
      this.#deps.counters.add('eventsIgnored');
      return;
    }
    this.#actor.send(event);
    if (this.#actor.getSnapshot().status === 'error') return;
    const transition: Transition = { atMs: this.#deps.clock.nowMs(), event: event.type, from, state: placeOf(this.#actor.getSnapshot()) };
    this.transitions.push(transition);
    if (this.transitions.length > TRANSITIONS_KEPT) this.transitions.shift();
    this.#deps.moved(this, transition);
  }

  /** The machine's effect: runs inside the transition, on entry of each state. */
  entered(place: Place, context: MachineContext): void {
    this.#place = place;
    this.#context = context;
    if (place === 'INIT') this.#release(CLOSE_CODES.ended, 'a newer page took over');
    if (place === 'CLOSING') this.#beginClosing();
    if (place === END) this.#releaseAll();
  }

  /** The ticket was redeemed: this socket is the session's from now on. False if the session does not wait for one. */
  attach(socket: SessionSocket): boolean {
    if (this.#place !== 'CONNECT') return false;
    this.#socket = socket;
    this.#thinLevel = 0;
    this.#paused = false;
    this.send({ type: 'SOCKET_OPENED' });
    return this.#socket === socket;
  }

  /** A socket closed without a goodbye. One that was replaced before is nobody's any more. */
  detach(socket: SessionSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#place === 'CLOSING') this.#hearNoMore();
    else this.send({ type: 'SOCKET_DROPPED' });
  }

  /**
   * A binary frame came, by socket or by post.
   * @param helloMs the hello with which its page began
   * @returns null if taken, else why not
   */
  receiveFrame(bytes: Uint8Array, helloMs: number): DropReason | null {
    const header = readHeader(bytes);
    if (!header.ok) return this.#refuse(header.reason);
    const { firstSeq, count, baseSeq, goodbye } = header.value;
    const reason = this.#take('binary', { firstSeq, count, baseSeq }, bytes);
    if (goodbye && helloMs >= this.helloMs) this.#saidGoodbye();
    return reason;
  }

  /** A text message of the seed format came: one event, numbered here (SPEC TX3). */
  receiveText(text: string, bytes: Uint8Array): DropReason | null {
    if (isSeedGoodbye(text)) {
      this.#saidGoodbye();
      return null;
    }
    return this.#take('text', { firstSeq: this.#received.highSeq + 1, count: 1, baseSeq: 1 }, bytes);
  }

  /** Captures it otherwise: said to its tracker at once, else with the next hello (SPEC CT1). @param by who wants it */
  control(change: ControlChange, by: string): void {
    this.controls.change(change, by, this.#deps.clock.nowMs());
    this.#say({ type: 'CONTROL', config: this.controls.config });
  }

  /** The app is captured otherwise from now on. */
  rebase(base: TrackerConfig): void {
    if (this.controls.rebase(base)) this.#say({ type: 'CONTROL', config: this.controls.config });
  }

  /** Its frames went out in a batch. */
  dispatched(frames: number): void {
    this.#inFlight += frames;
    this.#relieve();
  }

  /** Its frames came back from the commit. */
  settled(frames: number): void {
    this.#inFlight -= frames;
    if (this.#place === 'CLOSING') this.#finishWhenDrained();
  }

  /** A commit moved this session: acknowledge it, once (SPEC AK3). */
  progressed(progress: SessionProgress): void {
    const before = ackOf(this.#committed);
    this.#committed = progress.ledger;
    this.events += progress.events;
    if (progress.url !== undefined) this.url = progress.url;
    if (progress.configured) this.controls.confirmed(progress.configured, this.#deps.clock.nowMs());
    if (ackOf(progress.ledger) > before) this.#acknowledge();
  }

  /** These numbers are not stored and never will be; the sender may forget them. */
  refused(reason: DropReason, firstSeq: number, count: number): void {
    this.#deps.counters.drop(reason);
    this.#say({ type: 'REFUSED', reason, retry: DROP_REASONS[reason].retry, firstSeq, lastSeq: firstSeq + count - 1 });
  }

  /** What a supervisor restarts from: the last good state, with this node's deadline running anew. */
  restart(machine: SessionMachine, persisted: PersistedActor): void {
    this.#actor.stop();
    this.#release(CLOSE_CODES.restart, 'restarted after a fault');
    this.start(machine, persisted);
    if (this.#place === 'CLOSING') this.#finishWhenDrained();
  }

  /** Lets go of everything without a final record: the process stops, or the supervisor gave it up. */
  stop(code: number, reason: string): void {
    this.#release(code, reason);
    this.#releaseAll();
    this.#actor.stop();
  }

  #take(form: 'binary' | 'text', numbers: { firstSeq: number; count: number; baseSeq: number }, bytes: Uint8Array): DropReason | null {
    if (this.#place === END || this.#finishing) return this.#refuse('session-ended');
    if (!this.inbox.takes) return this.#refuse('inbox-full');
    const admitted = admit(this.#received, numbers);
    if (!admitted.ok) {
      if (admitted.reason !== 'frame-duplicate') return this.#refuse(admitted.reason, numbers);
      this.#deps.counters.drop('frame-duplicate');
      // Stored already: say so again. Still on its way: its commit will say so.
      if (numbers.firstSeq + numbers.count - 1 <= ackOf(this.#committed)) this.#acknowledge();
      return null;
    }
    this.#received = admitted.value;
    const { clock, counters } = this.#deps;
    const nowMs = clock.nowMs();
    counters.add('framesReceived');
    counters.add('eventsReceived', numbers.count);
    this.received += numbers.count;
    counters.add('bytesReceived', bytes.length);
    this.eventRate.add(numbers.count, clock.monotonicMs());
    this.byteRate.add(bytes.length, clock.monotonicMs());
    if (numbers.count === 0) return null;
    this.lastEventMs = nowMs;
    this.inbox.push({ form, ...numbers, bytes, receivedMs: nowMs });
    this.#relieve();
    this.#deps.ready(this);
    return null;
  }

  #refuse(reason: DropReason, numbers?: { firstSeq: number; count: number }): DropReason {
    this.#deps.counters.drop(reason);
    const range = numbers ? { firstSeq: numbers.firstSeq, lastSeq: numbers.firstSeq + numbers.count - 1 } : {};
    this.#say({ type: 'REFUSED', reason, retry: DROP_REASONS[reason].retry, ...range });
    return reason;
  }

  /** Back-pressure both ways: thinner moves from half full on, no reading from full on, and back (SPEC SM3). */
  #relieve(): void {
    const { fullness } = this.inbox;
    const level = fullness === 'calm' ? 0 : fullness === 'half' ? 1 : 3;
    // Lowered only when the inbox is empty, so that it does not swing between two levels.
    if (level > this.#thinLevel || (this.inbox.length === 0 && this.#thinLevel > 0)) {
      this.#thinLevel = level;
      this.#deps.counters.add('thinsSent');
      this.#say({ type: 'THIN', level });
    }
    if (fullness === 'full' && !this.#paused) {
      this.#paused = true;
      this.#socket?.pause();
    } else if (fullness === 'calm' && this.#paused) {
      this.#paused = false;
      this.#socket?.resume();
    }
  }

  #acknowledge(): void {
    this.#deps.counters.add('acksSent');
    this.#say({ type: 'ACK', seq: ackOf(this.#committed) });
  }

  #say(message: ServerMessage): void {
    this.#socket?.send(message);
  }

  #beginClosing(): void {
    const reason = this.endReason;
    const graceful = reason === 'goodbye';
    // A tracker that hears END stops for good; after a shutdown it shall come back to the next process.
    const isTold = reason !== null && !graceful && reason !== 'shutdown' && this.#socket !== null;
    this.#lingerUntilMs = this.#deps.clock.monotonicMs() + (graceful ? LINGER_MS : isTold ? END_WAIT_MS : 0);
    if (isTold) this.#say({ type: 'END', reason });
    this.#finishWhenDrained();
  }

  #saidGoodbye(): void {
    if (this.#place === 'CLOSING') {
      this.controls.ended(this.#deps.clock.nowMs());
      this.#hearNoMore();
    } else this.send({ type: 'GOODBYE_SAID' });
  }

  /** It was told to end, and what was waited for is there, or will not come. After a goodbye of its own it is the next page. */
  #hearNoMore(): void {
    if (this.endReason === 'goodbye') return;
    this.#lingerUntilMs = 0;
    this.#finishWhenDrained();
  }

  #finishWhenDrained(): void {
    if (this.inbox.length > 0 || this.#inFlight > 0 || this.#finishing) return;
    const waitMs = this.#lingerUntilMs - this.#deps.clock.monotonicMs();
    if (waitMs > 0) {
      this.#arm(waitMs, this.#finishIfClosing);
      return;
    }
    const { app, session } = this.facts;
    const reason = this.endReason ?? 'fault';
    // A visitor that said goodbye left then; one that vanished was last seen at its latest event.
    const endedMs = reason === 'goodbye' ? this.sinceMs : reason === 'connection-interrupt' ? this.lastEventMs : this.#deps.clock.nowMs();
    this.#finishing = this.#deps.finish({ app, session, endedMs, reason }).then(
      () => {
        this.#finishing = null;
        this.send({ type: 'FLUSHED' });
      },
      () => {
        this.#finishing = null;
        this.#arm(FINISH_RETRY_MS, this.#finishIfClosing);
      },
    );
  }

  readonly #finishIfClosing = (): void => {
    if (this.#place === 'CLOSING') this.#finishWhenDrained();
  };

  #armDeadline(): void {
    const { deadlineMs } = this.#context;
    if (this.#place === 'CLOSING') return;
    if (deadlineMs === null) this.#disarm();
    else this.#arm(deadlineMs - this.#deps.clock.nowMs(), () => this.send({ type: 'DEADLINE_PASSED' }));
  }

  #arm(delayMs: number, fn: () => void): void {
    this.#disarm();
    this.#deadline = this.#deps.wheel.arm(delayMs, () => {
      try {
        fn();
      } catch (error) {
        this.#deps.failed(this, error);
      }
    });
  }

  #disarm(): void {
    if (this.#deadline) this.#deps.wheel.cancel(this.#deadline);
    this.#deadline = null;
  }

  /** Closes and forgets the socket; its own close event will find itself replaced. */
  #release(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code, reason);
  }

  #releaseAll(): void {
    this.#disarm();
    const reason = this.endReason;
    const code = reason === 'goodbye' ? CLOSE_CODES.goodbye : reason === 'shutdown' ? CLOSE_CODES.restart : CLOSE_CODES.ended;
    this.#release(code, reason ?? 'ended');
  }
}
