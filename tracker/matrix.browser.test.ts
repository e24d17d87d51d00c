/**
 * Every kind of website, by every kind of network, from the source and from what ships: what was done on it is what is stored, and the
 * page does not notice. Each walk goes on to another page, comes back from the back/forward cache and ends with a press and a closed tab.
 */
import { createHash } from 'node:crypto';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, inject, type TestContext, test } from 'vitest';
import type { Event } from '../engine/protocol/events.ts';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import type {} from './api.ts';
import { MUTATION_MAX_MS } from './capture/dead.ts';
import { SCROLL_SAMPLE_MS } from './capture/scroll.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { MATRIX_PAGES, NONCE, STRICT_SCRIPT, STRICT_STYLE, type Step, WALKS, type Walk } from './fixture/matrix-pages.ts';
import { FixtureProxy } from './fixture/proxy.ts';
import { FixtureSite } from './fixture/site.ts';

/** `cut`: there is none whenever a page is left, so that nothing arrives but by what the page leaves in its tab. */
const NETWORKS = ['good', 'slow', 'cut'] as const;
type Network = (typeof NETWORKS)[number];
const SLOW = { latencyMs: 100, bytesPerSec: 50_000 };
/** What a browser says in the console of a network that fails: it says it of every page, and nothing was thrown. */
const NETWORK_PROBLEM = /WebSocket connection to|Failed to load resource|net::ERR_/;
const PATIENCE = { timeout: 15_000 };

