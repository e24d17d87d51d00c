/** Events on their way through networks that are bad in the ways that networks are: in a real Chromium, through a proxy of our own. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { FixtureProxy } from './fixture/proxy.ts';
import { FixtureSite } from './fixture/site.ts';
import type {} from './main.ts';
import { POLLS_MS } from './transport/connection.ts';

/** What a browser says in the console of a network that fails: it says it of every page, and nothing was thrown. */
const NETWORK_PROBLEM = /WebSocket connection to|Failed to load resource|net::ERR_/;
const BUTTONS = ['#buy', '[data-datalab]', '.add-to-list'];
const TARGETS = ['#buy', '[data-datalab="named"]', '.add-to-list'];

const executablePath = inject('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (executablePath) browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
});
afterAll(() => browser?.close());

describe.skipIf(!executablePath).each([
  ['source', false],
  ['minified', true],
])('%s bundle', (_name, minify) => {
  let scripts: ReadonlyMap<string, string>;
  let gateway: FixtureGateway;
  let proxy: FixtureProxy;
  let site: FixtureSite;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    scripts = await buildTracker({ minify });
  });

  beforeEach(async () => {
    gateway = new FixtureGateway();
    proxy = new FixtureProxy();
    site = new FixtureSite();
    await Promise.all([gateway.start(scripts), proxy.start(), site.start()]);
    proxy.port = Number(new URL(gateway.origin).port);
    gateway.front = proxy.origin;
    site.head = `<script async src="${proxy.origin}/datalab.js" data-app="shop"></script>`;
    if (!browser) throw new Error('no browser was started');
    context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    problems = [];
    page = await open();
  });

  afterEach(async () => {
    await context.close();
    await Promise.all([proxy.stop(), site.stop()]);
    await gateway.stop();
    expect(problems).toEqual([]);
  });

  async function open(): Promise<Page> {
    const opened = await context.newPage();
    watch(opened);
    return opened;
  }

  function watch(opened: Page): void {
    opened.on('pageerror', (error) => problems.push(String(error)));
    opened.on('console', (message) => {
      if (message.type() === 'error' && !NETWORK_PROBLEM.test(message.text())) problems.push(message.text());
    });
  }

  async function home(): Promise<void> {
    await page.goto(site.origin);
    await gateway.event('start');
  }

  async function clickAll(on = page): Promise<void> {
    for (const button of BUTTONS) await on.locator(button).click();
  }

  const state = (of = page) => of.evaluate(() => window.datalab?.state());
  const clicks = (session: string) =>
    gateway.stored.flatMap((each) => (each.session === session && each.event.kind === 'click' ? [each.event.target] : []));
  const ways = () => new Set(gateway.received.map(({ by }) => by));

  /** Waits until the page holds nothing back, and compares what it numbered with what is stored: each event, and each once. */
  async function expectAllStored(targets: readonly string[], of = page): Promise<void> {
    await expect
      .poll(
        async () => {
          const now = await state(of);
          return [now?.heldEvents, clicks(now?.session ?? '').length];
        },
        { timeout: 30_000 },
      )
      .toEqual([0, targets.length]);
    const now = await state(of);
    const stored = gateway.stored.filter(({ session }) => session === now?.session);
    expect(clicks(now?.session ?? '')).toEqual(targets);
    expect(stored.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(stored.map((_, index) => index + 1));
    expect(stored.length).toBe((now?.nextSeq ?? 0) - 1);
    expect(now?.faults).toBe(0);
    expect(Object.values(now?.lost ?? {}).filter((count) => count > 0)).toEqual([]);
  }

  describe('upgrades refused', () => {
    beforeEach(() => {
      proxy.refusesUpgrades = true;
    });

    test('[PO3] events arrive by polls, acks come back, in one session; what polls is loaded once and only then', async () => {
      await home();
      await clickAll();
      await expectAllStored(TARGETS);
      expect([ways(), proxy.refused]).toEqual([new Set(['polls']), 2]);
      expect(new Set(gateway.stored.map(({ session }) => session)).size).toBe(1);
      expect(gateway.asked.filter((path) => path.startsWith('/datalab-polls-'))).toHaveLength(1);
    });

    test('[PO4] END by a poll ends it: nothing is asked after it', async () => {
      await home();
      gateway.end();
      await expect.poll(() => state(), { timeout: 15_000 }).toMatchObject({ place: 'END' });
      const asked = gateway.asked.length;
      await page.locator('#buy').click();
      await page.waitForLoadState('networkidle');
      expect(gateway.asked.length).toBe(asked);
    });

    test('stop() says goodbye by a poll, behind all events', async () => {
      await home();
      await clickAll();
      await page.evaluate(() => window.datalab?.stop());
      await gateway.until(() => gateway.goodbyes.length === 1);
      expect([gateway.goodbyes[0]?.by, clicks('session-1')]).toEqual(['polls', TARGETS]);
    });

    test('[AK4] a reload in the middle of unacked frames loses nothing and doubles nothing', async () => {
      await home();
      await expectAllStored([]);
      gateway.deaf = true;
      await clickAll();
      await gateway.until(() => gateway.received.length > 3);
      await page.reload();
      gateway.deaf = false;
      await gateway.until(() => gateway.of('start').length === 2);
      await page.locator('#buy').click();
      await expectAllStored([...TARGETS, '#buy']);
    });

    test('and let through again: the socket is back once polls broke', async () => {
      await home();
      proxy.refusesUpgrades = false;
      proxy.cut();
      await clickAll();
      proxy.mend();
      await expectAllStored(TARGETS);
      expect(gateway.received.at(-1)?.by).toBe('socket');
    });

    test('and let through again: the socket is back after five minutes of polls that held', async () => {
      await page.clock.install();
      await home();
      const clicked: string[] = [];
      const leapMs = 25_000;
      for (let ms = 0; ms < POLLS_MS; ms += leapMs) {
        clicked.push('#buy');
        await page.locator('#buy').click();
        await expectAllStored(clicked);
        expect([ways(), gateway.hellos.length]).toEqual([new Set(['polls']), 3]);
        proxy.refusesUpgrades = false;
        // Shorter than a poll may take: none is given up.
        await page.clock.fastForward(leapMs);
      }
      await clickAll();
      await expectAllStored([...clicked, ...TARGETS]);
      expect([gateway.received.at(-1)?.by, gateway.hellos.length]).toEqual(['socket', 4]);
    });

    test('polls that are not there, as after an update of the server: the page goes on, and a goodbye brings all', async () => {
      gateway.gone = (path) => path.startsWith('/datalab-polls-');
      await page.goto(site.origin);
      await expect.poll(async () => (await state())?.failures, { timeout: 15_000 }).toBeGreaterThan(2);
      await clickAll();
      expect((await state())?.faults).toBe(0);
      await page.close({ runBeforeUnload: true });
      await gateway.until(() => gateway.goodbyes.length === 1);
      expect([ways(), clicks('session-1')]).toEqual([new Set(['post']), TARGETS]);
    });
  });

  test('[AK4] five seconds without a network in mid-session: nothing lost, nothing twice', async () => {
    await home();
    await clickAll();
    const mended = new Promise((resolve) => setTimeout(resolve, 5_000));
    proxy.cut();
    await clickAll();
    await page.evaluate(() => history.pushState({}, '', '/list'));
    await clickAll();
    await mended;
    proxy.mend();
    await page.locator('#buy').click();
    await expectAllStored([...TARGETS, ...TARGETS, ...TARGETS, '#buy']);
    expect(gateway.of('urlchange').map(({ to }) => to)).toEqual([`${site.origin}/list`]);
    expect(new Set(gateway.hellos.slice(1).map(({ session }) => session))).toEqual(new Set(['session-1']));
  });

  test('offline and online: the browser’s word hurries a pause that would last', async () => {
    await page.clock.install();
    await home();
    // In this order: a browser that is offline does not always say that a socket broke.
    proxy.cut();
    await expect.poll(async () => (await state())?.failures, { timeout: 15_000 }).toBeGreaterThan(0);
    await context.setOffline(true);
    // No timer runs any more: only the browser's word can end the pause.
    await page.clock.pauseAt(Date.now() + 3_600_000 / 4);
    await page.locator('#buy').click();
    await page.evaluate(() => fetch('/').catch(() => undefined));
    const hellos = gateway.hellos.length;
    proxy.mend();
    await context.setOffline(false);
    await gateway.until(() => gateway.hellos.length > hellos);
    // What the click meant is for the extra to say, which waits for an idle moment.
    await page.clock.resume();
    await expectAllStored(['#buy']);
  });

  test.each(['socket', 'polls'] as const)('a slow network, by %s: 200 ms each way and 50 kB/s', async (by) => {
    proxy.latencyMs = 200;
    proxy.bytesPerSec = 50_000;
    proxy.refusesUpgrades = by === 'polls';
    await home();
    await clickAll();
    await page.mouse.move(400, 300, { steps: 20 });
    await expectAllStored(TARGETS);
    expect(ways()).toEqual(new Set([by]));
  });

  test.each(['socket', 'polls'] as const)('a click right before page.close() arrives, with the goodbye: %s', async (by) => {
    proxy.refusesUpgrades = by === 'polls';
    await home();
    await page.locator('#buy').click();
    await page.close();
    await gateway.until(() => gateway.goodbyes.length === 1);
    expect(clicks('session-1')).toEqual(['#buy']);
  });

  test.each(['socket', 'polls'] as const)('a click on a link that leaves the site arrives, though the network is slow: %s', async (by) => {
    proxy.refusesUpgrades = by === 'polls';
    const other = new FixtureSite();
    await other.start();
    await home();
    proxy.latencyMs = 200;
    await page.evaluate((href) => document.querySelector('#menu a')?.setAttribute('href', href), other.origin);
    await page.locator('#menu a').click();
    await page.waitForURL(`${other.origin}/`);
    await gateway.event('click', ({ href }) => href === `${other.origin}/`);
    await gateway.until(() => gateway.goodbyes.length === 1);
    expect(gateway.of('click')).toHaveLength(1);
    await page.close();
    await other.stop();
  });

  test('three tabs, one of them a duplicate: each has a session of its own, and all its events', async () => {
    await home();
    await page.locator('#buy').click();
    // As a duplicated tab does, a window opened by a page begins with a copy of its session storage.
    const [duplicate] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => void window.open(location.href))]);
    watch(duplicate);
    const other = await open();
    await other.goto(site.origin);
    await gateway.until(() => gateway.of('start').length === 3);
    for (const tab of [duplicate, other, page]) {
      await tab.bringToFront();
      await clickAll(tab);
    }
    await expectAllStored(['#buy', ...TARGETS]);
    for (const tab of [duplicate, other]) await expectAllStored(TARGETS, tab);
    const sessions = await Promise.all([page, duplicate, other].map(async (tab) => (await state(tab))?.session));
    expect(new Set(sessions).size).toBe(3);
    expect(new Set(gateway.hellos.map(({ tab }) => tab)).size).toBe(3);
  });
});
