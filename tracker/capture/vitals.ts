import type { watchVitals } from '../vitals.ts';
import type { Emit, Env, Stop } from './env.ts';

/** Name of the chunk's file, beside the extra's. Put in by the build. */
declare const DATALAB_VITALS_FILE: string;

/**
 * Reports the page's web vitals, if the server asks for them. Some grow as long as a page lives, so each is reported when the page hides
 * or ends, and again if it has changed since: the latest counts.
 */
export function startVitals(emit: Emit, env: Env): Stop {
  if (!env.config().vitals) return () => {};
  // They are those of the page that was loaded, whatever the address says later.
  const page = env.page();
  const changed = new Map<string, number>();
  let stopped = false;
  let stop = () => {};
  const report = () => {
    for (const [name, value] of changed) {
      emit({ kind: 'vital', atMs: Date.now(), name, value: Math.round(name === 'CLS' ? value * 1_000 : value) }, page);
    }
    changed.clear();
  };
  const begin = (chunk: { readonly watchVitals: typeof watchVitals }) => {
    if (!stopped) stop = chunk.watchVitals(env.guard((name, value) => void changed.set(name, value)));
  };
  // Blocked, or gone with an update of the server: the page has no vitals then.
  import(/* @vite-ignore */ String(new URL(DATALAB_VITALS_FILE, import.meta.url))).then(env.guard(begin), () => {});
  env.settlers.add(report);
  return () => {
    stopped = true;
    stop();
    report();
  };
}
