/** The tracker in a real Chromium, as its source and as what ships, against a gateway that the test can look into. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build, type Rollup } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { ELEMENT_SCALE } from '../engine/protocol/limits.ts';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { FixtureSite } from './fixture/site.ts';
import type {} from './main.ts';
import config from './vite.config.ts';

async function bundle(minify: boolean): Promise<string> {
  const built = await build({ ...config, configFile: false, plugins: [], build: { ...config.build, minify, write: false } });
  const [output] = (Array.isArray(built) ? built : [built]) as Rollup.RollupOutput[];
  const [chunk] = output?.output ?? [];
  if (!chunk) throw new Error('nothing was built');
  return chunk.code;
}

const executablePath = inject('chromium');
let browser: Browser | undefined;
beforeAll(async () => {
  if (!executablePath) return;
  browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(() => browser?.close());

describe.skipIf(!executablePath).each([
  ['source', false],
  ['minified', true],
])('%s bundle', (_name, minify) => {
  let script = '';
  let gateway: FixtureGateway;
  let site: FixtureSite;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    script = await bundle(minify);
  });

  beforeEach(async () => {
    gateway = new FixtureGateway();
    site = new FixtureSite();
    await Promise.all([gateway.start(script), site.start()]);
    site.head = `<script async src="${gateway.origin}/datalab.js" data-app="shop"></script>`;
    if (!browser) throw new Error('no browser was started');
    context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    problems = [];
    page = await open();
  });

  afterEach(async () => {
    await context.close();
    await Promise.all([gateway.stop(), site.stop()]);
    expect(problems).toEqual([]);
  });

  async function open(): Promise<Page> {
    const opened = await context.newPage();
    opened.on('pageerror', (error) => problems.push(String(error)));
    opened.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    return opened;
  }

  async function home(path = '/'): Promise<void> {
    await page.goto(site.origin + path);
    await gateway.event('start');
  }

  const faults = () => page.evaluate(() => window.datalab?.state()?.faults);

  test('hello says who and where; the start follows on the socket', async () => {
    await home('/?utm_source=news#x');
    const [hello] = gateway.hellos;
    expect(hello).toMatchObject({
      app: 'shop',
      url: `${site.origin}/?utm_source=news`,
      referrer: '',
      title: 'Fixture',
      viewportWidth: 1_000,
      webdriver: true,
    });
    expect(hello?.browser).toContain('Chrome');
    expect(hello?.OS).not.toBe('');
    expect(gateway.stored[0]?.page).toMatchObject({ url: `${site.origin}/`, viewportWidth: 1_000, viewportHeight: 700 });
    expect(gateway.of('start')).toMatchObject([{ title: 'Fixture', referrer: '' }]);
  });

  test('click: place in page and element, the target around the icon, its text, no generated class', async () => {
    await home();
    await page.locator('#buy').hover();
    await page.locator('#buy svg').click();
    const click = await gateway.event('click');
    expect(click).toMatchObject({ target: '#buy', tag: 'button', text: 'Buy it', href: '', button: 0, fixed: 0 });
    const box = await page.locator('#buy').boundingBox();
    expect(click.x).toBeGreaterThan(box?.x ?? Number.POSITIVE_INFINITY);
    expect(click.elementX).toBeGreaterThan(0);
    expect(click.elementX).toBeLessThan(ELEMENT_SCALE / 2);
  });

  test('targets: the configured attribute, a class that is unique, a path below the nearest name', async () => {
    await home();
    for (const selector of ['[data-datalab]', '.add-to-list', '#menu a']) {
      await page.locator(selector).evaluate((element) => element.addEventListener('click', (event) => event.preventDefault()));
      await page.locator(selector).click();
    }
    await gateway.until(() => gateway.of('click').length === 3);
    expect(gateway.of('click').map(({ target }) => target)).toEqual([
      '[data-datalab="named"]',
      '.add-to-list',
      '#menu > ul:nth-of-type(1) > li:nth-of-type(1) > a:nth-of-type(1)',
    ]);
    expect(gateway.of('click')[2]?.href).toBe(`${site.origin}/two`);
  });

  test('masking: what is typed, masked or blocked never leaves the page', async () => {
    await home();
    await page.locator('#secret').click();
    await page.keyboard.type('keystrokes');
    await page.locator('#masked').click();
    await page.locator('#inside').click();
    await gateway.until(() => gateway.of('click').length === 3);
    const { boxes } = await gateway.event('layout');
    expect(gateway.of('click').map(({ target, text }) => [target, text])).toEqual([
      ['#secret', ''],
      ['#masked', '•••• •••'],
      ['body > main:nth-of-type(1) > div:nth-of-type(1)', ''],
    ]);
    const everything = JSON.stringify([gateway.stored, gateway.hellos]);
    for (const secret of ['typed', 'keystrokes', 'Jane', 'blocked-secret']) expect(everything).not.toContain(secret);
    expect(boxes.filter(({ tag }) => tag === 'button').map(({ text }) => text)).toEqual(['Buy it', 'Other', 'List', '•••• •••']);
  });

  test('move: where the pointer was, its rest while it lasts; hover: target and dwell once it ends', async () => {
    await home();
    const box = await page.locator('#buy').boundingBox();
    const [x, y] = [(box?.x ?? 0) + 5, (box?.y ?? 0) + 5];
    await page.mouse.move(600, 400);
    await page.mouse.move(x, y, { steps: 5 });
    const rest = await gateway.event('move', ({ restMs }) => restMs >= 250);
    expect([rest.x, rest.y]).toEqual([Math.round(x), Math.round(y)]);
    await page.mouse.move(700, 500);
    const hover = await gateway.event('hover');
    expect(hover).toMatchObject({ target: '#buy', tag: 'button', text: 'Buy it' });
    expect(hover.dwellMs).toBeGreaterThanOrEqual(250);
  });

  test('scroll: how deep the page was seen, in twentieths', async () => {
    await home();
    const first = await gateway.event('scroll');
    expect(first).toMatchObject({ top: 0 });
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const last = await gateway.event('scroll', ({ reach }) => reach === 20);
    expect(last.top).toBeGreaterThan(2_000);
  });

  test('urlchange: push, replace, back, fragment, each on the page it left; query and fragment stay behind', async () => {
    await home();
    await page.evaluate(() => history.pushState({}, '', '/list?q=secret'));
    await page.evaluate(() => history.replaceState({}, '', '/list?q=other'));
    await page.evaluate(() => history.replaceState({}, '', '/grid'));
    await page.evaluate(() => history.back());
    await page.waitForURL(`${site.origin}/`);
    await page.evaluate(() => {
      location.hash = 'part';
    });
    await gateway.until(() => gateway.of('urlchange').length === 4);
    const at = (path: string) => site.origin + path;
    expect(gateway.of('urlchange').map(({ cause, from, to }) => [cause, from, to])).toEqual([
      ['push', at('/'), at('/list')],
      ['replace', at('/list'), at('/grid')],
      ['pop', at('/grid'), at('/')],
      ['hash', at('/'), at('/')],
    ]);
    for (const { event, page: where } of gateway.stored) if (event.kind === 'urlchange') expect(where.url).toBe(event.from);
    expect(await faults()).toBe(0);
  });

  test('history is the page’s own again after stop, and what the page’s call throws passes through', async () => {
    await home();
    const thrown = await page.evaluate(() => {
      try {
        history.pushState(() => {}, '', '/x');
        return '';
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(thrown).toBe('DataCloneError');
    await page.evaluate(() => window.datalab?.stop());
    expect(await page.evaluate(() => String(history.pushState))).toContain('[native code]');
    await gateway.until(() => gateway.goodbyes.length === 1);
    expect(gateway.goodbyes).toEqual([{ session: 'session-1', by: 'socket' }]);
  });

  test('full navigation: leave and goodbye by beacon, the same session on the next page, time on the old address', async () => {
    await home();
    await page.locator('#menu a').click();
    await page.waitForURL(/\/two/);
    const change = await gateway.event('urlchange');
    expect(change).toMatchObject({ cause: 'load', from: `${site.origin}/`, to: `${site.origin}/two` });
    await gateway.until(() => gateway.of('start').length === 2);
    expect(gateway.goodbyes).toEqual([{ session: 'session-1', by: 'post' }]);
    expect(gateway.of('leave').map(({ elapsedMs }) => elapsedMs)).toEqual([change.elapsedMs]);
    expect(gateway.of('start')[1]).toMatchObject({ referrer: `${site.origin}/` });
    expect(new Set(gateway.hellos.map(({ tab }) => tab)).size).toBe(1);
    expect(new Set(gateway.stored.map(({ session }) => session))).toEqual(new Set(['session-1']));
  });

  test('[AK4] a reload loses nothing and doubles nothing: unacked frames come again, the same bytes under the same numbers', async () => {
    await home();
    const storedBefore = gateway.stored.length;
    gateway.deaf = true;
    await page.mouse.move(100, 100);
    await page.mouse.move(300, 200, { steps: 4 });
    await page.locator('#buy').click();
    await gateway.until(() => gateway.received.some(({ firstSeq }) => firstSeq > storedBefore));
    await page.reload();
    await gateway.until(() => gateway.received.some(({ by }) => by === 'post'));
    gateway.deaf = false;
    // What was sent while deaf comes again with the next frame that is not acked: cut, so that the tab resumes at once.
    gateway.cut();
    await gateway.until(() => gateway.of('start').length === 2);
    expect(gateway.of('click')).toHaveLength(1);
    const seqs = gateway.stored.map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const bySeq = new Map<number, string>();
    let again = 0;
    for (const { firstSeq, bytes } of gateway.received) {
      const text = Buffer.from(bytes).toString('hex');
      if (bySeq.has(firstSeq)) again++;
      expect(bySeq.get(firstSeq) ?? text).toBe(text);
      bySeq.set(firstSeq, text);
    }
    expect(again).toBeGreaterThan(0);
  });

  test('a socket that breaks is replaced, with the same session', async () => {
    await home();
    gateway.cut();
    await gateway.until(() => gateway.hellos.length === 2);
    await page.locator('#buy').click();
    await gateway.event('click');
    expect(gateway.hellos[1]?.session).toBe('session-1');
  });

  test('closing the tab posts the goodbye', async () => {
    await home();
    await page.close({ runBeforeUnload: true });
    await gateway.until(() => gateway.goodbyes.length === 1);
    expect(gateway.of('leave')).toHaveLength(1);
  });

  test('a page that comes back from the back/forward cache goes on with the session', async () => {
    await home();
    await page.evaluate(() => addEventListener('pageshow', (event) => Object.assign(window, { persisted: event.persisted })));
    await page.goto(`${site.origin}/two`);
    await gateway.until(() => gateway.of('start').length === 2);
    // Not goBack(): it waits for a load, and a restored page has none.
    await page.evaluate(() => history.back()).catch(() => undefined);
    await gateway.until(() => gateway.of('start').length === 3);
    expect(await page.evaluate(() => 'persisted' in window && window.persisted)).toBe(true);
    expect(new Set(gateway.stored.map(({ session }) => session))).toEqual(new Set(['session-1']));
    await page.locator('#buy').click();
    await gateway.event('click');
  });

  test('a tab opened from the page is a tab of its own', async () => {
    await home();
    const [opened] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => void window.open('/two'))]);
    await opened.waitForURL('**/two');
    await gateway.until(() => gateway.of('start').length === 2);
    expect(new Set(gateway.hellos.map(({ tab }) => tab)).size).toBe(2);
    expect(gateway.hellos[1]).not.toHaveProperty('session');
  });

  test('Global Privacy Control on: not one request beyond the script itself', async () => {
    await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true }));
    await page.goto(site.origin);
    await page.waitForLoadState('networkidle');
    await page.locator('#buy').click();
    await page.goto(`${site.origin}/two`);
    await page.waitForLoadState('networkidle');
    expect(new Set(gateway.asked)).toEqual(new Set(['/datalab.js']));
    expect(await page.evaluate(() => window.datalab)).toBeUndefined();
  });

  test('loaded twice, it runs once', async () => {
    site.head += site.head;
    await home();
    await page.waitForLoadState('networkidle');
    await page.locator('#buy').click();
    await gateway.event('click');
    expect(gateway.hellos).toHaveLength(1);
    expect(gateway.of('start')).toHaveLength(1);
    expect(gateway.of('click')).toHaveLength(1);
  });

  test('storage that throws is no error of the page', async () => {
    await context.addInitScript(() => {
      Object.defineProperty(window, 'sessionStorage', {
        get() {
          throw new Error('refused');
        },
      });
    });
    await home();
    await page.locator('#buy').click();
    await gateway.event('click');
    await page.goto(`${site.origin}/two`);
    await gateway.until(() => gateway.of('start').length === 2);
  });
});
