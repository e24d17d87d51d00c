/** What is recorded of a page's DOM, in a real Chromium, as the tracker's source and as what ships. */
import { inflateRawSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { EventOf } from '../engine/protocol/events.ts';
import { CHROMIUM_FLAGS } from '../ops/browser/ensure-chromium.ts';
import { buildTracker } from '../ops/build/tracker.ts';
import { FixtureGateway } from './fixture/gateway.ts';
import { RECORDED_PAGES } from './fixture/recorded-pages.ts';
import { FixtureSite } from './fixture/site.ts';

/** Of rrweb's events, by its numbers. */
const META = 4;
const FULL_SNAPSHOT = 2;
const INCREMENTAL = 3;
const INPUT = 5;

type Recorded = { readonly type: number; readonly timestamp: number; readonly data: { readonly source?: number; readonly href?: string } };

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
    gateway.config = { revision: 1, recording: true };
    site = new FixtureSite(RECORDED_PAGES);
    await Promise.all([gateway.start(scripts), site.start()]);
    site.head = `<script async src="${gateway.origin}/datalab.js" data-app="shop" data-url-keep="kept"></script>`;
    if (!browser) throw new Error('no browser was started');
    context = await browser.newContext({ viewport: { width: 1_000, height: 700 } });
    page = await context.newPage();
    problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
  });

  afterEach(async () => {
    expect(await page.evaluate(() => window.datalab?.state()?.faults ?? 0)).toBe(0);
    await context.close();
    await Promise.all([gateway.stop(), site.stop()]);
    expect(problems).toEqual([]);
  });

  /** All that was recorded so far, put together as the player does it. */
  function recorded(): Recorded[] {
    const events: Recorded[] = [];
    let pieces: Uint8Array[] = [];
    for (const { event } of gateway.stored) {
      if (event.kind === 'dom') events.push(JSON.parse(event.json));
      if (event.kind !== 'dompack') continue;
      expect(event.part, 'parts follow each other').toBe(pieces.length);
      pieces.push(event.deflated);
      if (pieces.length < event.parts) continue;
      events.push(...JSON.parse(inflateRawSync(Buffer.concat(pieces)).toString()));
      pieces = [];
    }
    expect(pieces, 'every pack is whole').toEqual([]);
    return events;
  }
  const text = () => JSON.stringify(recorded());
  const isRecorded = (what: string) => gateway.until(() => whole() && text().includes(what));
  /** True between two packs. */
  const whole = () => {
    const last = gateway.of('dompack').at(-1);
    return !last || last.part + 1 === last.parts;
  };

  /** Opens a page and waits until its snapshot is stored. */
  async function open(path: string): Promise<void> {
    await page.goto(site.origin + path);
    await gateway.until(() => whole() && recorded().some(({ type }) => type === FULL_SNAPSHOT));
  }

  /** What is left is sent where the page goes away. */
  async function leave(): Promise<void> {
    const leaves = gateway.of('leave').length;
    await page.goto(`${site.origin}/end`);
    await gateway.until(() => gateway.of('leave').length > leaves);
  }

  test('the recorder is loaded where the server asks for it, and the page says that it is recorded', async () => {
    await open('/shop');
    expect((await gateway.event('configured', ({ revision }) => revision === 1)).recording).toBe(1);
    expect(recorded().map(({ type }) => type)).toEqual([META, FULL_SNAPSHOT]);
    expect(text()).toContain('Warm socks');
    // Styles of its own origin are in it, so that a replay needs nothing of the site's.
    expect(text()).toContain('rgb(1, 2, 3)');
  });

  test('it is not loaded where the server does not ask', async () => {
    gateway.config = {};
    await page.goto(`${site.origin}/shop`);
    await gateway.event('layout');
    await leave();
    expect(gateway.asked.filter((path) => path.includes('recorder'))).toEqual([]);
    expect(gateway.of('dompack')).toEqual([]);
  });

  test('gone, as after an update of the server: the page says that it is not recorded', async () => {
    gateway.gone = (path) => path.includes('recorder');
    await page.goto(`${site.origin}/shop`);
    expect((await gateway.event('configured')).recording).toBe(0);
    problems = problems.filter((problem) => !problem.includes('404'));
  });

  test('an event’s time is that of the pack’s first, and the address is the one where it began', async () => {
    await open('/shop');
    const [meta] = recorded();
    expect(gateway.of('dompack')[0]?.atMs).toBeCloseTo(meta?.timestamp ?? 0, -2);
    expect(gateway.stored.find(({ event }) => event.kind === 'dompack')?.page.url).toBe(`${site.origin}/shop`);
  });

  test('changes of the page, its scrolling and its size; never the pointer, a press or a selection', async () => {
    await open('/shop');
    await page.mouse.move(200, 200);
    await page.mouse.move(300, 300, { steps: 10 });
    await page.locator('#add').click();
    await page.evaluate(() => {
      getSelection()?.selectAllChildren(document.body);
      scrollTo(0, 400);
    });
    await page.setViewportSize({ width: 900, height: 600 });
    await isRecorded('In the basket: 1');
    await leave();
    const sources = new Set(recorded().flatMap(({ type, data }) => (type === INCREMENTAL ? [data.source] : [])));
    expect([...sources].sort()).toEqual([0, 3, 4]);
  });

  test('a page that renders each address into one document is recorded on', async () => {
    await open('/spa');
    await page.locator('#to-list').click();
    await isRecorded('The list');
    await page.locator('#to-detail').click();
    await isRecorded('The detail');
    expect(recorded().filter(({ type }) => type === FULL_SNAPSHOT)).toHaveLength(1);
  });

  test('nothing typed, chosen, masked or blocked leaves: not in the snapshot, not as it changes, not through shadow roots and frames', async () => {
    await open('/secrets');
    for (const field of ['#name', '#pass', '#area', '#mail', '#untyped']) await page.locator(field).fill('secret-typed');
    await page.locator('#size').selectOption('secret-L');
    await page.locator('#box').check();
    await page.locator('#radio').check();
    await page.locator('#edited').pressSequentially('secret-edited');
    await page.locator('x-field').locator('input').fill('secret-in-shadow');
    await page.frameLocator('#frame').locator('input').fill('secret-in-frame');
    await page.frameLocator('#frame').locator('[contenteditable]').pressSequentially('secret-edited');
    await page.evaluate(() => Reflect.get(window, 'change')());
    await isRecorded('changed openly');
    await isRecorded('frame openly');
    await leave();
    expect(text().match(/.{60}secret.{60}/)).toBeNull();
    // The fields themselves are there, with dots for what is in them.
    expect(recorded().filter(({ data }) => data.source === INPUT).length).toBeGreaterThan(3);
    expect(text()).toContain('••••••');
  });

  test('masked text arrives as dots of its length; a blocked element is a hole of its size', async () => {
    await open('/secrets');
    expect(text()).toContain('"•••• ••••••••"');
    expect(text()).toMatch(/"class":"medical","rr_width":"300px","rr_height":"60px"\},"childNodes":\[\]/);
  });

  test('what was masked on the server’s word is masked from then on: the recording begins anew', async () => {
    gateway.config = { revision: 1, recording: true, mask: '#openly' };
    await open('/secrets');
    expect(text()).not.toContain('Told openly');
    expect((await gateway.event('configured')).mask).toBe('#openly');
  });

  test('addresses leave without query and fragment but for what the site keeps', async () => {
    await open('/secrets?token=secret&kept=yes#secret');
    expect(recorded()[0]?.data.href).toBe(`${site.origin}/secrets?kept=yes`);
    expect(text()).toContain('https://elsewhere.example/path?kept=1"');
    expect(text()).not.toContain('secret-token');
    expect(text()).toContain('"href":"mailto:"');
  });

  test('a strict content security policy of the page’s is enough', async () => {
    site.policy = `default-src 'none'; script-src ${gateway.origin}; connect-src ${gateway.origin} ${gateway.origin.replace('http', 'ws')}; img-src data:`;
    await open('/plain');
    expect(text()).toContain('Plain page');
  });

  test('a page hidden or left sends the rest, though nothing can be packed then', async () => {
    await open('/shop');
    await page.evaluate(() => document.querySelector('h1')?.append(' to the last'));
    await leave();
    expect(
      gateway
        .of('dom')
        .map(({ json }) => json)
        .join(),
    ).toContain(' to the last');
  });

  test('a page of 3,000 elements arrives in parts and is put together again', async () => {
    await open('/large');
    const parts = gateway.of('dompack').filter(({ parts }) => parts > 1);
    expect(parts.length).toBeGreaterThan(1);
    for (const { deflated } of parts) expect(deflated.length).toBeLessThanOrEqual(45_000);
    for (const row of [0, 1_499, 2_999]) expect(text()).toContain(`"Row ${row} `);
  });

  test('a page that is too large is not recorded, and says so', async () => {
    await page.goto(`${site.origin}/huge`);
    expect((await gateway.event('configured')).recording).toBe(0);
    await leave();
    expect(gateway.of('dompack').concat(gateway.of('dom') as never)).toEqual([]);
  });

  test('without a way to pack, small events go by themselves, and a page whose snapshot is large is not recorded', async () => {
    await context.addInitScript(() => Reflect.deleteProperty(window, 'CompressionStream'));
    await open('/shop');
    expect(gateway.of('dompack')).toEqual([]);
    expect(gateway.of('dom').length).toBeGreaterThan(1);
    await page.goto(`${site.origin}/large`);
    await gateway.until(() => gateway.of('configured').length === 2);
    expect(gateway.of('configured').map(({ recording }: EventOf<'configured'>) => recording)).toEqual([1, 0]);
  });

  test('what the page’s own calls throw is thrown into the page as before', async () => {
    await open('/shop');
    const names = await page.evaluate(() => {
      const sheet = document.styleSheets[0];
      const name = (fn: () => unknown) => {
        try {
          return fn();
        } catch (error) {
          return (error as Error).name;
        }
      };
      return [
        name(() => sheet?.insertRule('no rule')),
        name(() => sheet?.deleteRule(99)),
        name(() => sheet?.insertRule('a { color: red }')),
      ];
    });
    expect(names).toEqual(['SyntaxError', 'IndexSizeError', 0]);
  });

  test('nothing is put into the page', async () => {
    await context.addInitScript(() => {
      const added: string[] = [];
      new MutationObserver((records) => {
        for (const { addedNodes } of records) for (const node of addedNodes) added.push(node.nodeName);
      }).observe(document, { childList: true, subtree: true });
      Reflect.set(window, 'added', added);
    });
    await open('/plain');
    expect(await page.evaluate(() => Reflect.get(window, 'added'))).not.toContain('IFRAME');
  });

  test('stopped, the page’s own methods are as they were', async () => {
    await context.addInitScript(() => {
      const before = [CSSStyleSheet.prototype.insertRule, CSSStyleDeclaration.prototype.setProperty, Element.prototype.attachShadow];
      const now = () => [CSSStyleSheet.prototype.insertRule, CSSStyleDeclaration.prototype.setProperty, Element.prototype.attachShadow];
      Reflect.set(window, 'isUntouched', () => now().every((method, place) => method === before[place]));
    });
    const isUntouched = () => page.evaluate(() => Reflect.get(window, 'isUntouched')());
    await open('/shop');
    expect(await isUntouched()).toBe(false);
    await page.evaluate(() => window.datalab?.stop());
    expect(await isUntouched()).toBe(true);
  });
});
