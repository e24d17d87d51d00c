/**
 * Events on their way out: pending until they are numbered and sealed into frames, held until they are acked.
 *
 *   push ─▶ pending ── seal ─▶ held ── acked ─▶ gone
 *           (bounded:           (bounded: when the window is full,
 *            moves go first)     sealing waits and pending fills)
 *
 * Numbers are given when a frame is sealed, never before: what is thinned or dropped while pending leaves no gap, and a
 * sealed frame never changes (SPEC AK1). Events wait unsealed while there is no connection, so that a session that
 * turns out to be lost takes as little as possible with it.
 */
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import type { Event, PageContext } from '../../engine/protocol/events.ts';
import { FRAME_MAX_EVENTS } from '../../engine/protocol/limits.ts';

export type OutboxLimits = {
  /** A frame is sealed at about this size. */ readonly frameBytes: number;
  /** No sealed frame is larger; under the wire's 64 KiB, so that a post's envelope fits around one. */
  readonly frameMaxBytes: number;
  /** Sealed and not acked; beyond, events stay pending. What storage can carry over to the next page. */
  readonly windowMaxBytes: number;
  /** Not yet sealed: at twenty moves a second about half an hour without a server. */ readonly pendingMaxBytes: number;
};

export const OUTBOX_LIMITS: OutboxLimits = {
  frameBytes: 16_384,
  frameMaxBytes: 61_440,
  windowMaxBytes: 196_608,
  pendingMaxBytes: 262_144,
};

/** A sealed frame, as it is sent each time. */
export type HeldFrame = {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly bytes: Uint8Array;
  /** Carries a page's layout or DOM: the first to be left behind where room is short. */ readonly heavy: boolean;
};

/** Why events are given up. Closed, so that every one of them is counted somewhere. */
export const LOSSES = ['thinned', 'paused', 'overflow', 'too-big', 'refused', 'session-lost', 'unsaved'] as const;
export type Loss = (typeof LOSSES)[number];

type Pending = { readonly event: Event; readonly page: PageContext; readonly bytes: number };

/** About what a move takes on the wire: kind, time, two deltas, rest. */
const MOVE_BYTES = 8;

/** About what a box of a layout takes: place, size, often a word. */
const BOX_BYTES = 12;

/** Around a frame in a post or in storage: its length as a varint, and a flag. */
const ENVELOPE_BYTES = 4;

export class Outbox {
  readonly #limits: OutboxLimits;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #held: HeldFrame[] = [];
  #nextSeq = 1;
  #thinLevel = 0;
  #moves = 0;
  #isPaused = false;
  readonly #lost: Record<Loss, number> = { thinned: 0, paused: 0, overflow: 0, 'too-big': 0, refused: 0, 'session-lost': 0, unsaved: 0 };

  constructor(limits: OutboxLimits = OUTBOX_LIMITS) {
    this.#limits = limits;
  }

  /** Sealed frames that are not acked, in the order of their numbers. */
  get held(): readonly HeldFrame[] {
    return this.#held;
  }

  /** The number that the next sealed event gets. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** The lowest number still held, or the next one (SPEC AK5). */
  get baseSeq(): number {
    return this.#held[0]?.firstSeq ?? this.#nextSeq;
  }

  /** Bytes, estimated, that wait for their frame. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Events given up so far, by reason. */
  get lost(): Readonly<Record<Loss, number>> {
    return this.#lost;
  }

  /** True once enough waits for a full frame. */
  get full(): boolean {
    return this.#pendingBytes >= this.#limits.frameBytes;
  }

  /** Keeps one move in `2^level` from now on (SPEC SM3); 0 keeps all. */
  thin(level: number): void {
    this.#thinLevel = level;
  }

