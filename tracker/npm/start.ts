/**
 * `datalab/tracker`, for sites that are built: the same calls as functions. It loads the tracker from the server, so that it is
 * the version that the server speaks, and weighs next to nothing in the site's own bundle. Importing it does nothing, and where
 * there is no window, as on a server that renders pages, no call does.
 */
import type { Call, Datalab, EventProps, StartOptions, State } from '../api.ts';
import { optedOut } from '../opted-out.ts';
import { forget } from '../tab-store.ts';

export type { Datalab, EventProps, StartOptions, State };

/** Where the tracker comes from. */
export type NpmOptions = StartOptions & { /** Address of the server, e.g. `https://lab.example`. */ readonly api: string };

/** Calls that wait for the tracker, at most: where it never comes, they must not pile up. */
const WAITING_MAX = 1_000;

/**
 * Begins, once for a page, whoever says it how often. For a visitor who opted out, and before a consent that is waited for, not
 * even the tracker is asked for.
 */
export function start(options: NpmOptions): void {
  if (typeof window === 'undefined' || optedOut(options)) return;
  const calls = found() ?? [];
  if (!Array.isArray(calls) || calls.some(isStart)) return;
  // Before what the page said earlier.
  calls.unshift(['start', options]);
  Object.assign(window, { datalab: calls });
  if (options.consent !== 'wait') load(options.api);
}

/** Something that only the site knows happened; see `Datalab`. */
export function event(name: string, props: EventProps = {}): void {
  call('event', name, props);
}

/** The visitor is known to the site by this stable id. */
export function identify(id: string): void {
  call('identify', id);
}

/** True begins, false ends and forgets. */
export function consent(given: boolean): void {
  const calls = found();
  // The tracker was not asked for yet: it is now, or what an earlier page of the tab left is forgotten here.
  const begun = Array.isArray(calls) ? calls.find(isStart)?.[1] : undefined;
  if (begun && given) load(begun.api ?? '');
  else if (begun) forget(begun.app);
  call('consent', given);
}

/** Ends capturing and says goodbye. */
export function stop(): void {
  call('stop');
}

/** How the session stands; null while there is none. */
export function state(): State | null {
  const datalab = found();
  return datalab && !Array.isArray(datalab) ? datalab.state() : null;
}

/** Opens the debugger in the page. */
export function debug(): void {
  call('debug');
}

function call(...args: Call): void {
  const datalab = found();
  if (Array.isArray(datalab) && datalab.length >= WAITING_MAX) return;
  datalab?.push(args);
}

/** The tracker, or the calls that wait for it. */
const found = () => (typeof window === 'undefined' ? undefined : (window.datalab as Datalab | Call[] | undefined));

const isStart = (call: Call) => call[0] === 'start';

/** Asks for the tracker. Asked twice, it is loaded once. */
function load(api: string): void {
  // Not there or forbidden: the page goes on without it.
  import(/* @vite-ignore */ /* webpackIgnore: true */ `${api.replace(/\/$/, '')}/datalab.js`).catch(() => undefined);
}
