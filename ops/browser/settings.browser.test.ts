/**
 * The settings as people use them: from no app of one's own to its first event, how its sessions are captured, keys, people, the audit
 * log, and the end of it. A real node, a real site with the snippet that the settings say, and a real browser on both sides.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readSettings } from '../../gateway/settings.ts';
import { type Site, serveSite } from '../demo/site-server.ts';
import { DEMO_APP, type Demo, startDemo } from '../demo/start-demo.ts';
import { CHROMIUM_FLAGS } from './ensure-chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
const NAME = 'Our Shop';
const APP = 'our-shop';

const SCREENS = [
  ['app', `/settings/app?app=${APP}`, 'About the app'],
  ['install', `/settings/install?app=${APP}`, 'Events arrive.'],
  ['capture', `/settings/capture?app=${APP}`, 'In effect'],
  ['keys', `/settings/keys?app=${APP}`, 'Public keys'],
  ['people', `/settings/people?app=${APP}`, 'Invite somebody'],
  ['apps', '/settings/apps', 'New app'],
  ['users', '/settings/users', 'Users'],
  ['audit', '/audit/all', 'Created the app'],
] as const;

const LOOKS = [
  { theme: 'light', width: 1280, height: 800 },
  { theme: 'dark', width: 390, height: 844 },
  { theme: 'dark', width: 1280, height: 800 },
  { theme: 'light', width: 390, height: 844 },
] as const;

const executablePath = inject('chromium');

describe.skipIf(!executablePath)('settings', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-settings-'));
  const problems: string[] = [];
  let demo: Demo;
  let site: Site;
  /** What stands in the site's pages. */
  let pasted = '';
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let visitor: Page;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
    demo = await startDemo({ ...readSettings({}), port: 0, demoPort: 0, dataDir, logLevel: 'silent' });
    site = await serveSite(0, () => pasted);
    context = await browser.newContext({ viewport: LOOKS[0], reducedMotion: 'reduce' });
    // What does not come soon does not come: the step that waits is named, not the test.
    context.setDefaultTimeout(10_000);
    page = await context.newPage();
    watchFor(page);
    await page.goto(await demo.node.enterUrl('Ada', 'ada@example.com'));
    await page.waitForURL('**/live**');
    visitor = await (await browser.newContext()).newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await demo?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  function watchFor(watched: Page): void {
    watched.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    watched.on('pageerror', (error) => problems.push(error.message));
  }

  const open = (path: string) => page.goto(demo.node.url + path);
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click();

  test('from a new app to its first event: made, pasted, checked, and there', async () => {
    await open('/settings/apps');
    await page.getByLabel('Name', { exact: true }).fill(NAME);
    expect(await page.getByLabel('Key', { exact: true }).inputValue()).toBe(APP);
    await page.getByLabel('Add an origin').fill('https://*.example.com');
    await page.getByLabel('Add an origin').press('Enter');
    await page.getByText('Only the port may be *').waitFor();
    // A whole address is taken for its origin; nobody needs to press Add.
    await page.getByLabel('Add an origin').fill(`${site.url}/tents?color=red`);
    await press('Make the app');
    await page.waitForURL(`**/settings/install?app=${APP}`);
    await page.getByText('Waiting for the first event').waitFor();

    await page.getByLabel('Address of a page of yours').fill(`${site.url}/`);
    await press('Check page');
    await page.locator('.verdict-line.is-bad').waitFor();
    pasted = (await page.locator('.snippet code').first().textContent()) ?? '';
    expect(pasted).toContain('data-app="');
    await press('Check page');
    await page.locator('.verdict-line.is-good').waitFor();

    await visitor.goto(site.url);
    await page.getByText('Events arrive.').waitFor();
    await page.getByRole('link', { name: /^Session on/ }).click();
    await page.waitForURL(/\/live\?.*open=/);
    await page.locator('.panel .facts').waitFor();
  });

  test('a change of what is captured is a version, confirmed by the tracker that is connected; and there is a way back', async () => {
    await open(`/settings/capture?app=${APP}`);
    await page.getByText('Version 0').first().waitFor();
    await page.getByLabel('Mask').fill('.price[');
    await page.getByText('That is no selector').waitFor();
    expect(await page.getByRole('button', { name: 'Save as version 1' }).isDisabled()).toBe(true);
    await page.getByLabel('Mask').fill('.price');
    await page.getByLabel('Hovers').uncheck();
    await page.getByLabel('Note').fill('Nobody’s business');
    await press('Save as version 1');
    await page.getByText('Version 1 · 1 of 1 connected tracker confirmed').waitFor();
    const history = page.getByRole('list', { name: /^Versions/ });
    await history.getByText('Hovers off').waitFor();
    await history.getByText('Masked .price (was nothing)').waitFor();
    await history.getByText('Nobody’s business').waitFor();
    await press('Roll back to version 0 …');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back to version 0' }).click();
    await page.getByText('Version 2 · 1 of 1 connected tracker confirmed').waitFor();
    expect(await page.getByLabel('Hovers').isChecked()).toBe(true);
    expect(await page.getByLabel('Mask').inputValue()).toBe('');
  });

  test('what somebody else changed meanwhile is shown, and taken over without losing one’s own', async () => {
    await open(`/settings/app?app=${APP}`);
    await page.getByLabel('Name', { exact: true }).waitFor();
    const other = await context.newPage();
    await other.goto(`${demo.node.url}/settings/app?app=${APP}`);
    await other.getByLabel('Time zone').fill('Asia/Tokyo');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByText('Saved.').waitFor();
    await other.close();

    await page.getByLabel('Name', { exact: true }).fill('Our Store');
    await press('Save');
    await page.getByText(/^Time zone Asia\/Tokyo \(was /).waitFor();
    await press('Take over, keep mine');
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
    await press('Save');
    await page.getByText('Saved.').waitFor();
    // The switcher says so as well.
    await page.getByRole('button', { name: /^App: Our Store/ }).waitFor();
    problems.splice(0, problems.length, ...problems.filter((text) => !/409/.test(text)));
  });

  test('keys are rotated, and a token is shown once', async () => {
    await open(`/settings/keys?app=${APP}`);
    await press('Make a new key');
    const keys = page.getByRole('list', { name: /^Public keys/ });
    await expect.poll(() => keys.getByRole('listitem').count()).toBe(2);
    const newest = (await keys.locator('code').first().textContent()) ?? '';
    await keys.getByRole('listitem').first().getByText('in the snippet').waitFor();
    await keys
      .getByRole('listitem')
      .nth(1)
      .getByRole('button', { name: /^End in 30 days/ })
      .click();
    await keys.getByRole('button', { name: /^Let it go on/ }).waitFor();

    await page.getByLabel('Name', { exact: true }).fill('Checkout server');
    await page.getByLabel('send events from a server').check();
    await press('Make the token');
    const token = (await page.locator('.shown-once code').textContent()) ?? '';
    expect(token).toMatch(/^dl_[\w-]{43}$/);
    await press('I have it');
    await page
      .getByRole('list', { name: 'API tokens' })
      .getByText(`…${token.slice(-4)}`)
      .waitFor();
    await page.reload();
    await page.getByRole('list', { name: 'API tokens' }).waitFor();
    expect(await page.content()).not.toContain(token);
    await open(`/settings/install?app=${APP}`);
    await page.locator('.snippet code').first().getByText(newest).waitFor();
  });

  test('somebody is invited, comes, sees what the role reaches and no more, and is given another', async () => {
    await open(`/settings/people?app=${APP}`);
    await page.getByLabel('Email').fill('grace@example.com');
    await page.getByRole('combobox', { name: /^Role/ }).last().selectOption('analyst');
    await press('Make an invitation');
    const link = (await page.locator('.shown-once code').textContent()) ?? '';
    await page.getByRole('list', { name: 'Open invitations' }).getByText('grace@example.com', { exact: true }).waitFor();

    const theirs = await (await browser.newContext()).newPage();
    const token = new URL(link).hash.slice(1);
    await theirs.goto(demo.node.url);
    const used = await theirs.request.post(`${demo.node.url}/api/links/use`, {
      headers: { origin: demo.node.url },
      data: { token, name: 'Grace', password: 'a wonderful long sentence' },
    });
    expect(used.ok()).toBe(true);
    await theirs.goto(`${demo.node.url}/settings/app`);
    await theirs.getByText('Admins of this app can change this.').waitFor();
    expect(await theirs.getByLabel('Name', { exact: true }).isDisabled()).toBe(true);
    expect(await theirs.getByRole('button', { name: 'Save' }).count()).toBe(0);
    expect(await theirs.getByRole('link', { name: 'Keys and tokens' }).count()).toBe(0);
    await theirs.goto(`${demo.node.url}/settings/keys`);
    await theirs.getByText(/takes the role admin/).waitFor();

    await page.reload();
    await page.getByRole('combobox', { name: 'Role of Grace' }).selectOption('admin');
    await page.getByText('Grace is admin now.').waitFor();
    // It counts within some seconds, everywhere.
    await expect.poll(async () => (await theirs.request.get(`${demo.node.url}/api/keys/${APP}`)).status(), { timeout: 10_000 }).toBe(200);
    await theirs.reload();
    await theirs.getByRole('list', { name: /^Public keys/ }).waitFor();
    await theirs.context().close();
  });

  test('the audit log says who did what, by name, and its address holds what is open', async () => {
    await open(`/audit?app=${APP}`);
    await page.getByText('Gave the role admin').click();
    await page.getByText('"role": "admin"').waitFor();
    const entry = page.url();
    expect(new URL(entry).searchParams.get('open')).toBeTruthy();
    await page.reload();
    await page.getByText('"role": "admin"').waitFor();
    await page.getByText('Rolled the capture settings back').waitFor();
    await page.getByText('Changed the app’s settings').first().waitFor();
    // The one that lost against the other.
    await page.locator('.audit-list .is-refused', { hasText: 'Changed the app’s settings' }).waitFor();
    await page.getByLabel('By whom, the whole name').fill('Nobody');
    await page.getByText('Nobody called “Nobody” did anything here').waitFor();
  });

  test.each(SCREENS)(
    '%s: in both themes, on a desk and a phone, nothing overflows or complains, and axe is content',
    async (name, path, ready) => {
      for (const { theme, ...viewport } of LOOKS) {
        await page.emulateMedia({ colorScheme: theme });
        await page.setViewportSize(viewport);
        await open(path);
        await page.getByText(ready).first().waitFor();
        await page.locator('.skeleton').waitFor({ state: 'detached' });
        await page.screenshot({ path: join(ROOT, `build/screens/settings-${name}-${theme}-${viewport.width}.png`) });
        const overflow = await page.evaluate(() => {
          const main = document.querySelector('main');
          return Math.max(document.documentElement.scrollWidth - innerWidth, main ? main.scrollWidth - main.clientWidth : 0);
        });
        expect(overflow).toBeLessThanOrEqual(0);
        expect(await seriousViolations(page)).toEqual([]);
      }
      expect(problems).toEqual([]);
    },
  );

  test('an app is deleted once its name is typed, with everything of it; then the next one is shown', async () => {
    await page.setViewportSize(LOOKS[0]);
    await open(`/settings/app?app=${APP}`);
    await press('Delete Our Store …');
    await page.getByLabel('Type Our Store to delete it').fill('Our Shop');
    expect(await page.getByRole('button', { name: 'Delete Our Store', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Type Our Store to delete it').fill('Our Store');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/settings/app?app=${DEMO_APP}`);
    await page.getByRole('button', { name: /^App: Fernweh/ }).waitFor();
    const gone = await page.request.get(`${demo.node.url}/api/sessions?app=${APP}`);
    expect(gone.status()).toBe(404);
  });
});

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
