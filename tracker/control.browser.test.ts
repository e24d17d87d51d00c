/** What the server may want of a tracker at any time, in a real Chromium, as its source and as what ships. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { EventOf } from '../engine/protocol/events.ts';
import { DEFAULT_TRACKER_CONFIG } from '../engine/protocol/hello.ts';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { FixtureSite } from './fixture/site.ts';

const PAGE = `<h1>Basket</h1><button id="buy">Buy for <b class="price">12 €</b></button><button id="more">More</button>
<button id="card" class="card">Card 4711</button><a id="next" href="/next?page=2&token=x">Next</a>`;
const PAGES = { '/': PAGE, '/next': '<h1>Next</h1><button id="there">There</button>' };

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
  let site: FixtureSite;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    scripts = await buildTracker({ minify });
  });

  beforeEach(async () => {
    gateway = new FixtureGateway();
    site = new FixtureSite(PAGES);
    await Promise.all([gateway.start(scripts), site.start()]);
    site.head = `<script async src="${gateway.origin}/datalab.js" data-app="shop" data-mask=".card"></script>`;
    if (!browser) throw new Error('no browser was started');
    context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    page = await context.newPage();
    problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  });

  afterEach(async () => {
    expect(await page.evaluate(() => window.datalab?.state()?.faults ?? 0)).toBe(0);
    await context.close();
    await Promise.all([gateway.stop(), site.stop()]);
    expect(problems).toEqual([]);
  });

  /** Opens a page and waits until the extra runs in it. */
  async function open(path = '/'): Promise<void> {
    await page.goto(site.origin + path);
    await gateway.event('scroll');
  }

  const confirmed = (revision: number) => gateway.event('configured', (event) => event.revision === revision);
  const clicked = () => gateway.of('click').map(({ target, text }) => `${target} ${text}`);
  const click = async (id: string, which: (event: EventOf<'click'>) => boolean = ({ target }) => target === `#${id}`) => {
    await page.locator(`#${id}`).click();
    return gateway.event('click', which);
  };

  test('[CT1] [CT2] a change is applied at once and confirmed with all that is done now', async () => {
    await open();
    await click('buy');
    const event = await confirmed(gateway.control({ mask: '.price', moveSampleMs: 400, off: ['hover'] }));
    expect(event).toMatchObject({ moveSampleMs: 400, recording: 0, paused: 0, mask: '.price' });
    await click('buy', ({ text }) => text === 'Buy for •• •');
    await click('card');
    expect(clicked()).toEqual(['#buy Buy for 12 €', '#buy Buy for •• •', '#card •••• ••••']);
    const hovers = gateway.of('hover').length;
    await page.mouse.move(500, 400);
    await page.mouse.move(20, 20);
    await click('more');
    expect(gateway.of('hover')).toHaveLength(hovers);

    await confirmed(gateway.control({ mask: '', off: [] }));
    await click('buy', ({ text, atMs }) => text === 'Buy for 12 €' && atMs > event.atMs);
    // The same again is no change.
    gateway.say({ type: 'CONTROL', config: { ...DEFAULT_TRACKER_CONFIG, ...gateway.config } });
    await click('more', ({ target, atMs }) => target === '#more' && atMs > event.atMs);
    expect(gateway.of('configured')).toHaveLength(2);
  });

  test('[CT1] what was changed holds on the tab’s next page, which confirms it for itself', async () => {
    await open();
    await confirmed(gateway.control({ mask: '#there' }));
    gateway.control({ urlKeep: 'page' });
    await page.locator('#next').click();
    await click('there');
    expect(clicked().at(-1)).toBe('#there •••••');
    // The page has one name, from its first event on.
    const next = `${site.origin}/next?page=2`;
    expect(new Set(gateway.stored.filter(({ page }) => page.url.includes('/next')).map(({ page }) => page.url))).toEqual(new Set([next]));
    expect(gateway.of('urlchange')).toMatchObject([{ from: `${site.origin}/`, to: next, cause: 'load' }]);
    expect(gateway.stored.some(({ event, page }) => event.kind === 'configured' && page.url === next)).toBe(true);
  });

  test('[CT5] a mask that is no selector is not applied: the one before stays, and is what is said', async () => {
    await open();
    await confirmed(gateway.control({ mask: '#more' }));
    expect(await confirmed(gateway.control({ mask: '#buy[' }))).toMatchObject({ mask: '#more' });
    await click('buy');
    await click('more');
    expect(clicked()).toEqual(['#buy Buy for 12 €', '#more ••••']);
  });

  test('[CT3] paused, nothing is captured but that it is paused; what is left out is counted', async () => {
    await open();
    expect(await confirmed(gateway.control({ paused: true }))).toMatchObject({ paused: 1 });
    const before = gateway.stored.length;
    await page.locator('#buy').click();
    await page.evaluate(() => window.datalab?.event('bought'));
    await confirmed(gateway.control({ paused: false }));
    await click('more');
    expect(clicked()).toEqual(['#more More']);
    expect(gateway.stored.slice(before).filter(({ event }) => event.kind === 'custom')).toEqual([]);
    expect((await page.evaluate(() => window.datalab?.state()?.lost))?.['paused']).toBeGreaterThanOrEqual(2);
  });

  test('[CT2] recording is confirmed once it has begun, and stopped when it is not wanted, or paused', async () => {
    await open();
    expect(await confirmed(gateway.control({ recording: true }))).toMatchObject({ recording: 1 });
    await gateway.event('dompack');
    expect(await confirmed(gateway.control({ paused: true }))).toMatchObject({ recording: 0, paused: 1 });
    expect(await confirmed(gateway.control({ paused: false }))).toMatchObject({ recording: 1, paused: 0 });
    expect(await confirmed(gateway.control({ recording: false }))).toMatchObject({ recording: 0 });
  });

  test('[CT2] a recorder that cannot be had is said', async () => {
    gateway.gone = (path) => path.includes('recorder');
    await open();
    const refused = page.waitForEvent('console', (message) => message.text().includes('404'));
    expect(await confirmed(gateway.control({ recording: true }))).toMatchObject({ recording: 0 });
    await refused;
    problems = problems.filter((text) => !text.includes('404'));
  });

  test('[CT4] told to end, it sends what it holds and a goodbye; then nothing is captured, and the next page is another session', async () => {
    gateway.config = { flushMs: 60_000 };
    await page.goto(site.origin);
    await gateway.until(() => gateway.asked.some((path) => path.startsWith('/datalab-extra')));
    await page.waitForFunction(() => window.datalab?.state()?.place === 'LISTEN');
    await page.locator('#buy').click();
    gateway.end();
    await gateway.until(() => gateway.goodbyes.length > 0);
    expect(clicked().map((text) => text.split(' ', 1)[0])).toEqual(['#buy']);
    expect(gateway.of('leave')).toHaveLength(1);
    await page.waitForFunction(() => window.datalab?.state()?.place === 'END');
    const received = gateway.received.length;
    await page.locator('#more').click();
    gateway.config = {};
    await page.goto(`${site.origin}/next`);
    await click('there');
    expect(gateway.received.slice(received).every(({ session }) => session === 'session-2')).toBe(true);
    expect(gateway.hellos[1]).not.toHaveProperty('session');
  });
});