const executablePath = inject('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (!executablePath) return;
  browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(() => browser?.close());

/** A policy says nothing about how fast a network is. */
const CASES = WALKS.flatMap((walk) =>
  (walk.strict ? (['good'] as const) : NETWORKS).map((network) => ({ walk, network, name: walk.name })),
);

describe.skipIf(!executablePath).each([
  ['source', false],
  ['minified', true],
])('%s bundle', (_name, minify) => {
  let scripts: ReadonlyMap<string, string>;
  beforeAll(async () => {
    scripts = await buildTracker({ minify });
  });

  test.concurrent.for(CASES)(
    '$name, network $network: all that was done is stored, once and in order',
    async ({ walk, network }, context) => {
      const visit = await begin(scripts, walk, network, context);
      const { expect } = context;
      await visit.page.goto(visit.site.origin + walk.path);
      await visit.stored(['start', walk.seen]);
      for (const step of walk.steps) await visit.take(step);
      await visit.check();

      await visit.leave(walk.leaves, '/next');
      await visit.stored(['leave', `urlchange load ${walk.path} /next`, 'start', 'scroll 0 px, 100 %']);
      await visit.check();

      await visit.leave({ does: 'back', told: [] }, walk.path);
      await visit.stored(['leave', `urlchange load /next ${walk.path}`, 'start', walk.cameBackTo]);
      expect(await visit.cameBack()).toBe('from the cache');
      await visit.take(walk.again);
      await visit.check();

      await visit.take(walk.last ?? walk.again);
      // As somebody closes it, who waits for nothing.
      await visit.page.close({ runBeforeUnload: true });
      await visit.stored(['leave']);
      visit.checkWays();
    },
  );
});

/** What was not so once. */
describe.skipIf(!executablePath)('gaps', () => {
  const judgedMs = MUTATION_MAX_MS + 1;

  async function open(path: string, { onTestFinished }: TestContext, before: (page: Page) => Promise<unknown> = async () => undefined) {
    const gateway = new FixtureGateway();
    const site = new FixtureSite(GAP_PAGES);
    await Promise.all([gateway.start(await buildTracker()), site.start()]);
    site.head = `<script async src="${gateway.origin}/datalab.js" data-app="shop"></script>`;
    if (!browser) throw new Error('no browser was started');
    const context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    onTestFinished(async () => {
      await context.close();
      await Promise.all([gateway.stop(), site.stop()]);
    });
    const page = await context.newPage();
    await page.clock.install();
    await before(page);
    await page.goto(site.origin + path);
    await gateway.event('start');
    return { gateway, page };
  }

  /** Holds the extra back. @returns lets it through, once it was asked for */
  function holdExtra(page: Page): Promise<() => Promise<void>> {
    return new Promise((resolve) => void page.route('**/datalab-extra-*', (route) => resolve(() => route.continue())));
  }

  test('scroll: how deep a page was seen that is left before the extra came', async (context) => {
    const { gateway, page } = await open('/', context, async (opened) => void holdExtra(opened));
    await page.evaluate(() => scrollTo(0, 1_000));
    await page.goto(new URL('/next', page.url()).href);
    await gateway.until(() => gateway.of('start').length === 2);
    context.expect(gateway.of('scroll')).toHaveLength(1);
  });

  test('scroll: a page that is still growing when the extra comes was not seen to its end', async (context) => {
    let asked: Promise<() => Promise<void>> | undefined;
    const { gateway, page } = await open('/short', context, async (opened) => {
      asked = holdExtra(opened);
    });
    // The sizes are read now, and a thousand milliseconds do not pass until the extra is there.
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.evaluate(() => {
      window.datalab?.event('read');
      document.body.style.height = '5000px';
    });
    await page.clock.runFor(1);
    await (await asked)?.();
    await page.waitForFunction(() => window.datalab?.state()?.earlyPoints === 0);
    await page.clock.runFor(SCROLL_SAMPLE_MS + 1);
    await page.clock.resume();
    context.expect((await gateway.event('scroll')).reach).toBeLessThan(5);
  });

  for (const [what, selector] of [
    ['what opens when the button goes down', '#menu'],
    ['what changes in a closed shadow root', 'x-vault'],
  ] as const) {
    test(`dead: not a click that is followed by ${what}`, async (context) => {
      const { gateway, page } = await open('/clicks', context);
      await gateway.event('scroll');
      await page.locator(selector).click();
      await page.clock.runFor(judgedMs);
      await page.evaluate(() => window.datalab?.event('last'));
      await gateway.event('custom');
      context.expect(gateway.of('click')).toHaveLength(1);
      context.expect(gateway.of('dead')).toEqual([]);
    });
  }

  test('two hundred moves force no layout, whatever the page changes on each of them', async (context) => {
    const { gateway, page } = await open('/restless', context);
    await gateway.event('scroll');
    const chrome = await page.context().newCDPSession(page);
    await chrome.send('Performance.enable');
    const layouts = async () =>
      (await chrome.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'LayoutCount')?.value ?? 0;
    const before = await layouts();
    // In one task: no frame lies between them, so a layout is one that somebody asked for.
    await page.evaluate(() => {
      for (let x = 0; x < 200; x++)
        document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, composed: true, clientX: x }));
    });
    // The frame around them lays out what they left, and the page's sizes may be read once a second.
    context.expect((await layouts()) - before).toBeLessThanOrEqual(3);
  });
});

const GAP_PAGES = {
  '/': '<main style="height:3000px"><h1>Long</h1></main>',
  '/next': '<h1>Next</h1>',
  '/short': '<h1>Short</h1>',
  '/clicks': `<button id="menu" onpointerdown="document.querySelector('p').hidden = false">Menu</button><p hidden>Open</p><x-vault></x-vault>
    <script>customElements.define('x-vault', class extends HTMLElement {
      constructor() {
        super();
        const root = this.attachShadow({ mode: 'closed' });
        root.innerHTML = '<button onclick="this.textContent += 1">Vault</button>';
      }
    });</script>`,
  '/restless': `<h1>Restless</h1><script>
    let width = 0;
    addEventListener('pointermove', () => { document.body.style.width = 300 + (width++ % 50) + 'px'; }, true);</script>`,
};

type Visit = {
  readonly page: Page;
  readonly site: FixtureSite;
  take(step: Step): Promise<void>;
  /** Takes a step that leads to another page. */ leave(step: Step, path: string): Promise<void>;
  /** Waits until this has been stored beside all that was before. */ stored(told: readonly string[]): Promise<void>;
  /** The page did not notice, and nothing was lost. */ check(): Promise<void>;
  /** The pointer was where it is said to have been. */ checkWays(): void;
  cameBack(): Promise<string>;
};

