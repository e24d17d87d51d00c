/**
 * A visit recorded and replayed through a real gateway: what the analyst sees is the page that the visitor saw, under our own content
 * security policy, and nothing is asked of the visited site. The pictures stay in build/screens so that people look at them too.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { encodeFrame } from '../../engine/protocol/codec/frame.ts';
import { Writer } from '../../engine/protocol/codec/writer.ts';
import type { Event, EventKind, EventOf } from '../../engine/protocol/events.ts';
import { signIn, signInBrowser } from '../../gateway/access/fixture/sign-in.ts';
import { readSettings } from '../../gateway/settings.ts';
import { readRecording } from '../../ui/pages/replay/recording.ts';
import { DEMO_APP, type Demo, startDemo } from '../demo/start-demo.ts';
import { CHROMIUM_FLAGS } from './ensure-chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
const VIEWPORT = { width: 1280, height: 800 };

const executablePath = inject('chromium');

describe.skipIf(!executablePath)('a recorded visit', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-recording-'));
  let demo: Demo;
  let browser: Browser;
  let cookie = '';
  let session = '';
  /** How the visitor saw the page. */
  let seen: readonly unknown[] = [];
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  let asked: string[];

  /** Colours, sizes and places of what stands on the catalogue's page. */
  const look = (element: Element) => {
    const page = element.ownerDocument;
    return ['h1', '.product:nth-child(4)', '.product:nth-child(4) .price', '.masthead', '.filters [aria-pressed="true"]'].map(
      (selector) => {
        const found = page.querySelector(selector);
        const { x = 0, y = 0, width = 0, height = 0 } = found?.getBoundingClientRect() ?? {};
        const style = found && page.defaultView?.getComputedStyle(found);
        const text = found?.textContent?.replace(/\s+/g, ' ');
        return [selector, text, style?.color, style?.backgroundColor, style?.fontSize, [x, y, width, height].map(Math.round)];
      },
    );
  };

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
    demo = await startDemo({ ...readSettings({}), port: 0, demoPort: 0, dataDir, logLevel: 'silent' });
    cookie = await signIn(demo.node);
    const visitor = await (await browser.newContext({ viewport: VIEWPORT })).newPage();
    await visitor.goto(`${demo.site.url}/catalogue`);
    await visitor.waitForFunction(() => window.datalab?.state()?.place === 'LISTEN');
    session = (await visitor.evaluate(() => window.datalab?.state()?.session)) ?? '';
    // Looked at before it is recorded: the replay shows the wireframe until then.
    await visitor.mouse.move(300, 300, { steps: 5 });
    await waitFor('layout');
    await fetch(`${demo.node.url}/api/sessions/${session}/control?app=${DEMO_APP}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify({ recording: true }),
    });
    await waitFor('dompack');
    await visitor.locator('[data-filter="wear"]').click();
    await visitor.mouse.move(700, 420, { steps: 10 });
    seen = await visitor.locator('html').evaluate(look);
    await visitor.close();
    await waitFor('leave');
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Waits until an event of this kind is stored. */
  async function waitFor(kind: EventKind): Promise<void> {
    await vi.waitFor(
      async () => {
        const response = await fetch(`${demo.node.url}/api/sessions/${session}/chunks?app=${DEMO_APP}`, { headers: { cookie } });
        const { moments } = readRecording(new Uint8Array(await response.arrayBuffer()));
        if (!moments.some(({ event }) => event.kind === kind)) throw new Error(`no ${kind} is stored`);
      },
      { timeout: 20_000 },
    );
  }

  beforeEach(() => {
    problems = [];
    asked = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(problems).toEqual([]);
  });

  /** Opens a replay. @param chunks what it is given instead of what is stored */
  async function open(theme: 'light' | 'dark', query = '', chunks?: Uint8Array): Promise<void> {
    context = await browser.newContext({ viewport: VIEWPORT, colorScheme: theme, reducedMotion: 'reduce' });
    await signInBrowser(context, demo.node);
    page = await context.newPage();
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
    if (chunks) await page.route('**/chunks?*', (route) => route.fulfill({ body: Buffer.from(chunks) }));
    await page.goto(`${demo.node.url}/sessions/${session}/replay?app=${DEMO_APP}${query}`);
    await page.locator('.stage canvas[height]').waitFor();
  }
  const recorded = () => page.frameLocator('.stage .recorded iframe');
  const isShown = () => page.locator('.stage .recorded').evaluate((element) => (element as HTMLElement).style.visibility === 'visible');
  const position = () => page.getByRole('slider', { name: 'Position' }).getAttribute('aria-valuenow').then(Number);

  test.each(['light', 'dark'] as const)('is replayed as the visitor saw it: %s', async (theme) => {
    await open(theme);
    await page.keyboard.press('End');
    await recorded().locator('h1').waitFor();
    expect(await recorded().locator('html').evaluate(look)).toEqual(seen);
    await page.screenshot({ path: join(ROOT, `build/screens/replay-recorded-${theme}-1280.png`) });
    await page.setViewportSize({ width: 390, height: 844 });
    // The stage is drawn again for its size, a frame after it is known.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await page.screenshot({ path: join(ROOT, `build/screens/replay-recorded-${theme}-390.png`) });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => Reflect.get(window, 'axe').run(document, { iframes: false }));
    expect(violations.filter(({ impact }: { impact: string }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    // Nothing is asked of the visited site, nor of anybody else.
    expect(asked.filter((url) => !url.startsWith(demo.node.url))).toEqual([]);
  });

  test('shows the wireframe until the recording begins, and again as the address says', async () => {
    await open('light');
    expect(await position()).toBe(0);
    await expect.poll(isShown).toBe(false);
    await page.keyboard.press('End');
    await expect.poll(isShown).toBe(true);
    await page.getByRole('button', { name: 'Wireframe' }).click();
    expect(new URL(page.url()).searchParams.get('wireframe')).toBe('1');
    expect(await page.locator('.stage .recorded').count()).toBe(0);
    await page.reload();
    await page.getByRole('button', { name: 'Wireframe', pressed: true }).waitFor();
    await page.getByRole('button', { name: 'Recorded page' }).click();
    await recorded().locator('h1').waitFor();
  });

  test('goes back as well as on, and plays at any speed', async () => {
    await open('light');
    await page.keyboard.press('End');
    const pressed = recorded().locator('[aria-pressed="true"]');
    await expect.poll(() => pressed.textContent()).toBe('Wear');
    // A second before its end the visitor had not chosen yet, or had: the page is that of the time, each time.
    const spans = await page.evaluate(() => document.querySelector('[role=slider]')?.getAttribute('aria-valuemax'));
    const clicked = page.getByRole('button', { name: /Clicked/ }).first();
    await clicked.click();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('End');
    await expect.poll(() => pressed.textContent()).toBe('Wear');
    expect(Number(spans)).toBeGreaterThan(0);
    await page.keyboard.press('Home');
    await page.getByLabel('Speed').selectOption('16');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    await expect.poll(() => pressed.textContent()).toBe('Wear');
  });

  /** Frames as the gateway answers them. */
  function chunksOf(...events: Event[]): Uint8Array {
    const out = new Writer();
    for (const [index, event] of events.entries()) {
      const at = { viewportWidth: 1_000, viewportHeight: 700, pageWidth: 1_000, pageHeight: 700 };
      const frame = { firstSeq: index + 1, baseSeq: 1, goodbye: false, startMs: event.atMs, page: { url: 'https://shop.example/', ...at } };
      out.blob(encodeFrame({ ...frame, events: [event] }));
    }
    return out.finish();
  }
  const T0 = 1_767_225_600_000;
  const start: Event = { kind: 'start', atMs: T0, title: '', referrer: '' };
  const end: Event = { kind: 'leave', atMs: T0 + 5_000, elapsedMs: 5_000 };
  const packed = (events: unknown, atMs = T0 + 100): Event => {
    const deflated = new Uint8Array(deflateRawSync(JSON.stringify(events)));
    return { kind: 'dompack', atMs, part: 0, parts: 1, deflated };
  };
  let id = 0;
  const element = (tagName: string, attributes: object, ...childNodes: unknown[]) => ({
    type: 2,
    id: ++id,
    tagName,
    attributes,
    childNodes,
  });
  const text = (textContent: string) => ({ type: 3, id: ++id, textContent });
  const snapshot = (...body: unknown[]) => [
    { type: 4, timestamp: 1, data: { href: 'https://shop.example/', width: 1_000, height: 700 } },
    {
      type: 2,
      timestamp: 1,
      data: {
        initialOffset: { top: 0, left: 0 },
        node: { type: 0, id: ++id, childNodes: [element('html', {}, element('head', {}), element('body', {}, ...body))] },
      },
    },
  ];

  test('a hostile recording runs nothing, fetches nothing and goes nowhere', async () => {
    const bad = 'https://elsewhere.example/bad';
    const events = snapshot(
      element('h1', { onclick: 'parent.ran = 1', style: `color: rgb(1, 2, 3); background: url(${bad}.png)` }, text('Hostile')),
      element('img', { src: `${bad}.png`, srcset: `${bad} 2x`, onerror: 'parent.ran = 1' }),
      element('img', { src: 'x', onerror: 'parent.ran = 1' }),
      element('script', {}, text('parent.ran = 1')),
      element('script', { src: `${bad}.js` }),
      element('style', {}, text(`@import "${bad}.css"; @import url(${bad}.css); h1 { background: \\75rl(x) url("${bad}") }`)),
      element('link', { rel: 'stylesheet', href: `${bad}.css` }),
      element('link', { rel: 'prefetch', href: bad }),
      element('base', { href: bad }),
      element('meta', { 'http-equiv': 'refresh', content: `0; url=${bad}` }),
      element('iframe', { src: bad, srcdoc: '<script>top.ran = 1</script>', rr_src: bad }),
      element('object', { data: bad }),
      element('embed', { src: bad }),
      element('form', { action: bad }, element('button', { formaction: bad, autofocus: true }, text('Go'))),
      element('a', { href: `javascript:parent.ran = 1`, ping: bad }, text('Link')),
      element('video', { src: bad, poster: bad, autoplay: true, rr_mediaState: 'played' }),
      element('input', { type: 'image', src: bad }),
      { ...element('use', { 'xlink:href': `${bad}.svg#x`, href: `${bad}.svg#x` }), isSVG: true },
    );
    events.push({
      type: 3,
      timestamp: 2,
      data: {
        source: 0,
        texts: [],
        removes: [],
        attributes: [],
        adds: [{ parentId: id, nextId: null, node: element('img', { src: bad, onerror: 'parent.ran = 1' }) }],
      },
    } as never);
    await open('light', '', chunksOf(start, packed(events), end));
    await page.keyboard.press('End');
    await expect.poll(() => recorded().locator('h1').textContent()).toBe('Hostile');
    // Its styles are drawn all the same.
    expect(
      await recorded()
        .locator('h1')
        .evaluate((heading) => getComputedStyle(heading).color),
    ).toBe('rgb(1, 2, 3)');
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
    expect(asked.filter((url) => !url.startsWith(demo.node.url))).toEqual([]);
    expect(await page.locator('.stage .recorded iframe').getAttribute('sandbox')).toBe('allow-same-origin');
    for (let press = 0; press < 40; press++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.localName)).not.toBe('iframe');
    }
  });

  test('what cannot be read is said in one line, and the rest is played', async () => {
    const torn = { ...(packed([]) as EventOf<'dompack'>), atMs: T0 + 50, deflated: new Uint8Array([1, 2, 3]) };
    const half = { ...(packed([]) as EventOf<'dompack'>), atMs: T0 + 60, parts: 2 };
    const odd: Event = { kind: 'dom', atMs: T0 + 200, json: '{"type":3,"timestamp":5,"data":{"source":0,"adds":[{"parentId":999}]}}' };
    await open('light', '', chunksOf(start, torn, half, packed(snapshot(element('h1', {}, text('Whole')))), odd, end));
    await page.keyboard.press('End');
    await page.getByText('2 pieces of the recorded page could not be read and are left out').waitFor();
    expect(await recorded().locator('h1').textContent()).toBe('Whole');
  });
});
