/**
 * One simulated visitor's way over the demo site, as steps with pauses between them: arrives, reads, points, clicks, goes
 * on, leaves. Pure: it knows neither a clock nor a socket.
 */
import type { Event, PageContext } from '../../../engine/protocol/events.ts';
import { ELEMENT_SCALE, REACH_STEPS } from '../../../engine/protocol/limits.ts';
import type { Random } from './random.ts';
import type { RecordedPage, RecordedTarget, RecordedView } from './recorded-pages.ts';

const SAMPLE_MS = 50;
const PAGES_MIN = 1;
const PAGES_MAX = 6;

/** An event without its time: that is the walker's clock's. */
export type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'atMs'> : never) : never;

export type Step =
  | { readonly type: 'wait'; readonly ms: number }
  /** The page changes: a full load. */
  | { readonly type: 'page'; readonly page: PageContext; readonly title: string }
  | { readonly type: 'event'; readonly event: Happening };

type Point = { x: number; y: number };

/** @param width which of the recorded views this visitor's screen is closest to */
export function* walk(pages: readonly RecordedPage[], siteUrl: string, width: number, random: Random): Generator<Step> {
  let page = random.chance(0.6) ? (pages[0] as RecordedPage) : random.pick(pages);
  let pointer: Point = { x: random.between(100, width - 100), y: random.between(100, 500) };
  const count = Math.round(random.between(PAGES_MIN, PAGES_MAX));
  let before = '';
  let elapsedMs = 0;
  for (let i = 0; i < count; i++) {
    const view = viewOf(page, width);
    const url = siteUrl + page.path;
    const context: PageContext = {
      url,
      viewportWidth: view.viewportWidth,
      viewportHeight: view.viewportHeight,
      pageWidth: view.pageWidth,
      pageHeight: view.pageHeight,
    };
    yield { type: 'page', page: context, title: page.title };
    yield { type: 'event', event: { kind: 'start', title: page.title, referrer: before } };
    if (before)
      yield { type: 'event', event: { kind: 'urlchange', from: before, to: url, elapsedMs: Math.round(elapsedMs), cause: 'load' } };
    yield { type: 'wait', ms: random.between(150, 500) };
    yield { type: 'event', event: { kind: 'layout', boxes: view.boxes } };
    elapsedMs = 0;
    let next: RecordedPage | undefined;
    for (const step of visitPage(view, pages, pointer, random)) {
      if ('pointer' in step) pointer = step.pointer;
      else if ('next' in step) next = step.next;
      else {
        if (step.type === 'wait') elapsedMs += step.ms;
        yield step;
      }
    }
    yield { type: 'event', event: { kind: 'leave', elapsedMs: Math.round(elapsedMs) } };
    before = url;
    page = next ?? random.pick(pages);
  }
}

/** What happens on one page; ends with a click on a link if the visitor finds one. */
function* visitPage(
  view: RecordedView,
  pages: readonly RecordedPage[],
  from: Point,
  random: Random,
): Generator<Step | { pointer: Point } | { next: RecordedPage }> {
  let pointer = { x: Math.min(from.x, view.pageWidth - 10), y: Math.min(from.y, view.viewportHeight - 10) };
  let top = 0;
  let reach = Math.ceil((view.viewportHeight / view.pageHeight) * REACH_STEPS);
  const doings = Math.round(random.between(2, 6));
  for (let i = 0; i < doings; i++) {
    const seen = view.targets.filter((target) => target.y >= top && target.y + target.h <= top + view.viewportHeight);
    const last = i === doings - 1;
    const links = seen.filter((target) => pages.some((page) => page.path === target.href));
    const target = last && links.length > 0 ? random.pick(links) : seen.length > 0 ? random.pick(seen) : undefined;
    if (target) {
      const goal = { x: target.x + target.w * random.between(0.2, 0.8), y: target.y + target.h * random.between(0.25, 0.75) };
      for (const step of moveTo(pointer, goal, random)) yield step;
      pointer = goal;
      yield* dwell(target, pointer, random);
      if (last || random.chance(0.25)) yield { type: 'event', event: click(target, pointer, random) };
      const next = last ? pages.find((page) => page.path === target.href) : undefined;
      if (next) yield { next };
    }
    const room = view.pageHeight - view.viewportHeight;
    if (!last && room > 0 && random.chance(0.6)) {
      const goal = Math.min(room, top + random.between(0.4, 0.9) * view.viewportHeight);
      while (top < goal) {
        const by = Math.min(goal - top, random.between(60, 140));
        top += by;
        pointer = { x: pointer.x, y: pointer.y + by };
        reach = Math.max(reach, Math.min(REACH_STEPS, Math.floor(((top + view.viewportHeight) / view.pageHeight) * REACH_STEPS)));
        yield { type: 'wait', ms: 100 };
        yield { type: 'event', event: { kind: 'scroll', top: Math.round(top), reach } };
      }
    }
    yield { type: 'wait', ms: random.between(400, 3_000) };
  }
  yield { pointer };
}

/** A hand's way from one point to another: fast in the middle, slow at the end, slightly bent. */
function* moveTo(from: Point, to: Point, random: Random): Generator<Step> {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const samples = Math.max(3, Math.round(Math.min(distance / 45, 24)));
  const bend = random.between(-0.15, 0.15) * distance;
  for (let i = 1; i <= samples; i++) {
    const t = i / samples;
    const eased = t * t * (3 - 2 * t);
    const side = Math.sin(Math.PI * eased) * bend;
    const angle = Math.atan2(to.y - from.y, to.x - from.x) + Math.PI / 2;
    const x = Math.max(0, Math.round(from.x + (to.x - from.x) * eased + Math.cos(angle) * side));
    const y = Math.max(0, Math.round(from.y + (to.y - from.y) * eased + Math.sin(angle) * side));
    yield { type: 'wait', ms: SAMPLE_MS };
    yield { type: 'event', event: { kind: 'move', x, y, restMs: i === samples ? Math.round(random.between(100, 900)) : 0 } };
  }
}

function* dwell(target: RecordedTarget, { x, y }: Point, random: Random): Generator<Step> {
  const dwellMs = Math.round(random.between(300, 2_200));
  yield { type: 'wait', ms: dwellMs };
  if (dwellMs < 500) return;
  yield {
    type: 'event',
    event: { kind: 'hover', x: Math.round(x), y: Math.round(y), target: target.target, tag: target.tag, text: target.text, dwellMs },
  };
}

function click(target: RecordedTarget, { x, y }: Point, random: Random): Happening {
  const share = (at: number, start: number, size: number) => Math.round(((at - start) / Math.max(1, size)) * ELEMENT_SCALE);
  return {
    kind: 'click',
    x: Math.round(x),
    y: Math.round(y),
    target: target.target,
    tag: target.tag,
    text: target.text,
    href: target.href,
    elementX: share(x, target.x, target.w),
    elementY: share(y, target.y, target.h),
    button: 0,
    hesitationMs: Math.round(random.between(120, 1_500)),
    fixed: 0,
  };
}

function viewOf(page: RecordedPage, width: number): RecordedView {
  return page.views.toSorted((a, b) => Math.abs(a.viewportWidth - width) - Math.abs(b.viewportWidth - width))[0] as RecordedView;
}
