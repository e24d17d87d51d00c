/** One life of a page: from load, or return from the back/forward cache, until it is left. */

import { createBrowserPorts } from './browser-ports.ts';
import { type Emit, type Env, listen, settle } from './capture/env.ts';
import type { Guard } from './capture/guard.ts';
import { createPageReader } from './capture/page.ts';
import { privacy } from './capture/privacy.ts';
import { startUrl } from './capture/url.ts';
import { createExtra, type ExtraStats } from './load-extra.ts';
import type { Site } from './site.ts';
import { createTabStore } from './tab-store.ts';
import { Connection, type ConnectionStats, type HelloFacts } from './transport/connection.ts';

export type PageLife = {
  readonly emit: Emit;
  /** The page is hidden: what waits is sent now, there may be no later. */ flush(): void;
  /** The page goes away; the tab's next page goes on with the session. */ leave(): void;
  /** The site wants no more of it. */ stop(): void;
  stats(): PageStats;
};

export type PageStats = ConnectionStats & ExtraStats;

/** Begins capturing and connecting. */
export function startPageLife(site: Site, guard: Guard): PageLife {
  const store = createTabStore(site.app);
  const tab = store.take('tab') ?? newTabId();
  const storage = { take: () => store.take('session'), put: (text: string) => store.put('session', text) };
  const connection = new Connection({
    ports: createBrowserPorts(site, guard, storage),
    facts: () => factsOf(site, tab),
    onPlace(place) {
      // The hello was admitted; the socket opens while the page looks for an idle moment.
      if (place === 'CONNECT') extra.load();
      // The server does not want it, or is not there: nothing more is looked at.
      if (place === 'END') stopCapture();
    },
    onConfig() {
      privacy.urlKeep = `${site.urlKeep},${connection.config.urlKeep}`;
      env.page(true);
      env.reconfigure();
    },
    onEnd: () => stopCapture(),
  });
  const env: Env = {
    guard,
    store,
    config: () => connection.config,
    page: createPageReader(),
    settlers: new Set(),
    heard: new Map(),
    overs: [],
    drain() {},
    judges: new Set(),
    ways: new Set(),
    reconfigure() {},
    placeOf: ({ pageX, pageY }) => ({ x: pageX, y: pageY }),
  };
  const emit: Emit = (event, page = env.page()) => {
    if (!site.tap?.(event) && !connection.config.off.includes(event.kind)) connection.push(event, page);
  };
  const extra = createExtra(site.beside, emit, env);
  // Hello first: it takes the longest. The address begins before the rest and ends after it: its events enclose theirs.
  connection.start();
  const stops = [startUrl(emit, env)];
  stops.push(
    listen(env, window, 'online', () => connection.hurry()),
    listen(env, window, 'resize', () => env.page(true)),
  );
  const stopCapture = () => {
    settle(env);
    // The address ends last, and the goodbye is said whatever fails before.
    for (const stop of [extra.stop, ...stops.splice(0)]) guard(stop)();
  };
  return {
    emit,
    flush() {
      settle(env);
      connection.flush();
    },
    leave() {
      stopCapture();
      connection.leave();
      store.put('tab', tab);
    },
    stop() {
      stopCapture();
      connection.close();
    },
    stats: () => ({ ...connection.stats, ...extra.stats() }),
  };
}

/** 128 random bits; not randomUUID, which pages without TLS do not have. */
const newTabId = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

function factsOf({ app, cookieless, consent }: Site, tab: string): HelloFacts {
  const hints = (navigator as Navigator & { readonly userAgentData?: { readonly platform?: string } }).userAgentData;
  const { clientWidth, clientHeight } = document.documentElement;
  return {
    app,
    tab,
    referrer: cut(document.referrer, 4_096),
    browser: cut(navigator.userAgent, 512),
    OS: cut(hints?.platform || navigator.platform, 128),
    url: cut(location.href.split('#')[0] ?? '', 4_096),
    title: cut(document.title, 512),
    language: cut(navigator.language ?? '', 35),
    screenWidth: screen.width,
    screenHeight: screen.height,
    viewportWidth: clientWidth,
    viewportHeight: clientHeight,
    webdriver: navigator.webdriver === true,
    cookieless: cookieless !== undefined,
    consent: consent === 'given',
  };
}

const cut = (text: string, maxChars: number) => text.slice(0, maxChars);
