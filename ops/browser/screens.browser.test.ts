/** Every page in both themes, wide and narrow, against the real demo: nothing overflows, nothing complains, axe is content. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { SessionList } from '../../engine/protocol/api.ts';
import { readSettings } from '../../gateway/settings.ts';
import { DEMO_APP, type Demo, startDemo } from '../demo/start-demo.ts';
import { CHROMIUM_FLAGS } from './ensure-chromium.ts';

const SCREENS_DIR = join(import.meta.dirname, '..', '..', 'build', 'screens');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
const THEMES = ['light', 'dark'] as const;
const VISITS = 12;

type AxeResult = { violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] };

const chromiumPath = inject('chromium');

describe.skipIf(chromiumPath === '')('the pages', () => {
  let dataDir: string;
  let demo: Demo;
  let browser: Browser;
  let session = '';

  beforeAll(async () => {
    mkdirSync(SCREENS_DIR, { recursive: true });
    dataDir = mkdtempSync(join(tmpdir(), 'datalab-screens-'));
    demo = await startDemo(
      readSettings({ DATALAB_PORT: '0', DATALAB_DEMO_PORT: '0', DATALAB_DATA_DIR: dataDir, DATALAB_LOG_LEVEL: 'silent' }),
    );
    demo.crowd.keep(8);
    await demo.crowd.past(VISITS, 600_000);
    const list = (await (await fetch(`${demo.node.url}/api/sessions?app=${DEMO_APP}&sort=events`)).json()) as SessionList;
    session = list.rows[0]?.session ?? '';
    browser = await chromium.launch({ executablePath: chromiumPath, args: CHROMIUM_FLAGS });
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Path of each page, and what stands on it once it has its data. */
  const PAGES: Record<string, { path: () => string; ready: (page: Page) => Promise<void> }> = {
    live: { path: () => `/live?app=${DEMO_APP}`, ready: (page) => page.locator('svg.marks, canvas.marks').first().waitFor() },
    sessions: { path: () => `/sessions?app=${DEMO_APP}`, ready: (page) => page.locator('main').getByText('localhost').first().waitFor() },
    session: {
      path: () => `/sessions?app=${DEMO_APP}&session=${session}`,
      ready: (page) => page.locator('main').getByText('localhost').first().waitFor(),
    },
    replay: {
      path: () => `/sessions/${session}/replay?app=${DEMO_APP}`,
      ready: (page) => page.getByRole('button', { name: 'Play' }).waitFor(),
    },
    heatmaps: { path: () => `/heatmaps?app=${DEMO_APP}`, ready: (page) => page.locator('canvas').first().waitFor() },
    actors: { path: () => `/actors?app=${DEMO_APP}`, ready: (page) => page.locator('main').getByText('localhost').first().waitFor() },
  };

  async function open(context: BrowserContext, name: string): Promise<{ page: Page; complaints: string[] }> {
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const { path, ready } = PAGES[name] as { path: () => string; ready: (page: Page) => Promise<void> };
    await page.goto(demo.node.url + path());
    await ready(page);
    return { page, complaints };
  }

  for (const theme of THEMES) {
    for (const size of SIZES) {
      it.each(Object.keys(PAGES))(
        `%s, ${theme}, ${size.width} px: fits, keeps the console clean, and axe finds nothing serious`,
        async (name) => {
          const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce' });
          const { page, complaints } = await open(context, name);
          await page.screenshot({ path: join(SCREENS_DIR, `${name}-${theme}-${size.width}.png`) });
          expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
          expect(complaints).toEqual([]);
          // Evaluated by the debugger, so the page's own content security policy stays as it is.
          await page.evaluate(AXE);
          const { violations } = (await page.evaluate('axe.run()')) as AxeResult;
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
          expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
          await context.close();
        },
      );
    }
  }

  it('the address is the state: a reload shows the same filter and panel', async () => {
    const context = await browser.newContext({ viewport: SIZES[0] ?? null });
    const { page } = await open(context, 'sessions');
    await page.getByPlaceholder(/address/i).fill('journal');
    await page.waitForURL(/journal/);
    const before = page.url();
    await page.reload();
    await page.locator('main').getByText('localhost').first().waitFor();
    expect(page.url()).toBe(before);
    expect(await page.getByPlaceholder(/address/i).inputValue()).toBe('journal');
    await context.close();
  });

  it('live pages move by themselves and ask nothing: no request while they are watched', async () => {
    const context = await browser.newContext({ viewport: SIZES[0] ?? null });
    for (const name of ['live', 'actors']) {
      const { page } = await open(context, name);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      const text = () => page.locator('main').innerText();
      const first = await text();
      while ((await text()) === first) await page.evaluate(() => new Promise(requestAnimationFrame));
      expect(asked).toEqual([]);
      await page.close();
    }
    await context.close();
  });
});
