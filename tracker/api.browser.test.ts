/** What a website can say to the tracker, in a real Chromium, by what ships: the script tag, `datalab/tracker`, and the debugger. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildNpm } from '../ops/build/npm.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import type {} from './api.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { FixtureSite } from './fixture/site.ts';

const executablePath = inject('chromium');
let browser: Browser | undefined;
let scripts: ReadonlyMap<string, string>;
let gateway: FixtureGateway;
let site: FixtureSite;
let context: BrowserContext;
let page: Page;
/** Errors of the page, thrown or said in the console. */
let problems: string[];
let said: string[];

const HOME = `
  <main>
    <h1>Fixture</h1>
    <p><button id="buy">Buy it</button></p>
    <p class="customer"><button id="name">Jane Doe</button></p>
    <div class="account"><button id="number">secret-number</button></div>
  </main>`;

beforeAll(async () => {
  if (!executablePath) return;
  scripts = new Map([...(await buildTracker()), ['npm.js', (await buildNpm()).get('tracker.js') ?? '']]);
  browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(() => browser?.close());

beforeEach(async () => {
  if (!browser) return;
  gateway = new FixtureGateway();
  site = new FixtureSite({ '/': HOME, '/two': '<h1>Two</h1>' });
  await Promise.all([gateway.start(scripts), site.start()]);
  context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
  page = await context.newPage();
  problems = [];
  said = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => (message.type() === 'error' ? problems : said).push(message.text()));
});

afterEach(async () => {
  if (!browser) return;
  await context.close();
  await Promise.all([gateway.stop(), site.stop()]);
  expect(problems).toEqual([]);
});

const tag = (attributes = '') => `<script async src="${gateway.origin}/datalab.js" data-app="shop" ${attributes}></script>`;

/** Ways to begin on a page. @param options as attributes, e.g. `{ consent: 'wait' }` */
const WAYS = {
  'script tag': (options: Readonly<Record<string, string>>) =>
    tag(
      Object.entries(options)
        .map(([name, value]) => `data-${name}="${value}"`)
        .join(' '),
    ),
  'npm entry': (options: Readonly<Record<string, string>>) =>
    `<script type="module">
      import * as lab from '${gateway.origin}/npm.js';
      window.lab = lab;
      lab.start({ app: 'shop', api: '${gateway.origin}', ...${JSON.stringify(options)} });
    </script>`,
} as const;

async function home(path = '/'): Promise<void> {
  await page.goto(site.origin + path);
  await gateway.event('start');
}

const state = () => page.evaluate(() => window.datalab?.state());
const stored = () => page.evaluate(() => ({ ...sessionStorage, ...localStorage, cookies: document.cookie }));
/** What was asked for beside scripts. */
const asked = () => gateway.asked.filter((path) => !path.endsWith('.js'));

/** Goes there and does what would be captured; what a tracker then still does not do, it will not do. */
async function visitQuietly(): Promise<void> {
  await page.goto(site.origin);
  await page.waitForLoadState('networkidle');
  await page.locator('#buy').click();
  await page.goto(`${site.origin}/two`);
  await page.waitForLoadState('networkidle');
}

describe.skipIf(!executablePath)('events of the site’s own', () => {
  beforeEach(() => {
    site.head = tag();
  });

  test('event and identify arrive, in their order and with their properties', async () => {
    await home();
    await page.evaluate(() => {
      window.datalab?.identify('customer-7');
      window.datalab?.event('added', { price: 9.5, size: 'L', gift: true });
      window.datalab?.event('seen');
    });
    await gateway.until(() => gateway.of('custom').length === 2);
    expect(gateway.of('identify')).toMatchObject([{ id: 'customer-7' }]);
    expect(gateway.of('custom').map(({ name, props }) => [name, JSON.parse(props)])).toEqual([
      ['added', { price: 9.5, size: 'L', gift: true }],
      ['seen', {}],
    ]);
  });

  test('what is no flat property is left out and counted, and nothing is thrown', async () => {
    await home();
    await page.evaluate(() => {
      const odd: Record<string, unknown> = { kept: 1, list: [1], object: {}, none: null, long: 'x'.repeat(201), big: 10n, not: Number.NaN };
      odd['self'] = odd;
      const { event, identify } = window.datalab as unknown as Record<string, (name: unknown, props?: unknown) => void>;
      if (!event || !identify) throw new Error('no such call');
      event('odd', odd);
      event('none', null);
      event('text', 'text');
      event('', {});
      event(undefined);
      identify(undefined);
      event('last', Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`p${index}`, index])));
    });
    const last = await gateway.event('custom', ({ name }) => name === 'last');
    expect(Object.keys(JSON.parse(last.props))).toHaveLength(20);
    expect(gateway.of('custom').find(({ name }) => name === 'odd')?.props).toBe('{"kept":1}');
    expect(gateway.of('custom').find(({ name }) => name === 'none')?.props).toBe('{}');
    expect(gateway.of('custom').some(({ name }) => name === '' || name === 'undefined')).toBe(false);
    expect(gateway.of('identify')).toEqual([]);
    expect((await state())?.leftOut).toBeGreaterThanOrEqual(7 + 5);
  });

  test('calls made before the script has come are made when it comes', async () => {
    site.head = `<script>
      window.datalab = window.datalab || [];
      datalab.push(['event', 'early', { n: 1 }]);
      datalab.push(['identify', 'customer-7']);
      datalab.push(['no such call']);
    </script>${tag()}`;
    await home();
    await page.evaluate(() => window.datalab?.push(['event', 'late']));
    await gateway.until(() => gateway.of('custom').length === 2);
    expect(gateway.of('custom').map(({ name }) => name)).toEqual(['early', 'late']);
    expect(gateway.of('identify')).toMatchObject([{ id: 'customer-7' }]);
  });

  test('an event right before the page is left arrives', async () => {
    await home();
    await page.evaluate(() => {
      window.datalab?.event('bought', { total: 12 });
      location.href = '/two';
    });
    expect(await gateway.event('custom')).toMatchObject({ name: 'bought' });
  });
});

