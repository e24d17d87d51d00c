/**
 * What a website loads: `<script async src="https://lab.example/datalab.js" data-app="KEY"></script>`.
 * `data-api` names another server than the script's own.
 */
import { createGuard } from './capture/guard.ts';
import { type PageLife, type PageStats, startPageLife } from './page-life.ts';

/** What a page finds as `window.datalab`. */
export type DatalabApi = {
  /** Ends capturing and says goodbye; nothing begins again on this page. */ stop(): void;
  /** How the session stands; null while there is none. */ state(): (PageStats & { readonly faults: number }) | null;
};

declare global {
  interface Window {
    datalab?: DatalabApi;
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}

/**
 * A page that comes back from the back/forward cache is shown about a millisecond before the page it replaces is hidden
 * (seen in Chromium 156). What that page leaves for this one must be there, else the tab would begin another session.
 */
const RETURN_PAUSE_MS = 100;

const guard = createGuard();

function run(script: HTMLElement | SVGElement): void {
  const { app, api } = script.dataset;
  // Loaded twice: once is enough. And a visitor who opted out is not asked again: no request leaves the page.
  if (!app || window.datalab || navigator.globalPrivacyControl) return;
  const { src } = script as HTMLScriptElement;
  const base = api?.replace(/\/$/, '') ?? new URL(src).origin;

  let life: PageLife | null = null;
  let stopped = false;
  const begin = () => {
    if (!stopped) life ??= startPageLife(app, base, src || `${base}/`, guard);
  };
  let returning: ReturnType<typeof setTimeout> | undefined;
  const comeBack = () => {
    clearTimeout(returning);
    returning = setTimeout(guard(begin), RETURN_PAUSE_MS);
  };
  const leave = () => {
    clearTimeout(returning);
    life?.leave();
    life = null;
  };

  // An open socket keeps a page out of the back/forward cache, so it is left whole, and begun again when it comes back.
  addEventListener('pagehide', guard(leave));
  addEventListener(
    'pageshow',
    guard((event: PageTransitionEvent) => {
      if (event.persisted) comeBack();
    }),
  );
  document.addEventListener('freeze', guard(leave));
  document.addEventListener('resume', guard(comeBack));
  document.addEventListener(
    'visibilitychange',
    guard(() => {
      if (document.visibilityState === 'hidden') life?.flush();
    }),
  );
  window.datalab = {
    stop: guard(() => {
      stopped = true;
      life?.stop();
      life = null;
    }),
    state: () => life && { ...life.stats(), faults: guard.faults() },
  };
  begin();
}

guard(() => {
  const script = document.currentScript ?? document.querySelector<HTMLScriptElement>('script[data-app]');
  if (script) run(script);
})();