async function begin(
  scripts: ReadonlyMap<string, string>,
  { strict }: Walk,
  network: Network,
  { expect, onTestFinished }: TestContext,
): Promise<Visit> {
  const gateway = new FixtureGateway();
  const proxy = new FixtureProxy();
  const site = new FixtureSite(MATRIX_PAGES);
  await Promise.all([gateway.start(scripts), proxy.start(), site.start()]);
  proxy.port = Number(new URL(gateway.origin).port);
  gateway.front = proxy.origin;
  if (network === 'slow') Object.assign(proxy, SLOW);
  const { integrity, importMap, policy } = admit(scripts, strict, gateway.origin, proxy.origin);
  site.policy = policy;
  site.head = `${importMap}<script defer src="${gateway.origin}/datalab.js" data-app="shop" data-api="${proxy.origin}" ${integrity}></script>`;
  if (!browser) throw new Error('no browser was started');
  const context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
  onTestFinished(async () => {
    await context.close();
    await Promise.all([proxy.stop(), site.stop()]);
    await gateway.stop();
  });
  context.setDefaultTimeout(PATIENCE.timeout);
  const problems = await watch(context);
  const page = await context.newPage();

  const expected: string[] = [];
  const events = () => gateway.stored.toSorted((a, b) => a.seq - b.seq).map(({ event }) => event);
  const told = () => events().flatMap((event) => wordsOf(event) ?? []);
  const stored = async (more: readonly string[]) => {
    expected.push(...more);
    await expect.poll(told, PATIENCE).toEqual(expected);
  };

  /** Where the pointer was, on the page. */
  const ways: string[] = [];
  let at = { x: 0, y: 0 };
  /** Where things in frames are: of a page that came back from the cache, Playwright does not find the frames' frames. */
  const inFrames = new Map<string, typeof at>();
  const press = async (on: string) => {
    const to = inFrames.get(on) ?? (await middleOf(locate(page, on)));
    if (on.includes(' | ')) inFrames.set(on, to);
    const top = await page.evaluate(() => scrollY);
    for (const share of [0.25, 0.5, 0.75, 1]) {
      const x = Math.round(at.x + (to.x - at.x) * share);
      const y = Math.round(at.y + (to.y - at.y) * share);
      ways.push(`${x} ${y + top}`);
      await page.mouse.move(x, y);
    }
    at = to;
    await page.mouse.click(to.x, to.y);
  };

  const take = async ({ does, on = '', to = 0, told: more }: Step) => {
    if (does === 'back') await page.evaluate(() => history.back()).catch(() => undefined);
    else if (does === 'scroll') await page.evaluate((top) => scrollTo(0, top), to);
    else await press(on);
    if (does === 'type') await page.keyboard.type('secret');
    expected.push(...more);
    // An address changes, and a scroll is told, when the browser gets to it.
    if (does === 'back' || does === 'scroll') await stored([]);
  };

  return {
    page,
    site,
    take,
    stored,
    async leave(step, path) {
      await stored([]);
      if (network === 'cut') proxy.cut();
      if (step.does === 'back') await page.evaluate(() => history.back()).catch(() => undefined);
      else await take(step);
      await expect.poll(() => new URL(page.url()).pathname, PATIENCE).toBe(path);
      proxy.mend();
    },
    async check() {
      await stored([]);
      const look = async () => {
        const state = await page.evaluate(() => window.datalab?.state());
        const { place, heldEvents, nextSeq = 0 } = state ?? {};
        return { state, now: { place, heldEvents, numbered: nextSeq - 1 } };
      };
      await expect
        .poll(async () => (await look()).now, PATIENCE)
        .toEqual({ place: 'LISTEN', heldEvents: 0, numbered: expect.toSatisfy((count) => count === gateway.stored.length) });
      const { state } = await look();
      expect(state).toMatchObject({ faults: 0, extraFailures: 0, leftOut: 0, refusals: 0, unreadable: 0 });
      expect(Object.values(state?.lost ?? {}).filter((count) => count > 0)).toEqual([]);
      const numbers = gateway.stored.map(({ seq }) => seq).toSorted((a, b) => a - b);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(new Set(gateway.stored.map(({ session }) => session))).toEqual(new Set([state?.session]));
      expect(problems.filter((problem) => network !== 'cut' || !NETWORK_PROBLEM.test(problem))).toEqual([]);
      expect(JSON.stringify(gateway.stored)).not.toContain('secret');
    },
    checkWays() {
      const places = events().flatMap((event) => (event.kind === 'move' || event.kind === 'hover' ? [`${event.x} ${event.y}`] : []));
      expect(places.filter((place) => !ways.includes(place))).toEqual([]);
      expect(places).toContain(ways.at(-1));
    },
    cameBack: () =>
      page.evaluate(() => {
        const [load] = performance.getEntriesByType('navigation') as (PerformanceEntry & { notRestoredReasons?: unknown })[];
        return 'cameBack' in window ? 'from the cache' : `not from the cache: ${JSON.stringify(load?.notRestoredReasons)}`;
      }),
  };
}