describe.skipIf(!executablePath).each(Object.entries(WAYS))('by %s', (way, begin) => {
  test('it runs', async () => {
    site.head = begin({});
    await home();
    await page.locator('#buy').click();
    await gateway.event('click');
    expect((await state())?.faults).toBe(0);
  });

  test('consent is waited for: no request, nothing stored; given, it begins; withdrawn, it ends and forgets', async () => {
    site.head = begin({ consent: 'wait' });
    await visitQuietly();
    await page.evaluate(() => window.datalab?.push(['event', 'before']));
    expect(asked()).toEqual([]);
    if (way === 'npm entry') expect(gateway.asked).not.toContain('/datalab.js');
    expect(await stored()).toEqual({ cookies: '' });

    const consent = (given: boolean) =>
      page.evaluate((yes) => {
        const lab = (window as unknown as { lab?: { consent(given: boolean): void } }).lab;
        (lab ?? window.datalab)?.consent(yes);
      }, given);
    await consent(true);
    await gateway.event('start');
    expect(gateway.of('custom')).toEqual([]);
    // What this page leaves in the tab is there, then, and is forgotten on the next.
    await page.goto(site.origin);
    await page.waitForLoadState('networkidle');
    expect(Object.keys(await stored()).sort()).toEqual(['cookies', 'datalab.shop.page', 'datalab.shop.session', 'datalab.shop.tab']);
    const before = asked().length;
    await consent(false);
    expect(await stored()).toEqual({ cookies: '' });
    await page.locator('#buy').click();
    await page.reload();
    await page.waitForLoadState('networkidle');
    expect(asked()).toHaveLength(before);

    await consent(true);
    await gateway.until(() => gateway.hellos.length === 2);
    expect(gateway.hellos[1]).not.toHaveProperty('session');
    expect(gateway.hellos[1]?.tab).not.toBe(gateway.hellos[0]?.tab);
    await gateway.until(() => gateway.of('start').length === 2);
    await consent(false);
    await gateway.until(() => gateway.goodbyes.some(({ by }) => by === 'socket'));
    expect(await stored()).toEqual({ cookies: '' });
    expect(await state()).toBeNull();
    await consent(true);
    await gateway.until(() => gateway.of('start').length === 3);
  });

  test.each([
    ['Global Privacy Control', 'globalPrivacyControl', true, {}],
    ['Do Not Track, where the site respects it,', 'doNotTrack', '1', { dnt: 'respect' }],
  ] as const)('%s: no request, nothing stored, and every call does nothing', async (_name, property, value, options) => {
    await context.addInitScript(([name, is]) => Object.defineProperty(Navigator.prototype, name, { value: is }), [
      property,
      value,
    ] as const);
    site.head = begin(options);
    await visitQuietly();
    await page.evaluate(() => {
      const { datalab } = window;
      datalab?.event('x');
      datalab?.consent(true);
      datalab?.debug();
      datalab?.stop();
    });
    await page.waitForLoadState('networkidle');
    expect(new Set(gateway.asked)).toEqual(new Set([way === 'npm entry' ? '/npm.js' : '/datalab.js']));
    expect(await stored()).toEqual({ cookies: '' });
    expect((await state()) ?? null).toBeNull();
  });

  test('Do Not Track alone says nothing', async () => {
    await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'doNotTrack', { value: '1' }));
    site.head = begin({});
    await home();
  });

  test('cookieless: the hello says so and carries no cookie', async () => {
    await context.addCookies([{ name: 'datalab', value: 'known', url: gateway.origin }]);
    const cookieSent = () => page.waitForRequest('**/api/hello').then(async (request) => (await request.allHeaders())['cookie']);
    for (const [options, cookieless, cookie] of [
      [{}, false, 'datalab=known'],
      [{ cookieless: '' }, true, undefined],
    ] as const) {
      site.head = begin(options);
      const sent = cookieSent();
      await page.goto(site.origin);
      expect(await sent).toBe(cookie);
      await gateway.until(() => gateway.hellos.at(-1)?.cookieless === cookieless);
    }
  });

  test('masked and blocked by the site’s selectors; query parameters stay that the site keeps', async () => {
    const keep = way === 'npm entry' ? 'urlKeep' : 'url-keep';
    site.head = begin({ mask: '.customer', block: '.account', [keep]: 'page,sort' });
    await home('/?sort=up&token=secret&page=2#part');
    await page.locator('#name').click();
    await page.locator('#number').click();
    await gateway.until(() => gateway.of('click').length === 2);
    expect(gateway.of('click').map(({ target, text }) => [target, text])).toEqual([
      ['#name', '•••• •••'],
      ['.account', ''],
    ]);
    await page.evaluate(() => history.pushState({}, '', '?token=other&page=3'));
    expect(await gateway.event('urlchange')).toMatchObject({ from: `${site.origin}/?sort=up&page=2`, to: `${site.origin}/?page=3` });
    const { boxes } = await gateway.event('layout');
    expect(boxes.length).toBeGreaterThan(0);
    const everything = JSON.stringify(gateway.stored);
    for (const secret of ['Jane', 'secret', 'token']) expect(everything).not.toContain(secret);
  });

  test('an invalid selector captures no text, and the page does not notice', async () => {
    site.head = begin({ mask: '##' });
    await home();
    await page.locator('#name').click();
    await page.evaluate(() => window.datalab?.event('after'));
    await gateway.event('custom');
    expect(JSON.stringify(gateway.stored)).not.toContain('Jane');
  });

  test.each([
    ['by itself', begin],
    ['by the other way', way === 'npm entry' ? WAYS['script tag'] : WAYS['npm entry']],
  ])('loaded twice, %s, it runs once', async (_name, other) => {
    site.head = begin({}) + other({});
    await home();
    await page.waitForLoadState('networkidle');
    await page.locator('#buy').click();
    await gateway.event('click');
    expect([gateway.hellos, gateway.of('start'), gateway.of('click')].map(({ length }) => length)).toEqual([1, 1, 1]);
  });

  test('a strict policy admits it by its nonce alone, debugger and all', async () => {
    site.policy =
      `default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; img-src data:; require-trusted-types-for 'script'; ` +
      `connect-src ${gateway.origin} ${gateway.origin.replace('http', 'ws')}`;
    site.head = begin({}).replaceAll('<script', '<script nonce="abc"');
    await home('/?datalab=debug');
    await gateway.event('layout');
    const panel = page.locator('#datalab-debug section');
    await panel.waitFor();
    expect(await panel.evaluate((element) => getComputedStyle(element).position)).toBe('fixed');
    expect((await state())?.faults).toBe(0);
  });
});

