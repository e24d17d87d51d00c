/** The tracker in a real Chromium, as its source and as what ships, against a gateway that the test can look into. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { HELLO_REQUEST } from '../engine/protocol/hello.ts';
import { ELEMENT_SCALE } from '../engine/protocol/limits.ts';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import type {} from './api.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { FixtureSite } from './fixture/site.ts';
import { LOSSES } from './transport/outbox.ts';
import type { Remains } from './transport/remains.ts';

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
    site = new FixtureSite();
    await Promise.all([gateway.start(scripts), site.start()]);
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

  test('what others read keeps its names: the hello, what waits in storage, state()', async () => {
    await home();
    const hello = Object.keys(gateway.hellos[0] ?? {});
    expect(hello.filter((name) => !(name in HELLO_REQUEST.properties))).toEqual([]);
    expect(HELLO_REQUEST.required.filter((name) => !hello.includes(name))).toEqual([]);
    const counters = [
      'ignored',
      'failures',
      'unreadable',
      'refusals',
      'heldEvents',
      'nextSeq',
      'lost',
      'extraFailures',
      'earlyPoints',
      'faults',
      'leftOut',
    ];
    expect(await page.evaluate(() => Object.keys(window.datalab?.state() ?? {}))).toEqual(['place', 'session', ...counters]);
    expect(await page.evaluate(() => Object.keys(window.datalab?.state()?.lost ?? {}))).toEqual([...LOSSES]);
    gateway.deaf = true;
    await page.locator('#buy').click();
    // A page without the tracker: nobody takes up what was left.
    site.head = '';
    await page.goto(`${site.origin}/two`);
    const remains = JSON.parse(await page.evaluate(() => sessionStorage.getItem('datalab.shop.session') ?? '')) as Remains;
    expect(Object.keys(remains)).toEqual(['session', 'resume', 'postUrl', 'startMs', 'clockOffsetMs', 'nextSeq', 'held']);
    expect(Object.keys(remains.held[0] ?? {})).toEqual(['firstSeq', 'lastSeq', 'bytes', 'heavy']);
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
    // On a slow machine the pointer rested on its way, too.
    const hover = await gateway.event('hover', ({ target }) => target === '#buy');
    expect(hover).toMatchObject({ tag: 'button', text: 'Buy it' });
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

  test('the goodbye is said, and the page’s end told, though a behaviour fails on what the page made of the browser', async () => {
    await home();
    await gateway.event('scroll');
    await page.evaluate(() => {
      document.hasFocus = () => {
        throw new Error('the page’s own');
      };
    });
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
    expect(await page.evaluate(() => window.datalab?.state())).toBeNull();
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

  describe('the extra', () => {
    const isExtra = (path: string) => path.startsWith('/datalab-extra-');
    const extraFailures = () => page.evaluate(() => window.datalab?.state()?.extraFailures);
    const strict = (scripts: string) =>
      `default-src 'none'; script-src ${scripts}; connect-src ${gateway.origin} ${gateway.origin.replace('http', 'ws')}; ` +
      `style-src-attr 'unsafe-inline'; img-src data:; require-trusted-types-for 'script'`;

    test('is loaded once, after the hello, and its layout arrives', async () => {
      await home();
      const { boxes } = await gateway.event('layout');
      expect(boxes.find(({ tag }) => tag === 'h1')?.text).toBe('Fixture');
      expect(gateway.asked.filter(isExtra)).toHaveLength(1);
      expect(gateway.asked.findIndex(isExtra)).toBeGreaterThan(gateway.asked.indexOf('/api/hello'));
      expect([await faults(), await extraFailures()]).toEqual([0, 0]);
    });

    test('belongs to the core that names it: every name in a file is one that was built, and every file is named', async () => {
      const named = [...scripts.values()].flatMap((code) => code.match(/datalab-[a-z]+-[0-9a-f]{8}\.js/g) ?? []);
      expect(new Set(named)).toEqual(new Set([...scripts.keys()].filter((name) => name !== 'datalab.js')));
    });

    test.each([
      ['a nonce alone', "'nonce-abc'"],
      ['a nonce and strict-dynamic', "'nonce-abc' 'strict-dynamic'"],
    ])('is admitted by a strict policy: %s', async (_name, sources) => {
      site.policy = strict(sources);
      site.head = site.head.replace('<script', '<script nonce="abc"');
      await home();
      await gateway.event('layout');
      expect([await faults(), await extraFailures()]).toEqual([0, 0]);
    });

    test('is admitted by a strict policy: the origin', async () => {
      site.policy = strict(gateway.origin);
      await home();
      await gateway.event('layout');
    });

    test('forbidden by the policy, it is missed and counted, and the core goes on', async () => {
      site.policy = strict(`${gateway.origin}/datalab.js`);
      await home();
      await expect.poll(extraFailures).toBe(1);
      await page.locator('#buy').click();
      await gateway.event('click');
      expect(gateway.asked.filter(isExtra)).toEqual([]);
      expect(await faults()).toBe(0);
      // The browser says it, as it must; nothing was thrown.
      expect(problems.filter((problem) => !problem.includes('Content Security Policy'))).toEqual([]);
      problems = [];
    });

    test('not there, as after an update of the server, it is missed and counted, and the core goes on', async () => {
      gateway.gone = isExtra;
      await home();
      await expect.poll(extraFailures).toBe(1);
      await page.locator('#buy').click();
      // Asked for twice, and then told with all that the core knows.
      expect(await gateway.event('click')).toMatchObject({ tag: 'button', target: '#buy', text: '', button: 0 });
      expect([await faults(), await extraFailures()]).toEqual([0, 2]);
      expect(problems).toEqual([expect.stringContaining('404'), expect.stringContaining('404')]);
      problems = [];
    });

    test('has the pointer’s way from the first moment on, though it comes later', async () => {
      const asked = new Promise<() => Promise<void>>((resolve) => {
        void context.route('**/datalab-extra-*', (route) => resolve(() => route.continue()));
      });
      await home();
      await page.mouse.move(300, 300);
      await page.mouse.move(500, 320);
      // Two moves, and what the first of them entered.
      await expect.poll(() => page.evaluate(() => window.datalab?.state()?.earlyPoints)).toBe(3);
      const before = Date.now();
      const box = await page.locator('#buy').boundingBox();
      await page.mouse.move((box?.x ?? 0) + 5, (box?.y ?? 0) + 5);
      await (await asked)();
      await gateway.event('move', ({ x }) => x < 300);
      expect(gateway.of('move')[0]).toMatchObject({ x: 300, y: 300, restMs: 0 });
      // Within what the clock offset is measured to.
      expect(gateway.of('move')[0]?.atMs).toBeLessThanOrEqual(before + 50);
      // The pointer came to rest before the extra came, and rests there still.
      await page.mouse.move(700, 500);
      // On a slow machine it rested before, too, while its points were counted.
      await gateway.event('hover', ({ target }) => target === '#buy');
      expect(await page.evaluate(() => window.datalab?.state()?.earlyPoints)).toBe(0);
    });

    test('coming after stop(), it does not begin', async () => {
      await context.addInitScript(() => {
        window.ResizeObserver = class extends ResizeObserver {
          override observe(target: Element) {
            Object.assign(window, { observed: true });
            super.observe(target);
          }
        };
      });
      let address = '';
      const asked = new Promise<() => Promise<void>>((resolve) => {
        void context.route('**/datalab-extra-*', (route) => {
          address = route.request().url();
          resolve(() => route.continue());
        });
      });
      await home();
      const letThrough = await asked;
      await page.evaluate(() => window.datalab?.stop());
      await letThrough();
      // The same module: what waited for it first has had it by then.
      await page.evaluate(`import(${JSON.stringify(address)}).then(() => undefined)`);
      expect(await page.evaluate(() => 'observed' in window)).toBe(false);
    });

    test('begins again on a page that comes back from the back/forward cache', async () => {
      await home();
      await gateway.event('layout');
      await page.goto(`${site.origin}/two`);
      await gateway.until(() => gateway.of('start').length === 2);
      await page.evaluate(() => history.back()).catch(() => undefined);
      const layouts = () => gateway.stored.filter(({ event, page: where }) => event.kind === 'layout' && where.url === `${site.origin}/`);
      await gateway.until(() => layouts().length === 2);
      expect(await faults()).toBe(0);
    });

    test('loaded twice with the core, it runs once', async () => {
      site.head += site.head;
      await home();
      await gateway.event('layout');
      await page.waitForLoadState('networkidle');
      expect(gateway.asked.filter(isExtra)).toHaveLength(1);
      expect(gateway.of('layout')).toHaveLength(1);
    });
  });
});
