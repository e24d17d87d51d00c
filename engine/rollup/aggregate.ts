/** Events → rollup changes. Pure: the same frames give the same sums, in whichever batches they come. */
import type { Configured } from '../protocol/control.ts';
import { type Event, type Frame, type PageContext, type WidthClass, widthClass } from '../protocol/events.ts';
import { CLOCK_SKEW_MAX_MS } from '../protocol/limits.ts';
import { dimensionsOf, type Facts } from './dimensions.ts';
import { addHeat, cellOf, type HeatCells, type HeatGrid } from './heat.ts';
import { DURATION_MAX_MS, LEFT } from './page-time.ts';
import { dayOf, type RollupChange } from './rollups.ts';
import { RollupTotals } from './totals.ts';

/** Longest time that one move weighs: after it, the hand has left the mouse. */
export const MOVE_WEIGHT_MAX_MS = 5_000;
/** Least time that a move weighs when no other follows in its frame: the tracker's default sampling. */
export const MOVE_WEIGHT_MIN_MS = 50;

const DAY_MS = 86_400_000;

/** What one frame moved of its session. Times are within the allowed skew of the server's. */
export type FrameEffect = {
  readonly views: number;
  readonly clicks: number;
  readonly events: number;
  /** Times of its earliest and latest event; both the time of arrival when it has none. */
  readonly startMs: number;
  readonly endMs: number;
  /** Address that its latest start, urlchange or leave named, since when, and when it was named; absent without one. */
  readonly place?: { readonly url: string; readonly sinceMs: number; readonly atMs: number };
  /** Absent when the page names no viewport. */ readonly widthClass?: WidthClass;
  /** Its latest word of how the tracker captures; absent without one. */ readonly configured?: Configured;
};

/** Where the events of one frame and one day are added. */
type Sink = {
  readonly facts: Facts;
  readonly day: string;
  /** The same day as whole days since 1970: compared for every event. */ readonly dayNumber: number;
  readonly page: PageContext;
  readonly widthClass: WidthClass;
  readonly kinds: Map<Event['kind'], number>;
  moves?: HeatCells;
  views: number;
  clicks: number;
  events: number;
};

/** The time that a client names, held within the allowed skew of the server's. Both epoch ms. */
export function withinSkew(atMs: number, receivedMs: number): number {
  return Math.min(Math.max(atMs, receivedMs - CLOCK_SKEW_MAX_MS), receivedMs + CLOCK_SKEW_MAX_MS);
}

/** Adds frames up; ask it once at the end. */
export class Aggregator {
  readonly #totals = new RollupTotals();
  /** The dimension sums of each session on the day it was last seen: looked up once a batch, not once a frame. */
  readonly #dimensions = new Map<Facts, { readonly day: string; readonly sums: readonly { views: number; events: number }[] }>();
  #today = { number: -1, day: '' };

