import type { EventOf } from '../../engine/protocol/events.ts';
import { type Emit, type Env, listen, type Stop, settle } from './env.ts';
import { stripAddress } from './page.ts';

type Cause = 'push' | 'replace' | 'pop' | 'hash' | 'load';

const LAST_PAGE = 'page';

/**
 * Reports changes of the address with the time spent on the old one: history calls, back and forward, fragments and,
 * by what the page before left in the tab's storage, full loads. Reports the page's start and its end, too.
 */
export function startUrl(emit: Emit, env: Env): Stop {
  let href = location.href;
  let sinceMs = Date.now();

  const loaded = () => {
    const page = env.page();
    const [from, elapsedMs] = (env.store.take(LAST_PAGE) ?? '').split(' ');
    const load: EventOf<'urlchange'> = {
      kind: 'urlchange',
      atMs: sinceMs,
      from: from ?? '',
      // The server may want the address to be written otherwise, and says so before this is sent.
      get to() {
        return page.url;
      },
      elapsedMs: Number(elapsedMs) || 0,
      cause: 'load',
    };
    if (load.from) emit(load, { ...page, url: load.from });
    const referrer = document.referrer ? stripAddress(document.referrer) : '';
    emit({ kind: 'start', atMs: sinceMs, title: document.title, referrer });
  };

  const changed = (cause: Cause) => {
    if (location.href === href) return;
    const onlyFragment = location.href.split('#')[0] === href.split('#')[0];
    // Browsers tell of a changed fragment twice; the second time says what it was.
    if (cause === 'pop' && onlyFragment) return;
    const from = stripAddress(href);
    const to = stripAddress(location.href);
    href = location.href;
    // Sites keep what is typed or scrolled in the query; that is no way anybody went.
    if (cause === 'replace' && from === to) return;
    env.page(true);
    settle(env);
    const nowMs = Date.now();
    emit({ kind: 'urlchange', atMs: nowMs, from, to, elapsedMs: nowMs - sinceMs, cause }, { ...env.page(), url: from });
    sinceMs = nowMs;
  };

  loaded();
  const stops = [
    patch(
      'pushState',
      env.guard(() => changed('push')),
    ),
    patch(
      'replaceState',
      env.guard(() => changed('replace')),
    ),
    listen(env, window, 'popstate', () => changed('pop')),
    listen(env, window, 'hashchange', () => changed('hash')),
  ];
  return () => {
    for (const stop of stops) stop();
    const nowMs = Date.now();
    const elapsedMs = nowMs - sinceMs;
    emit({ kind: 'leave', atMs: nowMs, elapsedMs });
    env.store.put(LAST_PAGE, `${stripAddress(href)} ${elapsedMs}`);
  };
}

/**
 * Calls `after` behind a method of history. The page's call comes first and its answer and its throw pass through.
 * Taken back on stop, unless somebody wrapped it again since: then what is left only passes on.
 */
function patch(name: 'pushState' | 'replaceState', after: () => void): Stop {
  const original = history[name];
  let live = true;
  const patched = function (this: History, ...args: Parameters<History['pushState']>) {
    original.apply(this, args);
    if (live) after();
  };
  history[name] = patched;
  return () => {
    live = false;
    if (history[name] === patched) history[name] = original;
  };
}
