import { type Emit, type Env, type Stop, whenIdle } from './capture/env.ts';
import { type ExtraModule, SHARED } from './shared.ts';

/** Name of the extra's file, beside the core's; its hash is in it, so that caches never mix two versions. Put in by the build. */
declare const DATALAB_EXTRA_FILE: string;

/**
 * Loads the extra when the page is idle and starts it. `import()` carries the nonce of the core's own script element, so a
 * policy that admits the core by its nonce or its origin admits the extra; nothing is added to the page.
 * @param beside an address in the folder where the extra lies
 * @param failed called when it is blocked or not there: the page is tracked without it
 * @returns stops it, or stops waiting for it
 */
export function loadExtra(beside: string, emit: Emit, env: Env, failed: () => void): Stop {
  let stop: Stop | null = null;
  let stopped = false;
  const cancel = whenIdle(env, () => {
    const begin = (extra: ExtraModule) => {
      if (stopped) return;
      extra.share(SHARED);
      stop = extra.start(emit, env);
    };
    import(/* @vite-ignore */ String(new URL(DATALAB_EXTRA_FILE, beside))).then(env.guard(begin), failed);
  });
  return () => {
    stopped = true;
    cancel();
    stop?.();
  };
}