  /**
   * Takes one frame in.
   * @param receivedMs when it arrived by the server's clock: times more than CLOCK_SKEW_MAX_MS from it are moved to that border
   */
  add(facts: Facts, frame: Frame, receivedMs: number): FrameEffect {
    const { page, events } = frame;
    const width = widthClass(page.viewportWidth);
    let place: FrameEffect['place'];
    let configured: Configured | undefined;
    let sink: Sink | undefined;
    let startMs = Number.POSITIVE_INFINITY;
    let endMs = 0;
    let views = 0;
    let clicks = 0;
    const finish = (): void => {
      if (!sink) return;
      this.#finish(sink);
      views += sink.views;
      clicks += sink.clicks;
    };
    // A move weighs until the next one comes, so each is settled by its successor.
    let move: { readonly cells: HeatCells; readonly cell: number; readonly atMs: number; readonly restMs: number } | undefined;
    for (const event of events) {
      const atMs = withinSkew(event.atMs, receivedMs);
      if (atMs < startMs) startMs = atMs;
      if (atMs > endMs) endMs = atMs;
      const dayNumber = Math.floor(atMs / DAY_MS);
      if (!sink || dayNumber !== sink.dayNumber) {
        finish();
        if (this.#today.number !== dayNumber) this.#today = { number: dayNumber, day: dayOf(atMs) };
        sink = { facts, day: this.#today.day, dayNumber, page, widthClass: width, kinds: new Map(), views: 0, clicks: 0, events: 0 };
      }
      sink.events++;
      sink.kinds.set(event.kind, (sink.kinds.get(event.kind) ?? 0) + 1);
      if (event.kind === 'move') {
        const cell = cellOf(event.x, event.y, page);
        if (cell < 0) continue;
        if (move) settle(move, event.atMs - move.atMs);
        sink.moves ??= this.#heat(sink, 'move');
        move = { cells: sink.moves, cell, atMs: event.atMs, restMs: event.restMs };
      } else {
        this.#take(sink, event);
        place = placeAfter(event, atMs, page, place);
        if (event.kind === 'configured') configured = event;
      }
    }
    if (move) settle(move, MOVE_WEIGHT_MIN_MS);
    finish();
    return {
      views,
      clicks,
      events: events.length,
      startMs: events.length > 0 ? startMs : receivedMs,
      endMs: events.length > 0 ? endMs : receivedMs,
      ...(place && { place }),
      ...(page.viewportWidth > 0 && { widthClass: width }),
      ...(configured && { configured }),
    };
  }

  /** The sums of everything taken in. */
  finish(): { readonly rollups: RollupChange[]; readonly heat: HeatGrid[] } {
    return { rollups: this.#totals.changes(), heat: this.#totals.grids() };
  }

  #take(sink: Sink, event: Exclude<Event, { kind: 'move' }>): void {
    const { app } = sink.facts;
    switch (event.kind) {
      case 'start':
        sink.views++;
        this.#page(sink, sink.page.url).views++;
        return;
      case 'click': {
        sink.clicks++;
        this.#target(sink, event).clicks++;
        this.#warm(sink, 'click', event, 1);
        return;
      }
      case 'rage':
      case 'dead':
        this.#warm(sink, event.kind, event, 1);
        return;
      case 'hover': {
        const dwellMs = Math.min(event.dwellMs, DURATION_MAX_MS);
        const sums = this.#target(sink, event);
        sums.hovers++;
        sums.dwellMs += dwellMs;
        this.#warm(sink, 'hover', event, dwellMs);
        return;
      }
      case 'urlchange': {
        const moved = event.from !== event.to;
        if (moved) this.#totals.sums('step', { app, day: sink.day, from: event.from, to: event.to }).count++;
        // A full load is told again by the next page's start, and its time by the leave before it.
        if (event.cause === 'load') return;
        this.#page(sink, event.from || sink.page.url).timeMs += Math.min(event.elapsedMs, DURATION_MAX_MS);
        // Only the query or fragment changed, both dropped: the same page, not a view more.
        if (!moved) return;
        sink.views++;
        this.#page(sink, event.to).views++;
        return;
      }
      case 'leave': {
        const sums = this.#page(sink, sink.page.url);
        sums.leaves++;
        sums.timeMs += Math.min(event.elapsedMs, DURATION_MAX_MS);
        return;
      }
    }
  }

  #finish(sink: Sink): void {
    const { app } = sink.facts;
    const page = this.#page(sink, sink.page.url);
    page.events += sink.events;
    page.clicks += sink.clicks;
    for (const sums of this.#dimensionsOf(sink)) {
      sums.views += sink.views;
      sums.events += sink.events;
    }
    for (const [value, count] of sink.kinds)
      this.#totals.sums('dimension', { app, day: sink.day, dimension: 'event', value }).events += count;
  }

  #dimensionsOf({ facts, day }: Sink) {
    const known = this.#dimensions.get(facts);
    if (known?.day === day) return known.sums;
    const sums = dimensionsOf(facts).map(([dimension, value]) => this.#totals.sums('dimension', { app: facts.app, day, dimension, value }));
    this.#dimensions.set(facts, { day, sums });
    return sums;
  }

  #page(sink: Sink, url: string) {
    return this.#totals.sums('page', { app: sink.facts.app, day: sink.day, url, widthClass: sink.widthClass });
  }

  #target(sink: Sink, { target, text }: { readonly target: string; readonly text: string }) {
    return this.#totals.sums('target', { app: sink.facts.app, day: sink.day, url: sink.page.url, target, text });
  }

  #heat(sink: Sink, layer: string): HeatCells {
    return this.#totals.heat({ app: sink.facts.app, day: sink.day, url: sink.page.url, widthClass: sink.widthClass, layer });
  }

  #warm(sink: Sink, layer: string, { x, y }: { readonly x: number; readonly y: number }, weight: number): void {
    const cell = cellOf(x, y, sink.page);
    if (cell >= 0) addHeat(this.#heat(sink, layer), cell, weight);
  }
}

/** A move weighs from when it came until the next one, at least its rest, at most MOVE_WEIGHT_MAX_MS. */
function settle(move: { readonly cells: HeatCells; readonly cell: number; readonly restMs: number }, untilNextMs: number): void {
  addHeat(move.cells, move.cell, Math.min(Math.max(move.restMs, untilNextMs), MOVE_WEIGHT_MAX_MS));
}

function placeAfter(event: Event, atMs: number, page: PageContext, before: FrameEffect['place']): FrameEffect['place'] {
  switch (event.kind) {
    case 'start':
      return { url: page.url, sinceMs: atMs, atMs };
    case 'urlchange':
      return { url: event.to, sinceMs: atMs, atMs };
    case 'leave':
      return { url: page.url, sinceMs: LEFT, atMs };
    default:
      return before;
  }
}
