import { keepEarly, type Point } from './capture/early.ts';
import { type Emit, type Env, whenIdle } from './capture/env.ts';
import { type ExtraModule, SHARED } from './shared.ts';

/** Name of the extra's file, beside the core's; its hash is in it, so that caches never mix two versions. Put in by the build. */
declare const DATALAB_EXTRA_FILE: string;

export type ExtraStats = {
  /** Times that datalab-extra.js could not be loaded. */ readonly extraFailures: number;
  /** Points of the pointer's way, and errors, that wait for it; once it failed, or the page was left before, they are lost. */
  readonly earlyPoints: number;
};

export type Extra = {
  /** Loads it when the page is idle, and starts it. Once: later calls do nothing. */ load(): void;
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
  const stops = [keepEarly(env, early)];
  let isAsked = false;
  let extraFailures = 0;
  const stop = () => {
    for (const each of stops.splice(0)) each();
  };
  const begin = (extra: ExtraModule) => {
    // The page was left, or the site stopped the tracker.
    if (stops.length === 0) return;
    stop();
    extra.share(SHARED);
    stops.push(extra.start(emit, env, early.splice(0)));
  };
  const failed = () => {
    extraFailures++;
    stop();
  };
  return {
    load() {
      if (isAsked) return;
      isAsked = true;
      stops.push(
        whenIdle(env, () => {
          import(/* @vite-ignore */ String(new URL(DATALAB_EXTRA_FILE, beside))).then(env.guard(begin), failed);
        }),
      );
    },
    stop,
    stats: () => ({ extraFailures, earlyPoints: early.length }),
  };
}
