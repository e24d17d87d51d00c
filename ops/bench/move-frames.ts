/** Frames of pointer moves as a hand makes them, the same in every run. */
import type { Event, Frame, PageContext } from '../../engine/protocol/events.ts';
import { Random } from '../demo/visitors/random.ts';

/** Default sampling of the tracker. */
const SAMPLE_MS = 50;
const PAGES = 10;

type Move = Extract<Event, { kind: 'move' }>;

/** One session's moves: ways between random points of a page, fast in the middle, with a rest at each end. */
export class MoveFrames {
  readonly #random: Random;
  readonly #moves: Iterator<Move, never>;
  readonly #page: PageContext;
  #firstSeq = 1;

  /** @param startMs epoch ms of the first move */
  constructor(session: number, startMs: number) {
    this.#random = new Random(session + 1);
    const url = `https://shop.example/products/category-${session % PAGES}`;
    this.#page = { url, viewportWidth: 1440, viewportHeight: 900, pageWidth: 1440, pageHeight: 3_600 };
    this.#moves = this.#walk(startMs);
  }

  /** The session's next frame. */
  next(moves: number): Frame {
    const events = Array.from({ length: moves }, () => this.#moves.next().value);
    const frame = {
      firstSeq: this.#firstSeq,
      baseSeq: this.#firstSeq,
      goodbye: false,
      startMs: events[0]?.atMs ?? 0,
      page: this.#page,
      events,
    };
    this.#firstSeq += moves;
    return frame;
  }

  *#walk(startMs: number): Generator<Move, never> {
    let atMs = startMs;
    let from = this.#point();
    for (;;) {
      const to = this.#point();
      const samples = Math.max(3, Math.round(Math.hypot(to.x - from.x, to.y - from.y) / 45));
      for (let i = 1; i <= samples; i++) {
        const share = (i / samples) ** 2 * (3 - (2 * i) / samples);
        const restMs = i === samples ? Math.round(this.#random.between(100, 1_500)) : 0;
        const x = Math.round(from.x + (to.x - from.x) * share + this.#random.between(-3, 3));
        const y = Math.round(from.y + (to.y - from.y) * share + this.#random.between(-3, 3));
        // Timers are late by a few milliseconds, never early.
        atMs += SAMPLE_MS + Math.round(this.#random.between(0, 6));
        yield { kind: 'move', atMs, x, y, restMs };
        atMs += restMs;
      }
      from = to;
    }
  }

  #point(): { readonly x: number; readonly y: number } {
    return { x: this.#random.between(10, 1_430), y: this.#random.between(10, 3_590) };
  }
}