/** Collects what a page should never have to say: uncaught errors, errors in the console, violations of its policy. */
async function watch(context: BrowserContext): Promise<string[]> {
  const problems: string[] = [];
  context.on('weberror', (error) => problems.push(String(error.error())));
  context.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => console.error(violatedDirective, blockedURI));
    addEventListener('pageshow', ({ persisted }) => persisted && Object.assign(window, { cameBack: true }));
  });
  return problems;
}

async function middleOf(target: Locator): Promise<{ x: number; y: number }> {
  const box = await target.boundingBox();
  if (!box) throw new Error(`${target} is not there`);
  return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
}

function locate(page: Page, path: string): Locator {
  const [last = '', ...frames] = path.split(' | ').reverse();
  return frames.reduceRight<Page | ReturnType<Page['frameLocator']>>((within, frame) => within.frameLocator(frame), page).locator(last);
}

/** What is told as it happens; null for what depends on the time that passes: ways, rests, layouts, and how long it was looked at. */
function wordsOf(event: Event): string | null {
  const pathOf = (url: string) => new URL(url).pathname;
  switch (event.kind) {
    case 'move':
    case 'hover':
    case 'layout':
    case 'engaged':
      return null;
    case 'click':
      return `click ${event.target}`;
    case 'form':
      return `form ${event.form} ${event.field} ${event.step}`;
    case 'scroll':
      return `scroll ${event.top} px, ${event.reach * 5} %`;
    case 'urlchange':
      return `urlchange ${event.cause} ${pathOf(event.from)} ${pathOf(event.to)}`;
    default:
      return event.kind;
  }
}

/**
 * What a page of a strict policy says, so that the tracker runs on it. By hash, it names that of the core with the script, and that of
 * what the core loads in an import map; the server itself is not named.
 */
function admit(scripts: ReadonlyMap<string, string>, strict: Walk['strict'], server: string, api: string) {
  if (!strict) return { integrity: '', importMap: '', policy: '' };
  const core = scripts.get('datalab.js') ?? '';
  const extras = [...scripts].filter(([name]) => name.startsWith('datalab-extra-'));
  const map = JSON.stringify({ integrity: Object.fromEntries(extras.map(([name, code]) => [`${server}/${name}`, sha256(code)])) });
  const byHash = [core, map, STRICT_SCRIPT, ...extras.map(([, code]) => code)].map((code) => `'${sha256(code)}'`);
  const [scriptSource, styleSource] =
    strict === 'hash' ? [byHash.join(' '), `'${sha256(STRICT_STYLE)}'`] : [`'nonce-${NONCE}'`, `'nonce-${NONCE}'`];
  return {
    integrity: strict === 'hash' ? `integrity="${sha256(core)}" crossorigin` : `nonce="${NONCE}"`,
    importMap: strict === 'hash' ? `<script type="importmap">${map}</script>` : '',
    policy:
      `default-src 'none'; script-src ${scriptSource}; style-src ${styleSource}; img-src data:; require-trusted-types-for 'script'; ` +
      `trusted-types 'none'; connect-src ${api} ${api.replace('http', 'ws')}`,
  };
}

const sha256 = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
