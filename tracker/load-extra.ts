import { hearEarly, isPress, keepEarly } from './capture/early.ts';
import { type Emit, type Env, later, whenIdle } from './capture/env.ts';
import { stripAddress } from './capture/page.ts';
import type { Point } from './capture/point.ts';
import { privacy } from './capture/privacy.ts';
import { reachOf } from './capture/scroll.ts';
import { type ExtraModule, SHARED } from './shared.ts';

/** Name of the extra's file, beside the core's; its hash is in it, so that caches never mix two versions. Put in by the build. */
declare const DATALAB_EXTRA_FILE: string;

/** What could not be loaded is asked for again after this, or by the next hello. */
const AGAIN_MS = 5_000;

export type ExtraStats = {
  /** Times that datalab-extra.js could not be loaded. */ readonly extraFailures: number;
  /** Points of the pointer's way, presses and errors that wait for it; once it failed, or the page was left before, the presses' places alone are told. */
  readonly earlyPoints: number;
};

export type Extra = {
  /** Loads it when the page is idle, and starts it; once it is there, or asked for, does nothing. */ load(): void;
  stop(): void;
  stats(): ExtraStats;
};

/**
 * The extra of one page, from the moment when what it will need is kept for it.
 *
 * `import()` carries the nonce of the core's own script element, so a policy that admits the core by its nonce or its origin
 * admits the extra; nothing is added to the page. Where it is blocked or not there, the page is tracked without it.
 * @param beside an address in the folder where the extra lies
 */
export function createExtra(beside: string, emit: Emit, env: Env): Extra {
  const early: Point[] = [];
  /** A press that the extra did not come for: its place, and of what it meant the little that needs no looking around. */
  const tellPress = (point: Point) => {
    const { atMs, x, y, page, element, event } = point;
    if (!isPress(point) || (element as Node | undefined)?.nodeType !== 1) return;
    const inner = element as Element;
    const meant = inner.closest(privacy.block) ?? inner.closest('a, button') ?? inner;
    const target = /^[a-z_-]+$/i.test(meant.id) ? `#${meant.id}` : meant.localName;
    const href = (meant as HTMLAnchorElement).href;
    emit(
      {
        kind: 'click',
        atMs,
        x,
        y,
        target,
        tag: meant.localName,
        text: '',
        href: href ? stripAddress(String(href)) : '',
        elementX: 0,
        elementY: 0,
        button: (event as MouseEvent).button,
        hesitationMs: 0,
        fixed: 0,
      },
      page,
    );
  };
  let keep = (point: Point) => keepEarly(early, point);
  const stops = [hearEarly(env, (point) => keep(point))];
  let isAsked = false;
  let extraFailures = 0;
  let hasBegun = false;
  const end = () => {
    for (const each of stops.splice(0)) each();
    for (const point of early.splice(0)) tellPress(point);
  };
  /** How deep the page was seen, as far as its end tells. */
  const tellScroll = () => {
    const page = env.page(true);
    const top = Math.max(0, Math.round(scrollY));
    emit({ kind: 'scroll', atMs: Date.now(), top, reach: reachOf(top, page.viewportHeight, page.pageHeight) });
  };
  const begin = (extra: ExtraModule) => {
    // The page was left, or the site stopped the tracker.
    if (stops.length === 0) return;
    const points = early.splice(0);
    end();
    hasBegun = true;
    extra.share(SHARED);
    stops.push(extra.start(emit, env, points));
  };
  const failed = () => {
    isAsked = false;
    if (extraFailures++ === 0) stops.push(later(env, AGAIN_MS, load));
    // Blocked, as it seems; offline it is only late, and the next hello asks again.
    else if (navigator.onLine) {
      keep = tellPress;
      for (const point of early.splice(0)) keep(point);
    }
  };
  const load = () => {
    if (isAsked || stops.length === 0) return;
    isAsked = true;
    stops.push(
      whenIdle(env, () => {
        import(/* @vite-ignore */ String(new URL(DATALAB_EXTRA_FILE, beside))).then(env.guard(begin), env.guard(failed));
      }),
    );
  };
  return {
    load,
    stop() {
      if (!hasBegun && stops.length > 0) tellScroll();
      end();
    },
    stats: () => ({ extraFailures, earlyPoints: early.length }),
  };
}
