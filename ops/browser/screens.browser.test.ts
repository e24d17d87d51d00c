/**
 * Every page of the UI, in both themes, at the width of a desk and of a phone, with a crowd of visitors behind it. The
 * pictures stay in build/screens so that people look at them too.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { SessionList } from '../../engine/protocol/api.ts';
import { signIn, signInBrowser } from '../../gateway/access/fixture/sign-in.ts';
import type { Node } from '../../gateway/main.ts';
import { readSettings } from '../../gateway/settings.ts';
import { DEMO_APP, type Demo, startDemo } from '../demo/start-demo.ts';
import { CHROMIUM_FLAGS } from './ensure-chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
const PAST_VISITS = 24;
const VISITORS_NOW = 6;
const HOUR_MS = 3_600_000;
const MESSAGES_WATCHED = 12;

type Screen = {
  readonly name: string;
  readonly path: (session: string) => string;
  /** On screen once the page has its data and drew it (a canvas has a height of its own then): never a skeleton. */
  readonly ready: string;
};

const SCREENS: readonly Screen[] = [
  { name: 'live', path: () => '/live', ready: '.picture canvas' },
  { name: 'live-table', path: () => '/live?table=1', ready: '.chart-table td' },
  { name: 'live-panel', path: (session) => `/live?open=${session}`, ready: '.panel .facts' },
  { name: 'sessions', path: () => '/sessions', ready: 'tr.row' },
  { name: 'sessions-panel', path: (session) => `/sessions?open=${session}`, ready: '.panel .facts' },
  { name: 'sessions-empty', path: () => '/sessions?text=nobody-has-this', ready: '.message' },
  { name: 'replay', path: (session) => `/sessions/${session}/replay?at=4`, ready: '.stage canvas[height]' },
  { name: 'heatmaps', path: () => '/heatmaps', ready: '.heat[height]' },
  { name: 'heatmaps-click', path: () => '/heatmaps?layer=click', ready: '.heat[height], .message' },
  { name: 'actors', path: () => '/actors', ready: 'tr.row' },
  { name: 'actors-panel', path: (session) => `/actors?open=${session}`, ready: '.panel .facts' },
  { name: 'settings-app', path: () => '/settings/app', ready: 'form' },
  { name: 'settings-install', path: () => '/settings/install', ready: '.snippet' },
  { name: 'settings-capture', path: () => '/settings/capture', ready: 'form' },
  { name: 'settings-people', path: () => '/settings/people', ready: 'form' },
  { name: 'not-found', path: () => '/nowhere', ready: '.message' },
];

const VIEWPORTS = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const;

const executablePath = inject('chromium');

