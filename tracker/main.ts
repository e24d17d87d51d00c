/**
 * What a website loads: `<script async src="https://lab.example/datalab.js" data-app="KEY"></script>`.
 * What it can do beside is in api.ts.
 */
import type { Call, Datalab, EventProps, StartOptions } from './api.ts';
import { createGuard } from './capture/guard.ts';
import { privacy } from './capture/privacy.ts';
import { flatProps, VALUE_MAX_CHARS } from './flat-props.ts';
import { optedOut } from './opted-out.ts';
import { type PageLife, startPageLife } from './page-life.ts';
import type { Site } from './site.ts';
import { forget } from './tab-store.ts';

/**
 * A page that comes back from the back/forward cache is shown about a millisecond before the page it replaces is hidden
 * (seen in Chromium 156). What that page leaves for this one must be there, else the tab would begin another session.
 */
const RETURN_PAUSE_MS = 100;

/** What the debugger's module exports. */
export type DebugModule = { open(datalab: Datalab, site: Site): void };

/** Name of the debugger's file; put in by the build. */
declare const DATALAB_DEBUG_FILE: string;

const guard = createGuard();

const short = (text: string) => String(text).slice(0, VALUE_MAX_CHARS);

guard(() => {
  const waiting = window.datalab as Partial<Datalab & readonly Call[]> | undefined;
  // Loaded twice: once is enough.
  if (waiting?.state) return;
  /** Null where it was loaded as a module: then somebody says `start`. */
  const script = document.currentScript as HTMLScriptElement | null;
  let site: Site | undefined;
  let life: PageLife | null = null;
  let isWanted = false;
  let leftOut = 0;

  const begin = () => {
    if (site && isWanted) life ??= startPageLife(site, guard);
  };
  let returning: ReturnType<typeof setTimeout> | undefined;
  const comeBack = () => {
    // Shown for the first time.
    if (life) return;
    clearTimeout(returning);
    returning = setTimeout(guard(begin), RETURN_PAUSE_MS);
  };
  const end = (how: 'leave' | 'stop') => {
    clearTimeout(returning);
    life?.[how]();
    life = null;
  };
  const leave = () => end('leave');
  /**
   * By window, which hears what is said to the document, too. An open socket keeps a page out of the back/forward cache, so it is
   * left whole, and begun again when it comes back.
   */
  const lifeEvents = {
    pagehide: leave,
    freeze: leave,
    pageshow: comeBack,
    resume: comeBack,
    // Hidden, there may be no later.
    visibilitychange: () => life?.flush(),
  };
  const consent = (given: boolean) => {
    if (!site) return;
    isWanted = given && !optedOut(site);
    if (isWanted) begin();
    else {
      stop();
      forget(site.app);
    }
  };
  const stop = () => {
    isWanted = false;
    end('stop');
  };
  const debug = () => {
    const at = site;
    if (!at || optedOut(at)) return;
    const opened = ({ open }: DebugModule) => open(datalab, at);
    import(/* @vite-ignore */ String(new URL(DATALAB_DEBUG_FILE, at.beside))).then(opened, console.warn);
  };
  const start = (options: StartOptions) => {
    if (site || !options.app) return;
    if (!('sendBeacon' in navigator)) return console.info('datalab: old browser');
    const api = options.api?.replace(/\/$/, '') ?? new URL(script?.src ?? '').origin;
    site = { ...options, api, beside: script?.src || `${api}/` };
    for (const name of Object.keys(privacy) as (keyof typeof privacy)[]) privacy[name] += options[name] ? `,${options[name]}` : '';
    for (const [type, fn] of Object.entries(lifeEvents)) addEventListener(type, guard(fn), true);
    if (options.consent !== 'wait') consent(true);
    if (location.search.includes('datalab=debug')) debug();
  };

  const datalab: Datalab = {
    start: guard(start),
    event: guard((name: string, given?: EventProps) => {
      const props = flatProps(given, () => leftOut++);
      if (name) life?.emit({ kind: 'custom', atMs: Date.now(), name: short(name), props });
    }),
    identify: guard((id: string) => {
      if (id) life?.emit({ kind: 'identify', atMs: Date.now(), id: short(id) });
    }),
    consent: guard((given: boolean) => {
      if (site) site.consent = given ? 'given' : 'wait';
      // The server may have refused it without.
      if (life?.stats().place === 'END') life = null;
      consent(given);
    }),
    stop: guard(stop),
    state: () => life && { ...life.stats(), faults: guard.faults(), leftOut },
    debug: guard(debug),
    push: guard(([name, ...args]: Call) => (datalab[name] as (...args: readonly unknown[]) => void)(...args)),
  };
  window.datalab = datalab;
  if (script) start(script.dataset as unknown as StartOptions);
  waiting?.forEach?.(datalab.push);
})();
