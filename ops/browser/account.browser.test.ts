/**
 * Accounts as people meet them, on a real node in a real browser: the first address, signing in and out, an invitation, one-time codes,
 * and what a role does not reach. The tests follow each other as the first day of an installation does.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOTP } from 'otpauth';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { CodesBegun, OneTimeLink, User, UserList } from '../../engine/protocol/account.ts';
import { type Node, startNode } from '../../gateway/main.ts';
import { readSettings } from '../../gateway/settings.ts';
import { CHROMIUM_FLAGS } from './ensure-chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8');
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const OWNER = { name: 'Ada Lovelace', email: 'ada@lab.example', password: 'a bridge over quiet water' };
const VIEWER = { name: 'Grace Hopper', email: 'grace@lab.example', password: 'seven moths in the relay' };
const APP = { key: 'shop', name: 'Garden shop with everything that grows', origins: ['http://localhost:9'] };

const executablePath = inject('chromium');

describe.skipIf(!executablePath)('accounts', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'datalab-accounts-'));
  let node: Node;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let problems: string[];
  /** Addresses of all requests, and of the pages that they came from. */
  let addresses: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
    node = await startNode({ ...readSettings({}), port: 0, dataDir, logLevel: 'silent', apps: [APP] });
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const open = async (viewport = DESK, theme: 'light' | 'dark' = 'light') => {
    context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.on('request', (request) => addresses.push(request.url(), request.headers()['referer'] ?? ''));
    page.on('console', (message) => {
      // A refusal is an answer; the browser calls it an error.
      const isRefusal = /the server responded with a status of 4\d\d|WebSocket connection .* failed/.test(message.text());
      if (!isRefusal && ['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
  };
  const signIn = async ({ email, password }: { email: string; password: string }) => {
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
  };
  const signedIn = async (who: { email: string; password: string }) => {
    await page.goto(`${node.url}/sign-in`);
    await signIn(who);
    await page.waitForURL('**/live');
  };
  const fine = async (name: string) => {
    const { width } = page.viewportSize() ?? DESK;
    const theme = await page.evaluate(() => document.documentElement.dataset['theme']);
    await page.screenshot({ path: join(ROOT, `build/screens/${name}-${theme}-${width}.png`) });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await seriousViolations(page)).toEqual([]);
  };
  const menu = async (item: string | RegExp) => {
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('button', { name: item, exact: true }).click();
  };

  beforeEach(() => {
    problems = [];
    addresses = [];
  });
  afterEach(async () => {
    await context?.close();
    expect(problems).toEqual([]);
  });

  test('before the first account, signing in says where the address is that makes it', async () => {
    await open();
    await page.goto(`${node.url}/live`);
    await page.getByRole('heading', { name: 'Nobody has an account here yet' }).waitFor();
    await fine('needs-set-up');
  });

  test('the set-up address makes the owner; its token leaves the address bar at once, and stands in no address ever', async () => {
    const link = node.setUpUrl;
    const token = link.split('#')[1] ?? '';
    expect(token).toHaveLength(43);
    await open(PHONE, 'dark');
    await page.goto(link);
    await page.getByLabel('Name').waitFor();
    expect(page.url()).toBe(`${node.url}/link`);
    await fine('link-set-up');
    await page.getByLabel('Name').fill(OWNER.name);
    await page.getByLabel('Email').fill(OWNER.email);
    await page.getByLabel('Password', { exact: true }).fill('password123');
    await page.keyboard.press('Enter');
    await page.locator('.field .problem', { hasText: /\S/ }).waitFor();
    await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/live');
    await page.getByRole('button', { name: `Account of ${OWNER.name}` }).waitFor();
    expect(addresses.filter((address) => address.includes(token))).toEqual([]);

    await page.goto(link);
    await page.getByRole('heading', { name: 'This link is used up' }).waitFor();
    await fine('link-used');
    await page.goto(`${node.url}/link#${token.slice(1)}`);
    await page.getByRole('heading', { name: 'This link is not whole' }).waitFor();
  });

  test('whoever is signed out signs in, and is where they were; never on another site', async () => {
    await open();
    await page.goto(`${node.url}/sessions?range=30d&text=abc`);
    await page.waitForURL('**/sign-in?next=*');
    await signIn({ ...OWNER, password: 'wrong, and long enough' });
    await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
    await fine('sign-in-refused');
    await signIn(OWNER);
    await page.waitForURL('**/sessions?*');
    expect(page.url()).toBe(`${node.url}/sessions?range=30d&text=abc`);
    // Signed in already.
    await page.goto(`${node.url}/sign-in?next=${encodeURIComponent('//evil.example/')}`);
    await page.waitForURL(`${node.url}/live`);
    // The connection is there: the count comes by it.
    await page.locator('.connected', { hasText: /\d/ }).waitFor();
  });

  test('an invited viewer sees what a viewer may, and is told calmly what takes more', async () => {
    await open();
    await signedIn(OWNER);
    const answer = await context.request.post(`${node.url}/api/users/invitations?app=${APP.key}`, {
      data: { email: VIEWER.email, role: 'viewer' },
      headers: { origin: node.url },
    });
    const { link } = (await answer.json()) as OneTimeLink;
    await context.close();

    await open(PHONE);
    await page.goto(link);
    await page.getByRole('heading', { name: 'Take your invitation' }).waitFor();
    expect(await page.getByLabel('Email').inputValue()).toBe(VIEWER.email);
    await fine('link-invitation');
    await page.getByLabel('Name').fill(VIEWER.name);
    await page.getByLabel('Password', { exact: true }).fill(VIEWER.password);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/live');
    const account = page.getByRole('button', { name: /^Account of/ });
    for (const width of [PHONE.width, 640, 800, DESK.width]) {
      await page.setViewportSize({ ...DESK, width });
      const { x, width: own } = (await account.boundingBox()) ?? { x: width, width: 1 };
      expect(x + own, `the end of the top bar at ${width} px`).toBeLessThanOrEqual(width);
    }
    await page.getByRole('link', { name: 'Heatmaps' }).waitFor();
    expect(await page.locator('.shell > .nav li').allInnerTexts()).toEqual(['Live', 'Sessions', 'Heatmaps']);
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByText(`viewer of ${APP.name}`).waitFor();
    await fine('account-menu');
    await page.goto(`${node.url}/actors`);
    await page.getByRole('heading', { name: `Actors takes the role operator in ${APP.name}` }).waitFor();
    await fine('forbidden');
  });

  test('one-time codes: set up, asked for, replaced by a recovery code, turned off', async () => {
    await open(PHONE);
    await signedIn(VIEWER);
    await menu('Your account');
    await page.getByRole('button', { name: 'Set up one-time codes' }).click();
    const secret = (await page.locator('.secret code').innerText()).replaceAll(' ', '');
    await page.getByLabel('Code that it shows now').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByText(/^That is not the code/).waitFor();
    await fine('codes');
    const code = new TOTP({ secret }).generate();
    await page.getByLabel('Code that it shows now').fill(code);
    await page.keyboard.press('Enter');
    await page.locator('.recovery').waitFor();
    await fine('recovery-codes');
    const recovery = await page.locator('.recovery li').first().innerText();
    await page.getByLabel('I have kept them').check();
    await page.getByRole('button', { name: 'Done' }).click();
    await menu('Sign out');
    await page.waitForURL(`${node.url}/sign-in`);

    await signIn(VIEWER);
    await page.getByLabel('One-time code').waitFor();
    // The focus is there already. That code was used to confirm.
    await page.keyboard.type(code);
    await page.keyboard.press('Enter');
    await page.getByText(/^That code is wrong/).waitFor();
    await fine('sign-in-code');
    await page.keyboard.type(recovery);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/live');

    await menu('Your account');
    await page.getByRole('region', { name: 'One-time codes' }).getByLabel('Password', { exact: true }).fill(VIEWER.password);
    await page.getByRole('button', { name: 'Turn off one-time codes' }).click();
    await page.getByRole('button', { name: 'Set up one-time codes' }).waitFor();
  });

  test('a name and a password are changed, and the old password is none any more', async () => {
    await open(DESK, 'dark');
    await signedIn(VIEWER);
    await page.goto(`${node.url}/account`);
    await page.getByRole('listitem').filter({ hasText: 'this one' }).waitFor();
    await fine('account');
    await page.getByRole('textbox', { name: 'Name' }).fill('Grace B. Hopper');
    await page.keyboard.press('Enter');
    await page.getByText('Saved.').waitFor();
    await page.getByRole('button', { name: 'Account of Grace B. Hopper' }).waitFor();
    const before = VIEWER.password;
    await page.getByLabel('Password until now').fill('not my password');
    await page.getByLabel('New password').fill('nine moths in the relay');
    await page.keyboard.press('Enter');
    await page.getByText('That is not your password.').waitFor();
    await page.getByLabel('Password until now').fill(before);
    await page.keyboard.press('Enter');
    await page.getByText(/^Changed\./).waitFor();
    await menu('Sign out');
    await page.waitForURL(`${node.url}/sign-in`);
    await signIn(VIEWER);
    await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
    VIEWER.password = 'nine moths in the relay';
    await signIn(VIEWER);
    await page.waitForURL('**/live');
  });

  test('a sign-in ended elsewhere is over by itself, and its page comes back to where it was', async () => {
    await open(PHONE);
    await signedIn(VIEWER);
    await page.goto(`${node.url}/heatmaps`);
    await page.locator('.connected', { hasText: /\d/ }).waitFor();
    const [other, otherContext] = [page, context];
    await open();
    await signedIn(VIEWER);
    await page.goto(`${node.url}/account`);
    const rows = page.getByRole('region', { name: 'Where you are signed in' }).getByRole('listitem');
    await rows.first().waitFor();
    // Those of earlier tests are there as well; whichever is not this one is ended.
    const others = rows.filter({ hasNotText: 'this one' });
    for (let left = await others.count(); left > 0; left--) {
      await others.first().getByRole('button', { name: /^End/ }).click();
      await expect.poll(() => others.count()).toBe(left - 1);
    }
    await other.waitForURL(`${node.url}/sign-in?next=%2Fheatmaps`);
    let tries = 0;
    other.on('websocket', () => tries++);
    // This one is not over.
    await page.goto(`${node.url}/sessions`);
    await page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
    await page.locator('.connected', { hasText: /\d/ }).waitFor();
    expect(tries).toBe(0);
    await otherContext.close();
  });

  test('who lost the password, and not the authenticator, sets a new one and still needs a code', async () => {
    await open();
    await signedIn(OWNER);
    const headers = { origin: node.url };
    const users = (await (await context.request.get(`${node.url}/api/users`)).json()) as UserList;
    const viewer = users.users.find(({ email }) => email === VIEWER.email);
    const begun = (await (await context.request.post(`${node.url}/api/account/codes`, { headers })).json()) as CodesBegun;
    const code = new TOTP({ secret: begun.secret }).generate();
    await context.request.put(`${node.url}/api/account/codes`, { headers, data: { code } });
    const owner = users.users.find(({ email }) => email === OWNER.email);
    const linkOf = async (user: User | undefined) =>
      ((await (await context.request.post(`${node.url}/api/users/${user?.id}/reset`, { headers })).json()) as OneTimeLink).link;
    const [withCodes, without] = [await linkOf(owner), await linkOf(viewer)];
    await context.close();

    await open(PHONE);
    await page.goto(without);
    await expect.poll(() => page.getByLabel('Email').inputValue()).toBe(VIEWER.email);
    // Another link in the same page: the browser loads nothing for it, and it is looked at all the same.
    await page.goto(withCodes);
    await expect.poll(() => page.getByLabel('Email').inputValue()).toBe(OWNER.email);
    expect(page.url()).toBe(`${node.url}/link`);
    await page.getByLabel('New password', { exact: true }).fill('a tunnel under quiet water');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'The password is set' }).waitFor();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn({ ...OWNER, password: 'a tunnel under quiet water' });
    await page.getByLabel('One-time code').waitFor();
    await page.goto(without);
    await page.getByLabel('New password', { exact: true }).fill('ten moths in the relay');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/live');
    VIEWER.password = 'ten moths in the relay';
  });

  test('signing out everywhere is confirmed first', async () => {
    await open(PHONE, 'dark');
    await signedIn(VIEWER);
    await menu('Sign out everywhere …');
    const dialog = page.getByRole('dialog', { name: 'Sign out everywhere?' });
    await dialog.waitFor();
    await fine('sign-out-everywhere');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await menu('Sign out everywhere …');
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.waitForURL(`${node.url}/sign-in`);
    await page.goto(`${node.url}/account`);
    await page.waitForURL(`${node.url}/sign-in?next=%2Faccount`);
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