describe.skipIf(!executablePath)('screens', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-screens-'));
  let demo: Demo;
  let browser: Browser;
  let session = '';
  let context: BrowserContext;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
    demo = await startDemo({ ...readSettings({}), port: 0, demoPort: 0, dataDir, logLevel: 'silent' });
    await demo.crowd.past(PAST_VISITS, HOUR_MS);
    demo.crowd.keep(VISITORS_NOW);
    session = await longestSession(demo.node);
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const open = async (theme: 'light' | 'dark', viewport: { width: number; height: number }) => {
    // axe is put into the page from outside; nothing of the UI itself needs what the policy forbids, which `problems` shows.
    context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: 'reduce' });
    await signInBrowser(context, demo.node);
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
  };

  beforeEach(() => {
    problems = [];
  });
  afterEach(() => context?.close());

  for (const theme of ['light', 'dark'] as const) {
    for (const viewport of VIEWPORTS) {
      test.each(SCREENS)(`$name, ${theme}, ${viewport.width} px: nothing overflows, nothing complains, axe is content`, async (screen) => {
        await open(theme, viewport);
        await page.goto(demo.node.url + screen.path(session));
        await page.locator(screen.ready).first().waitFor();
        await page.screenshot({ path: join(ROOT, `build/screens/${screen.name}-${theme}-${viewport.width}.png`) });
        const widest = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(widest).toBeLessThanOrEqual(viewport.width);
        expect(await seriousViolations(page)).toEqual([]);
        expect(problems).toEqual([]);
      });
    }
  }

  test('a row opens a panel with its own address, arrow keys go on, Escape closes it', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/sessions?live=0`);
    // On a cell, not on the row's link: the keys go on from there as well.
    await page.locator('tr.row').first().locator('td').nth(3).click();
    await page.locator('.panel .facts').waitFor();
    const first = new URL(page.url()).searchParams.get('open');
    expect(first).toBeTruthy();
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction((before) => new URL(location.href).searchParams.get('open') !== before, first);
    await page.keyboard.press('Escape');
    await page.locator('.panel').waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('open')).toBeNull();
    expect(problems).toEqual([]);
  });

  test('the address is the state: a reload shows the same filter and panel', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/sessions?open=${session}`);
    await page.getByPlaceholder(/address/i).fill('journal');
    await page.waitForURL(/text=journal/);
    const before = page.url();
    await page.reload();
    await page.locator('.panel .facts').waitFor();
    expect(page.url()).toBe(before);
    expect(await page.getByPlaceholder(/address/i).inputValue()).toBe('journal');
  });

  test.each(['live', 'actors'])('%s moves by itself and asks nothing: no request while it is watched', async (name) => {
    await open('light', VIEWPORTS[0]);
    let told = 0;
    page.on('websocket', (socket) => socket.on('framereceived', () => told++));
    await page.goto(`${demo.node.url}/${name}`);
    await page
      .locator(name === 'live' ? '.picture canvas' : 'tr.row')
      .first()
      .waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    // The pulse alone beats every second, so this is long enough for a page that polls to be found out.
    const before = told;
    await expect.poll(() => told, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + MESSAGES_WATCHED);
    expect(asked).toEqual([]);
  });

  test('a lost connection is said, with the time of the data, and everything is right again by itself', async () => {
    await open('light', VIEWPORTS[0]);
    let isAway = false;
    let cut = () => {};
    await page.routeWebSocket('**/api/live', (socket) => {
      if (isAway) void socket.close();
      else {
        const server = socket.connectToServer();
        cut = () => void Promise.all([server.close(), socket.close()]);
      }
    });
    await page.goto(`${demo.node.url}/live`);
    await page.locator('.newest li').first().waitFor();
    isAway = true;
    cut();
    await page.getByText(/Reconnecting\. Data as of \d\d:\d\d:\d\d/).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    isAway = false;
    await page.locator('.banner').waitFor({ state: 'detached' });
    // The watches are told again, not only the socket opened.
    void demo.crowd.past(1, 1_000);
    const first = await page.locator('.newest li a').first().getAttribute('href');
    await page.waitForFunction((before) => document.querySelector('.newest li a')?.getAttribute('href') !== before, first);
    expect(problems).toEqual([]);
  });

  test('what was refused while the gateway was away is asked again by itself', async () => {
    await open('light', VIEWPORTS[0]);
    let isAway = true;
    let cut = () => {};
    await page.routeWebSocket('**/api/live', (socket) => {
      const server = socket.connectToServer();
      cut = () => void Promise.all([server.close(), socket.close()]);
    });
    const refusal = { code: 'store-away', message: 'The store does not answer.', retry: true, remedy: 'Wait a moment.' };
    await page.route('**/api/sessions?*', (route) => (isAway ? route.fulfill({ status: 503, json: refusal }) : route.continue()));
    // Nobody stores anything that would make the page ask for another reason.
    await page.goto(`${demo.node.url}/sessions?text=${session}`);
    await page.getByRole('alert').getByText('Wait a moment.').waitFor();
    await page.locator('.connected', { hasText: /\d/ }).waitFor();
    isAway = false;
    cut();
    await page.locator('tr.row').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  test('a page whose script cannot be had says so, and a retry brings it', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/live`);
    await page.locator('.newest li').first().waitFor();
    await page.route('**/assets/actors-page*', (route) => route.abort());
    await page.getByRole('link', { name: 'Actors', exact: true }).click();
    await page.getByText('This page could not be loaded.').waitFor();
    await page.unroute('**/assets/actors-page*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('tr.row').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/actors');
  });

  test('a menu opened by keyboard is walked by arrow keys, and Escape gives the focus back', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/sessions`);
    const button = page.getByRole('button', { name: /^Date range/ });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.locator('.menu:popover-open').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/range=30d/);
    await button.press('Enter');
    await page.locator('.menu:popover-open').waitFor();
    await page.keyboard.press('Escape');
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('the start address opens Live, and going back leaves it', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/not-here`);
    await page.goto(demo.node.url);
    await page.waitForURL('**/live');
    await page.goBack();
    await page.waitForURL('**/not-here');
  });

  test('rows stay under the pointer while newer sessions come, and wait behind a button', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/live`);
    const first = page.locator('.newest li a').first();
    await first.hover();
    const held = await first.getAttribute('href');
    // They are told as they happen: not waited for to their end.
    void demo.crowd.past(2, 1_000);
    await page.locator('.new-rows').waitFor();
    expect(await first.getAttribute('href')).toBe(held);
    await page.locator('.new-rows').click();
    await page.waitForFunction((before) => document.querySelector('.newest li a')?.getAttribute('href') !== before, held);
  });

  test('commands are found by typing and run by Enter', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/live`);
    // Drawn is not yet listening: the shell hears keys when it is connected.
    await page.locator('.connected').filter({ hasText: /\d/ }).waitFor();
    await page.keyboard.press('Control+k');
    await page.locator('input[role="combobox"]:focus').waitFor();
    await page.keyboard.type('heatm');
    await page.getByRole('option').first().waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/heatmaps**');
  });

  test('space plays the replay and the address remembers where it was paused', async () => {
    await open('light', VIEWPORTS[0]);
    await page.goto(`${demo.node.url}/sessions/${session}/replay`);
    await page.locator('.event-list li').first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => new URL(location.href).searchParams.get('at') === '5');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.locator('.event-list [aria-current]').waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play' }).waitFor();
    expect(problems).toEqual([]);
  });
});

/** The session with the most events: what the replay and the panels show. */
async function longestSession(node: Node): Promise<string> {
  const headers = { cookie: await signIn(node) };
  const response = await fetch(`${node.url}/api/sessions?app=${DEMO_APP}&sort=events&limit=1`, { headers });
  const list = (await response.json()) as SessionList;
  const row = list.rows[0];
  if (!row) throw new Error('the crowd left no session');
  return row.session;
}

async function seriousViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    type Axe = { run(): Promise<{ violations: { id: string; impact: string | null; nodes: { target: unknown[] }[] }[] }> };
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations
      .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  });
}
