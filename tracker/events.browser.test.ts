/** What the extra makes events of, in a real Chromium, as its source and as what ships. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { EventKind } from '../engine/protocol/events.ts';
import { ELEMENT_SCALE } from '../engine/protocol/limits.ts';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import { MUTATION_MAX_MS } from './capture/dead.ts';
import { ENGAGED_REPORT_MS } from './capture/engaged.ts';
import { EQUAL_MAX, MESSAGE_MAX_CHARS, STACK_MAX_CHARS } from './capture/errors.ts';
import { RAGE_GAP_MAX_MS } from './capture/rage.ts';
import { SCROLL_SAMPLE_MS } from './capture/scroll.ts';
import { EVENT_PAGES } from './fixture/event-pages.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { FixtureSite } from './fixture/site.ts';

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
    site = new FixtureSite(EVENT_PAGES);
    await Promise.all([gateway.start(scripts), site.start()]);
    site.head = `<script async src="${gateway.origin}/datalab.js" data-app="shop"></script>`;
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
  async function open(path: string): Promise<void> {
    await page.goto(site.origin + path);
    await gateway.event('scroll');
  }

  /** As open, with the page's time in the test's hands. */
  async function openTimed(path: string): Promise<void> {
    await page.clock.install();
    await open(path);
  }

  /** Scrolls are told when a frame is drawn, and drawing has no clock that could be held. */
  const frameDrawn = () => page.evaluate(() => new Promise((resolve) => new IntersectionObserver(resolve).observe(document.body)));

  /** What was stored of these kinds once a last event has come. */
  async function allOf<K extends EventKind>(kind: K) {
    await page.evaluate(() => history.pushState({}, '', '/the-end'));
    await gateway.event('urlchange', ({ to }) => to.endsWith('/the-end'));
    return gateway.of(kind);
  }

  describe('rage', () => {
    test('three clicks or more in one place are one event, with the latest’s time and the count', async () => {
      await open('/clicks');
      await page.locator('#broken').click({ clickCount: 4 });
      const rage = await gateway.event('rage');
      expect(rage).toMatchObject({ target: '#broken', tag: 'button', text: 'Broken', count: 4 });
      const clicks = gateway.of('click');
      const last = clicks.at(-1);
      expect([rage.x, rage.y]).toEqual([last?.x, last?.y]);
      expect(rage.atMs - (last?.atMs ?? 0)).toBeLessThan(100);
      expect(await allOf('rage')).toHaveLength(1);
    });

    test('two clicks are none, nor three with a pause between them, nor three in different places, nor a label’s', async () => {
      await openTimed('/clicks');
      await page.locator('#broken').click({ clickCount: 2 });
      await page.clock.runFor(RAGE_GAP_MAX_MS + 1);
      await page.locator('#broken').click();
      await page.locator('#other').click();
      await page.locator('#works').click();
      await page.locator('#label').click({ clickCount: 2 });
      await page.clock.runFor(RAGE_GAP_MAX_MS + 1);
      expect(await allOf('rage')).toEqual([]);
      expect(gateway.of('click').filter(({ target }) => target === '#box')).toHaveLength(2);
    });

    test('a run that the page’s end cuts short is reported, on its page', async () => {
      await open('/clicks');
      await page.locator('#broken').click({ clickCount: 3 });
      await page.goto(`${site.origin}/two`);
      expect(await gateway.event('rage')).toMatchObject({ count: 3 });
      expect(gateway.stored.find(({ event }) => event.kind === 'rage')?.page.url).toBe(`${site.origin}/clicks`);
    });
  });

  describe('dead', () => {
    const judgedMs = MUTATION_MAX_MS + 1;

    test('a click that nothing follows, and each of them; one that something follows too late', async () => {
      await openTimed('/clicks');
      await page.locator('#broken').click();
      await page.clock.runFor(judgedMs);
      await page.locator('#dull').click();
      await page.clock.runFor(judgedMs);
      expect(await gateway.event('dead')).toMatchObject({ target: '#broken', tag: 'button', text: 'Broken' });
      await page.locator('#late').click();
      await page.clock.runFor(judgedMs);
      await page.clock.runFor(judgedMs);
      expect((await allOf('dead')).map(({ target }) => target)).toEqual([
        '#broken',
        'body > main:nth-of-type(1) > x-card:nth-of-type(1) >>> #dull',
        '#late',
      ]);
    });

    test.each([
      ['a mutation', '#works'],
      ['a mutation after two seconds', '#slow'],
      ['a mutation in its own shadow root', '#own'],
      ['a mutation in another’s shadow root', '#elsewhere'],
      ['a mutation in a frame', '#inside'],
      ['a scroll', '#scrolls'],
      ['a selection', '#selects'],
      ['the focus', '#focuses'],
      ['something that opens above the page', '#opens'],
      ['another address', '#leads'],
    ])('not a click that is followed by %s', async (_what, selector) => {
      await openTimed('/clicks');
      await page.clock.pauseAt(Date.now() + 60_000);
      await page.locator(selector).click();
      await frameDrawn();
      await page.clock.runFor(judgedMs);
      await page.clock.resume();
      expect(await allOf('dead')).toEqual([]);
    });

    test.each([
      ['a canvas', '#drawn'],
      ['a field', '#field'],
      ['a label', '#label'],
      ['a link that leaves the page', '#away'],
    ])('never on %s', async (_what, selector) => {
      await openTimed('/clicks');
      await page.locator(selector).click();
      await page.clock.runFor(judgedMs);
      expect(await allOf('dead')).toEqual([]);
    });

    test('never with a modifier key; but on a link that leads nowhere', async () => {
      await openTimed('/clicks');
      await page.locator('#broken').click({ modifiers: ['Shift'] });
      await page.locator('#here').click();
      await page.clock.runFor(judgedMs);
      expect((await allOf('dead')).map(({ target }) => target)).toEqual(['#here']);
    });

    test('changes are watched only while a click is being judged', async () => {
      await context.addInitScript(() => {
        let watching = 0;
        const { observe, disconnect } = MutationObserver.prototype;
        MutationObserver.prototype.observe = function (...args) {
          watching++;
          observe.apply(this, args);
        };
        MutationObserver.prototype.disconnect = function () {
          watching = 0;
          disconnect.apply(this);
        };
        Object.defineProperty(window, 'watching', { get: () => watching });
      });
      const watching = () => page.evaluate(() => Reflect.get(window, 'watching'));
      await openTimed('/clicks');
      expect(await watching()).toBe(0);
      await page.locator('#broken').click();
      expect(await watching()).toBeGreaterThan(0);
      await page.clock.runFor(judgedMs);
      expect(await watching()).toBe(0);
    });
  });

  describe('form', () => {
    const steps = () => gateway.of('form').map(({ form, field, step }) => `${form} ${field} ${step}`);

    test('names in their order, changes, submit; never a value', async () => {
      await open('/forms');
      await page.locator('[name=email]').fill('jane-secret@example.com');
      await page.locator('[name=card]').pressSequentially('4111111111111111');
      await page.locator('[name=pass]').fill('secret-password');
      await page.locator('[name=size]').focus();
      await page.locator('[name=size]').selectOption('secret-option');
      await page.locator('#remarks').fill('secret-remark');
      await page.locator('#pay').click();
      await page.waitForURL('**/two*');
      await gateway.event('form', ({ step }) => step === 'submit');
      await gateway.until(() => gateway.of('start').length === 2);
      expect(steps()).toEqual([
        '#checkout email focus',
        '#checkout email change',
        '#checkout card focus',
        '#checkout card change',
        '#checkout pass focus',
        '#checkout pass change',
        '#checkout size focus',
        '#checkout size change',
        '#checkout #remarks focus',
        '#checkout #remarks change',
        '#checkout  submit',
      ]);
      const sent = JSON.stringify([gateway.stored, gateway.hellos.map(({ url, ...others }) => others)]);
      const bytes = Buffer.concat(gateway.received.map((frame) => frame.bytes)).toString();
      for (const secret of ['secret', '4111', 'jane']) {
        expect(sent).not.toContain(secret);
        expect(bytes).not.toContain(secret);
      }
    });

    test('the time a field took, and the whole form until it was left', async () => {
      await openTimed('/forms');
      await page.locator('[name=stars]').focus();
      await page.clock.runFor(3_000);
      await page.locator('[name=stars]').fill('5');
      await page.locator('#medical').fill('secret');
      await page.locator('#search').fill('secret');
      await page.clock.runFor(60_000);
      await page.goto(`${site.origin}/two`);
      const abandon = await gateway.event('form', ({ step }) => step === 'abandon');
      expect(steps()).toEqual(['#feedback stars focus', '#feedback stars change', ' query focus', '#feedback  abandon']);
      const change = gateway.of('form')[1];
      expect(change?.elapsedMs).toBeGreaterThanOrEqual(3_000);
      expect(change?.elapsedMs).toBeLessThan(30_000);
      // Not the minute in which nobody did anything.
      for (const name of ['elapsedMs', 'atMs'] as const) expect(Math.abs(abandon[name] - (change?.[name] ?? 0))).toBeLessThanOrEqual(5);
      expect(JSON.stringify(gateway.stored)).not.toContain('secret');
    });

    test('in a single-page app a form is abandoned with its view, on its page', async () => {
      await open('/spa');
      await page.locator('#to-form').click();
      await page.locator('[name=topic]').fill('secret');
      await page.locator('#to-list').click();
      await page.evaluate(() => history.pushState({}, '', '/the-end'));
      await gateway.event('form', ({ step }) => step === 'abandon');
      expect(steps()).toEqual(['#contact topic focus', '#contact topic change', '#contact  abandon']);
      for (const { event, page: where } of gateway.stored) if (event.kind === 'form') expect(where.url).toBe(`${site.origin}/form`);
    });

    test('in a shadow root and in a frame', async () => {
      await open('/shadow');
      await page.locator('[name=nick]').fill('secret');
      await page.locator('#send').click();
      await gateway.event('form', ({ step }) => step === 'submit');
      expect(steps()).toEqual(['#shop >>> #sign-up nick focus', '#shop >>> #sign-up nick change', '#shop >>> #sign-up  submit']);
      await page.goto(`${site.origin}/frame`);
      await gateway.until(() => gateway.stored.some(({ event, page: where }) => event.kind === 'scroll' && where.url.endsWith('/frame')));
      await page.frameLocator('#widget').locator('[name=remark]').fill('secret');
      await page.goto(`${site.origin}/two`);
      await gateway.event('form', ({ step }) => step === 'abandon');
      expect(steps().slice(3, 4)).toEqual(['#widget >>> #note remark focus']);
      expect(JSON.stringify(gateway.stored)).not.toContain('secret');
    });
  });

  test('link: downloads and other sites, by mouse, middle button and key; without query, fragment and person', async () => {
    await open('/links');
    await page.locator('#out').click();
    await page.locator('#out').click({ button: 'middle' });
    await page.locator('#out').click({ button: 'right' });
    await page.locator('#out').press('Enter');
    for (const selector of ['#pdf', '#saved', '#in', '#mail']) await page.locator(selector).click();
    await page.locator('#drawn').click();
    expect((await allOf('link')).map(({ what, href, target, text }) => [what, href, target, text])).toEqual([
      ...Array.from({ length: 3 }, () => ['outbound', 'https://elsewhere.example/path', '#out', 'Elsewhere']),
      ['download', `${site.origin}/files/Price-list.PDF`, '#pdf', 'Prices'],
      ['download', `${site.origin}/report`, '#saved', 'Report'],
    ]);
    expect(JSON.stringify(gateway.stored)).not.toContain('secret');
  });

  describe('innerscroll', () => {
    const scrollIn = (selector: string, top: number) => page.locator(selector).evaluate((element, to) => element.scrollTo(0, to), top);

    test('containers are told apart, each with its deepest share; the page’s own scroll is none', async () => {
      await open('/lists');
      await scrollIn('#left', 400);
      await gateway.event('innerscroll', ({ target }) => target === '#left');
      await scrollIn('#left', 100);
      await page.evaluate(() => scrollTo(0, 500));
      await gateway.event('innerscroll', ({ top }) => top === 100);
      await scrollIn('#endless', 300);
      await scrollIn('#typed', 30);
      await page.locator('#sideways').evaluate((element) => element.scrollTo(300, 0));
      await gateway.event('scroll', ({ top }) => top === 500);
      expect((await allOf('innerscroll')).map(({ target, top, reach }) => [target, top, reach])).toEqual([
        ['#left', 400, 10],
        ['#left', 100, 10],
        ['#endless', 300, 10],
      ]);
      expect(gateway.of('scroll').map(({ top }) => top)).toEqual([0, 500]);
    });

    test('a list that grows while it is scrolled: its reach is what was reached of what there was', async () => {
      await open('/lists');
      for (const top of [300, 700, 1_100]) {
        await scrollIn('#endless', top);
        await gateway.event('innerscroll', (event) => event.top === top);
      }
      expect(gateway.of('innerscroll').map(({ reach }) => reach)).toEqual([10, 13, 20]);
    });

    test('one event a container in a quarter of a second, however much it scrolls', async () => {
      await openTimed('/lists');
      const step = async (top: number) => {
        for (let at = 1; at <= 10; at++) await scrollIn('#left', top + at);
      };
      await page.clock.pauseAt(Date.now() + 60_000);
      await step(0);
      await page.clock.runFor(SCROLL_SAMPLE_MS);
      await step(100);
      await page.clock.runFor(SCROLL_SAMPLE_MS);
      await page.clock.resume();
      await gateway.event('innerscroll', ({ top }) => top === 110);
      expect((await allOf('innerscroll')).map(({ top }) => top)).toEqual([10, 110]);
    });

    test('in a shadow root that somebody entered, and a frame of the same origin', async () => {
      await open('/shadow');
      await page.locator('#list').hover();
      await scrollIn('#list', 400);
      await gateway.event('innerscroll', ({ target, reach }) => target === '#shop >>> #list' && reach === 10);
      await page.goto(`${site.origin}/frame`);
      await gateway.until(() => gateway.stored.some(({ event, page: where }) => event.kind === 'scroll' && where.url.endsWith('/frame')));
      await page.frames()[1]?.evaluate(() => scrollTo(0, 500));
      await gateway.event('innerscroll', ({ target, top }) => target === '#widget' && top === 500);
    });
  });

  describe('scroll', () => {
    test('in a single-page app what was scrolled belongs to the address it was scrolled on', async () => {
      await open('/spa');
      await page.evaluate(() => {
        scrollTo(0, 1_000);
        return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      });
      await page.evaluate(() => history.pushState({}, '', '/list'));
      await gateway.event('urlchange', ({ to }) => to.endsWith('/list'));
      const scrolls = gateway.stored.filter(({ event }) => event.kind === 'scroll' && event.top === 1_000);
      expect(scrolls.map(({ page: where }) => where.url)).toEqual([`${site.origin}/spa`]);
    });
  });

  describe('engaged', () => {
    const look = (hasFocus: boolean) =>
      page.evaluate((focused) => {
        document.hasFocus = () => focused;
        dispatchEvent(new Event(focused ? 'focus' : 'blur'));
      }, hasFocus);

    test('while somebody looks, every 15 s', async () => {
      await openTimed('/');
      await page.clock.fastForward(ENGAGED_REPORT_MS);
      const first = await gateway.event('engaged');
      expect(first.engagedMs).toBeGreaterThan(ENGAGED_REPORT_MS - 2_000);
      expect(first.engagedMs).toBeLessThan(ENGAGED_REPORT_MS + 2_000);
    });

    test('not the time without the focus', async () => {
      await openTimed('/');
      await page.clock.runFor(2_000);
      await look(false);
      await page.clock.runFor(60_000);
      await gateway.event('engaged');
      await look(true);
      await page.clock.runFor(3_000);
      const engaged = await allOf('engaged');
      const sumMs = engaged.reduce((sum, { engagedMs }) => sum + engagedMs, 0);
      expect(engaged).toHaveLength(2);
      expect(sumMs).toBeGreaterThanOrEqual(5_000);
      expect(sumMs).toBeLessThan(20_000);
    });

    test('told of each address on its own, and when the page is left', async () => {
      await openTimed('/spa');
      await page.clock.runFor(4_000);
      await page.locator('#to-list').click();
      await gateway.event('engaged');
      await page.clock.runFor(8_000);
      await page.goto(`${site.origin}/two`);
      await gateway.until(() => gateway.of('engaged').length === 2);
      const told = gateway.stored.filter(({ event }) => event.kind === 'engaged').map(({ page: where }) => where.url);
      expect(told).toEqual([`${site.origin}/spa`, `${site.origin}/list`]);
      expect(gateway.of('engaged')[1]?.engagedMs).toBeGreaterThanOrEqual(8_000);
    });

    test('the focus in a frame of the page is the page’s', async () => {
      await openTimed('/frame');
      await page.frameLocator('#widget').locator('[name=remark]').click();
      await page.clock.runFor(10_000);
      const sumMs = (await allOf('engaged')).reduce((sum, { engagedMs }) => sum + engagedMs, 0);
      expect(sumMs).toBeGreaterThanOrEqual(10_000);
    });
  });

  describe('error', () => {
    type Failing = Window & { fail(message: string): void; reject(): void };
    const raise = (message: string) => page.evaluate((text) => void setTimeout(() => (window as unknown as Failing).fail(text)), message);

    test('from the first one on, though the extra comes later; without queries; at most so many equal ones', async () => {
      const asked = new Promise<() => Promise<void>>((resolve) => {
        void context.route('**/datalab-extra-*', (route) => resolve(() => route.continue()));
      });
      await page.goto(`${site.origin}/errors`);
      const failed = page.waitForEvent('pageerror');
      await raise('before the extra, at http://shop.example/cart?token=secret');
      await failed;
      await (await asked)();
      await gateway.event('scroll');
      for (let time = 0; time < EQUAL_MAX + 2; time++) await page.locator('#throws').click();
      await raise('x'.repeat(MESSAGE_MAX_CHARS + 100));
      await gateway.event('error', ({ message }) => message.includes('xx'));
      const told = await allOf('error');
      expect(told[0]?.message).toBe('Uncaught Error: before the extra, at http://shop.example/cart');
      expect(told[0]?.stack).toContain(`${site.origin}/errors:`);
      // When it happened, not when the extra told it.
      expect(told[0]?.atMs).toBeLessThan((gateway.of('scroll')[0]?.atMs ?? 0) - SCROLL_SAMPLE_MS);
      expect(told.filter(({ message }) => message === 'Uncaught Error: on click')).toHaveLength(EQUAL_MAX);
      expect(told.at(-1)?.message).toHaveLength(MESSAGE_MAX_CHARS);
      for (const { stack } of told) expect(stack.length).toBeLessThanOrEqual(STACK_MAX_CHARS);
      expect(JSON.stringify(told)).not.toContain('secret');
      problems = [];
    });

    test('rejections of the page’s own scripts; nothing of another site’s, and no picture that is not there', async () => {
      await open('/errors');
      const script = `data:text/javascript,${encodeURIComponent('throw new Error("of another site")')}`;
      await page.evaluate(
        ([other, origin]) =>
          new Promise((resolve) => {
            const picture = Object.assign(new Image(), { src: `${origin}/none.png`, onerror: resolve });
            document.body.append(Object.assign(document.createElement('script'), { src: other }), picture);
          }),
        [script, gateway.origin] as const,
      );
      await page.evaluate(() => {
        (window as unknown as Failing).reject();
      });
      await gateway.event('error', ({ message }) => message === 'not kept');
      expect((await allOf('error')).map(({ message }) => message)).toEqual(['not kept']);
      problems = [];
    });
  });

  describe('vital', () => {
    const asked = () => gateway.asked.filter((path) => path.startsWith('/datalab-vitals-'));

    test('off, its chunk is not asked for', async () => {
      await open('/clicks');
      await page.goto(`${site.origin}/two`);
      await gateway.until(() => gateway.of('start').length === 2);
      expect([asked(), gateway.of('vital')]).toEqual([[], []]);
    });

    test('on, each is told of the page that was loaded, when it is left', async () => {
      gateway.config = { vitals: true };
      await open('/clicks');
      await expect.poll(asked).toHaveLength(1);
      await page.waitForLoadState('networkidle');
      await page.locator('#works').click();
      await page.goto(`${site.origin}/two`);
      await gateway.until(() => gateway.of('start').length === 2);
      const told = new Map(gateway.of('vital').map(({ name, value }) => [name, value]));
      // INP comes with the frame that answers the press: when that is presented, a browser without a screen does not say.
      expect([...told.keys()].filter((name) => name !== 'INP').sort()).toEqual(['CLS', 'FCP', 'LCP', 'TTFB']);
      expect(told.get('LCP')).toBeGreaterThanOrEqual(told.get('FCP') ?? Number.POSITIVE_INFINITY);
      for (const { event, page: where } of gateway.stored) if (event.kind === 'vital') expect(where.url).toBe(`${site.origin}/clicks`);
    });
  });

  describe('targets', () => {
    test('through shadow roots, each behind its host’s name; the link around an icon of another root', async () => {
      await open('/shadow');
      await page.locator('.buy-now').click();
      await page.locator('x-inner button').first().click();
      await page.locator('#around svg').click();
      await gateway.until(() => gateway.of('click').length === 3);
      expect(gateway.of('click').map(({ target, text }) => [target, text])).toEqual([
        ['#shop >>> x-inner:nth-of-type(1) >>> .buy-now', 'Buy'],
        ['#shop >>> x-inner:nth-of-type(1) >>> div:nth-of-type(1) > button:nth-of-type(1)', 'First'],
        ['#around', ''],
      ]);
      expect(gateway.of('click')[2]?.href).toBe(`${site.origin}/two`);
    });

    test('what is masked or blocked outside a shadow root or frame is so inside', async () => {
      await open('/shadow');
      await page.locator('#customer button').click();
      await page.locator('#hidden button').click();
      await gateway.until(() => gateway.of('click').length === 2);
      expect(gateway.of('click').map(({ target, text }) => [target, text])).toEqual([
        ['#customer >>> button:nth-of-type(1)', '•••••••••••••••'],
        ['body > main:nth-of-type(1) > div:nth-of-type(2)', ''],
      ]);
      await page.goto(`${site.origin}/frame`);
      await gateway.until(() => gateway.stored.some(({ event, page: where }) => event.kind === 'scroll' && where.url.endsWith('/frame')));
      await page.frameLocator('#private').locator('#press').click();
      await gateway.until(() => gateway.of('click').length === 3);
      expect(gateway.of('click')[2]).toMatchObject({ target: 'body > main:nth-of-type(1) > div:nth-of-type(2)', text: '' });
      expect(JSON.stringify(gateway.stored)).not.toContain('secret');
    });

    test('in a frame of the same origin, in the page’s coordinates; a frame that comes later, too', async () => {
      await open('/frame');
      const press = page.frameLocator('#widget').locator('#press');
      const there = async () => {
        await press.scrollIntoViewIfNeeded();
        const box = await press.boundingBox();
        const [x, y] = [Math.round(box?.x ?? 0) + 4, Math.round(box?.y ?? 0) + 6];
        await page.mouse.click(x, y);
        return { x, y: y + (await page.evaluate(() => scrollY)) };
      };
      const first = await there();
      const click = await gateway.event('click');
      expect(click).toMatchObject({ ...first, target: '#widget >>> #press', tag: 'button', text: 'Press me', fixed: 0 });
      expect(click.elementX).toBeGreaterThan(0);
      expect(click.elementX).toBeLessThan(ELEMENT_SCALE / 2);
      expect(click.y).toBeGreaterThan(1_500);
      // The pointer's way goes on in the frame.
      expect(gateway.stored.find(({ event }) => event.kind === 'click')?.page.url).toBe(`${site.origin}/frame`);
      await gateway.event('move', ({ x, y }) => x === first.x && y === first.y);
      await page.locator('#widget').evaluate((element) => {
        const added = Object.assign(document.createElement('iframe'), { src: '/inner?2', id: 'widget', width: '400', height: '300' });
        element.replaceWith(added);
        return new Promise((resolve) => added.addEventListener('load', resolve, { once: true }));
      });
      const second = await there();
      await gateway.until(() => gateway.of('click').length === 2);
      expect(gateway.of('click')[1]).toMatchObject({ ...second, target: '#widget >>> #press' });
    });

    test('one that is named stays the same when it changes its place', async () => {
      await open('/shadow');
      await page.locator('#around').click();
      await page.evaluate(() => {
        const moved = document.querySelector('#around');
        if (moved) document.body.prepend(document.createElement('section'), moved);
      });
      await page.locator('#around').click();
      await gateway.until(() => gateway.of('click').length === 2);
      expect(new Set(gateway.of('click').map(({ target }) => target))).toEqual(new Set(['#around']));
    });

    test('rage and dead clicks in a frame are the page’s', async () => {
      await openTimed('/frame');
      await page.frameLocator('#widget').locator('#press').scrollIntoViewIfNeeded();
      await frameDrawn();
      await page.frameLocator('#widget').locator('#press').click({ clickCount: 3 });
      await page.clock.runFor(MUTATION_MAX_MS + 1);
      expect(await gateway.event('rage')).toMatchObject({ target: '#widget >>> #press', count: 3 });
      expect(await gateway.event('dead')).toMatchObject({ target: '#widget >>> #press' });
    });
  });

  test('stopped, nothing is heard any more: not on the page, not in its frames', async () => {
    await open('/frame');
    const frame = page.frameLocator('#widget');
    await frame.locator('#press').click();
    await gateway.event('click');
    await page.evaluate(() => window.datalab?.stop());
    await gateway.until(() => gateway.goodbyes.length === 1);
    const before = gateway.stored.length;
    await frame.locator('#press').click();
    await frame.locator('[name=remark]').fill('x');
    // A page of the same tab, tracked again: what had been heard would come with its first frames. That it was left is told by it.
    await page.goto(`${site.origin}/two`);
    await gateway.until(() => gateway.of('start').length === 2);
    const since = gateway.stored.slice(before).filter(({ page: where }) => where.url === `${site.origin}/frame`);
    expect(since.map(({ event }) => event.kind)).toEqual(['urlchange']);
  });
});