describe.skipIf(!executablePath)('an old browser', () => {
  test('that lacks what the tracker needs is not tracked, and the console says so once', async () => {
    await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'sendBeacon'));
    site.head = tag();
    await page.goto(site.origin);
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => window.datalab?.event('x'));
    expect(asked()).toEqual([]);
    expect(said).toEqual(['datalab: old browser']);
  });
});

describe.skipIf(!executablePath)('the debugger', () => {
  const items = () => page.locator('#datalab-debug li').allInnerTexts();
  const button = (name: string) => page.locator('#datalab-debug').getByRole('button', { name });

  beforeEach(() => {
    site.head = tag();
  });

  test('is loaded on demand alone, and shows the session and each event, newest first', async () => {
    await home();
    await page.waitForLoadState('networkidle');
    expect(gateway.asked.some((path) => path.includes('debug'))).toBe(false);
    await page.evaluate(() => window.datalab?.debug());
    await button('Pause').waitFor();
    await page.evaluate(() => window.datalab?.event('added', { price: 9.5 }));
    await page.locator('#buy').click();
    await expect.poll(async () => (await items()).some((text) => text.includes('click'))).toBe(true);
    const texts = (await items()).filter((text) => /click|custom/.test(text));
    expect(texts[0]).toMatch(/click.*#buy · Buy it · x \d+ · y \d+/s);
    expect(texts[1]).toMatch(/custom.*added · \{"price":9.5\}/s);
    await expect.poll(() => page.locator('#datalab-debug dl').innerText()).toMatch(/LISTEN.*session-1.*acknowledged\s+(\d+) of \1 sent/s);
    // What the extra makes has its names, too: those of properties are shortened, and both must have shortened them alike.
    await page.evaluate(() => history.pushState({}, '', '/pushed'));
    await expect.poll(async () => (await items()).join(' ')).toMatch(/urlchange\s+push · from \S+ · to \S+ · elapsed \d+ ms/);
    await expect.poll(async () => (await items()).join(' ')).toMatch(/layout\s+boxes \d+/);
    // A second time it is the same one.
    await page.evaluate(() => window.datalab?.debug());
    expect(await page.locator('#datalab-debug').count()).toBe(1);
  });

  test('is not captured itself', async () => {
    await home('/?datalab=debug');
    await button('Pause').click();
    await page.mouse.move(0, 0);
    await page.mouse.move(10, 600, { steps: 3 });
    await page.locator('#buy').click();
    await gateway.event('click');
    await gateway.event('layout');
    expect(gateway.of('click')).toHaveLength(1);
    const everything = JSON.stringify(gateway.stored);
    for (const own of ['Pause', 'datalab-debug', 'section', 'captured']) expect(everything).not.toContain(own);
  });

  test('pauses and closes, by keyboard too; capturing goes on', async () => {
    await home('/?datalab=debug');
    await button('Pause').focus();
    await page.keyboard.press('Enter');
    const before = await items();
    await page.evaluate(() => window.datalab?.event('unseen'));
    await gateway.event('custom');
    expect(await items()).toEqual(before);
    expect(await button('Go on').count()).toBe(1);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.querySelector('#datalab-debug')?.shadowRoot?.activeElement?.textContent)).toBe('Close');
    await page.keyboard.press('Escape');
    expect(await page.locator('#datalab-debug').count()).toBe(0);
    await page.evaluate(() => window.datalab?.event('after'));
    await gateway.event('custom', ({ name }) => name === 'after');
  });

  test('says that there is no session while consent is waited for', async () => {
    site.head = tag('data-consent="wait"');
    await page.goto(`${site.origin}/?datalab=debug`);
    await expect.poll(() => page.locator('#datalab-debug dl').innerText()).toContain('waits for consent');
  });
});
