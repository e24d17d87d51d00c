/** What the visitor's window showed at one time: the recording, asked at an instant. Pure. */
import type { LayoutBox, PageContext } from '../../../engine/protocol/events.ts';
import { lastBefore, type PointerSample, type Recording } from './recording.ts';

export type Spot = { readonly x: number; readonly y: number /** Since it began. */; readonly ageMs: number };

/** Positions are page coordinates. */
export type Scene = {
  readonly page: PageContext;
  readonly scrollTop: number;
  readonly boxes: readonly LayoutBox[];
  readonly pointer: { readonly x: number; readonly y: number } | undefined;
  /** Where the pointer came from, latest last. */
  readonly trail: readonly Spot[];
  readonly clicks: readonly Spot[];
  readonly hovers: readonly Spot[];
};

export const TRAIL_MS = 1_500;
export const CLICK_SHOWN_MS = 700;
/** Between two samples the pointer waits, then takes at most this long. */
const TRAVEL_MAX_MS = 400;

/** @returns undefined for a recording without events */
export function sceneAt(recording: Recording, atMs: number): Scene | undefined {
  const page = (recording.pages[lastBefore(recording.pages, atMs)] ?? recording.pages[0])?.page;
  if (!page) return undefined;
  return {
    page,
    scrollTop: recording.scrolls[lastBefore(recording.scrolls, atMs)]?.top ?? 0,
    boxes: boxesAt(recording, page.url, atMs),
    pointer: pointerAt(recording.pointer, atMs),
    trail: trailAt(recording.pointer, atMs),
    clicks: during(recording.clicks, atMs, () => CLICK_SHOWN_MS),
    hovers: during(recording.hovers, atMs, (hover) => hover.dwellMs),
  };
}

/** The latest layout of this address so far; before the first of it came, that first one. */
function boxesAt({ layouts }: Recording, url: string, atMs: number): readonly LayoutBox[] {
  for (let place = lastBefore(layouts, atMs); place >= 0; place--) {
    const layout = layouts[place];
    if (layout?.url === url) return layout.boxes;
  }
  return layouts.find((layout) => layout.url === url)?.boxes ?? [];
}

/** Between samples the pointer rests where it was and then goes straight to the next. */
export function pointerAt(samples: readonly PointerSample[], atMs: number): { x: number; y: number } | undefined {
  const place = lastBefore(samples, atMs);
  const from = samples[place];
  if (!from) return undefined;
  const to = samples[place + 1];
  if (!to) return { x: from.x, y: from.y };
  const leftMs = Math.max(Math.min(from.atMs + from.restMs, to.atMs), to.atMs - TRAVEL_MAX_MS);
  const part = atMs <= leftMs || to.atMs === leftMs ? 0 : (atMs - leftMs) / (to.atMs - leftMs);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function trailAt(samples: readonly PointerSample[], atMs: number): readonly Spot[] {
  const last = lastBefore(samples, atMs);
  const first = lastBefore(samples, atMs - TRAIL_MS) + 1;
  return samples.slice(Math.max(0, first), last + 1).map((sample) => ({ x: sample.x, y: sample.y, ageMs: atMs - sample.atMs }));
}

/** Looks back only as far as anything lasts that is drawn. */
const LOOK_BACK = 16;

type Lasting = { readonly atMs: number; readonly x: number; readonly y: number };

function during<T extends Lasting>(entries: readonly T[], atMs: number, lastsMs: (entry: T) => number): readonly Spot[] {
  const last = lastBefore(entries, atMs);
  return entries
    .slice(Math.max(0, last + 1 - LOOK_BACK), last + 1)
    .filter((entry) => atMs - entry.atMs <= lastsMs(entry))
    .map((entry) => ({ x: entry.x, y: entry.y, ageMs: atMs - entry.atMs }));
}