  /** Nothing is taken from now on, until it is false again (SPEC CT3). */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  /** Takes an event. @param page where it happened; a frame never spans two addresses */
  push(event: Event, page: PageContext): void {
    if (this.#isPaused && event.kind !== 'configured') {
      this.#lost.paused++;
      return;
    }
    if (event.kind === 'move' && this.#moves++ % 2 ** this.#thinLevel !== 0) {
      this.#lost.thinned++;
      return;
    }
    const bytes = estimateOf(event);
    this.#pending.push({ event, page, bytes });
    this.#pendingBytes += bytes;
    if (this.#pendingBytes > this.#limits.pendingMaxBytes) this.#relieve();
  }

  /**
   * Numbers what is pending and seals it into frames, as far as the window has room.
   * @param clockOffsetMs added to every time: server's clock minus ours
   * @param all also beyond the window: the page ends
   */
  seal(clockOffsetMs: number, all = false): void {
    let at = 0;
    let windowBytes = this.#heldBytes();
    while (at < this.#pending.length && (all || windowBytes < this.#limits.windowMaxBytes)) {
      const end = this.#runEnd(at);
      windowBytes += this.#sealRun(this.#pending.slice(at, end), clockOffsetMs);
      at = end;
    }
    for (const sealed of this.#pending.splice(0, at)) this.#pendingBytes -= sealed.bytes;
  }

  /** Forgets what the server has stored (SPEC AK2). */
  acked(seq: number): void {
    this.#held = this.#held.filter((frame) => frame.lastSeq > seq);
  }

  /** Forgets frames that the server will never take. */
  refused(firstSeq: number, lastSeq: number): void {
    this.#giveUp((frame) => frame.firstSeq <= lastSeq && frame.lastSeq >= firstSeq, 'refused');
  }

  /** Takes up where an earlier page of this tab left off. Only before the first seal. */
  restore(nextSeq: number, held: readonly HeldFrame[]): void {
    this.#held = [...held];
    this.#nextSeq = nextSeq;
  }

  /** The session goes on: numbers the server has seen are not given again. */
  continueAfter(highSeq: number): void {
    this.#nextSeq = Math.max(this.#nextSeq, highSeq + 1);
  }

  /** Another session begins: frames of the old one are no part of it. Pending events are, and keep waiting. */
  beginAfter(highSeq: number): void {
    this.#giveUp(() => true, 'session-lost');
    this.#nextSeq = highSeq + 1;
  }

  /** The session ended from the other side: nothing more is taken. */
  discard(): void {
    this.#giveUp(() => true, 'refused');
    this.#lost.refused += this.#pending.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Frames that fit into `maxBytes`: events before layouts, older before newer. The others are counted as unsaved. */
  keepWithin(maxBytes: number): readonly HeldFrame[] {
    const kept = new Set(framesWithin(this.#held, maxBytes));
    this.#giveUp((frame) => !kept.has(frame), 'unsaved');
    return this.#held;
  }

  #giveUp(which: (frame: HeldFrame) => boolean, loss: Loss): void {
    this.#held = this.#held.filter((frame) => {
      if (!which(frame)) return true;
      this.#lost[loss] += frame.lastSeq - frame.firstSeq + 1;
      return false;
    });
  }

  /** Over the bound: the oldest moves go, since replay and heat bear that best; then the oldest of all. */
  #relieve(): void {
    const goal = this.#limits.pendingMaxBytes * 0.75;
    const drop = (mayGo: (event: Event) => boolean) => {
      this.#pending = this.#pending.filter(({ event, bytes }) => {
        if (this.#pendingBytes <= goal || !mayGo(event)) return true;
        this.#pendingBytes -= bytes;
        this.#lost.overflow++;
        return false;
      });
    };
    drop((event) => event.kind === 'move');
    drop(() => true);
  }

  #heldBytes(): number {
    return this.#held.reduce((sum, frame) => sum + frame.bytes.length, 0);
  }

  /** Where the frame that begins at `from` ends: at another page, a heavy event, or its size. */
  #runEnd(from: number): number {
    const first = this.#pending[from];
    let bytes = 0;
    let end = from;
    for (; first && end < this.#pending.length && end - from < FRAME_MAX_EVENTS; end++) {
      const next = this.#pending[end];
      if (!next || !samePage(first.page, next.page)) break;
      if (end > from && (isHeavy(first.event) || isHeavy(next.event) || bytes >= this.#limits.frameBytes)) break;
      bytes += next.bytes;
    }
    return end;
  }

  /** @returns bytes that are now held more */
  #sealRun(run: readonly Pending[], clockOffsetMs: number): number {
    const last = run[run.length - 1];
    if (!last) return 0;
    const events = run.map(({ event }) => ({ ...event, atMs: Math.round(event.atMs + clockOffsetMs) }));
    const bytes = encodeFrame({
      firstSeq: this.#nextSeq,
      baseSeq: this.baseSeq,
      goodbye: false,
      startMs: events[0]?.atMs ?? 0,
      page: last.page,
      events,
    });
    if (bytes.length <= this.#limits.frameMaxBytes) {
      const lastSeq = this.#nextSeq + run.length - 1;
      this.#held.push({ firstSeq: this.#nextSeq, lastSeq, bytes, heavy: isHeavy(last.event) });
      this.#nextSeq = lastSeq + 1;
      return bytes.length;
    }
    // The estimate counts characters; text beyond ASCII takes up to three bytes for each.
    const half = run.length >> 1;
    if (half > 0) return this.#sealRun(run.slice(0, half), clockOffsetMs) + this.#sealRun(run.slice(half), clockOffsetMs);
    this.#lost['too-big']++;
    return 0;
  }
}

/** Chooses frames for a place that is too small for all: events before layouts, older before newer. Keeps their order. */
export function framesWithin(frames: readonly HeldFrame[], maxBytes: number): readonly HeldFrame[] {
  let room = maxBytes;
  const chosen = new Set<HeldFrame>();
  for (const frame of [...frames.filter((each) => !each.heavy), ...frames.filter((each) => each.heavy)]) {
    const bytes = frame.bytes.length + ENVELOPE_BYTES;
    if (bytes > room) continue;
    room -= bytes;
    chosen.add(frame);
  }
  return frames.filter((frame) => chosen.has(frame));
}

/** About what an event takes, without encoding it. */
function estimateOf(event: Event): number {
  if (event.kind === 'move') return MOVE_BYTES;
  if (event.kind === 'layout') return event.boxes.length * BOX_BYTES;
  return event.kind === 'dompack' ? event.deflated.length : JSON.stringify(event).length;
}

const isHeavy = (event: Event) => event.kind === 'layout' || event.kind.startsWith('dom');

/** Heat divides x by the frame's viewport width, so a resized window begins a new frame as a new address does. */
const samePage = (a: PageContext, b: PageContext) => a.url === b.url && a.viewportWidth === b.viewportWidth;
