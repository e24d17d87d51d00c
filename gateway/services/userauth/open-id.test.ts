import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Me, SignInWays } from '../../../engine/protocol/account.ts';
import { type Accounts, ADA, type Browser, openAccounts } from './fixture/accounts-world.ts';
import { startOpenIdProvider } from './fixture/openid-provider.ts';

const PATH = '/api/sign-in/openid';
const REFUSED = '/sign-in?refused=1';

let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
let world: Accounts;
beforeEach(async () => {
  provider = await startOpenIdProvider();
  world = await openAccounts({ openId: provider.setting });
});
afterEach(async () => {
  await world.close();
  await provider.close();
});

/** Goes to the provider and back. @returns the address within ours that the provider sends the browser to */
async function atProvider(browser: Browser): Promise<string> {
  const { headers } = await browser.request('GET', PATH);
  const back = await fetch(String(headers['location']), { redirect: 'manual' });
  const { pathname, search, origin } = new URL(back.headers.get('location') ?? '');
  expect([origin, pathname]).toEqual(['https://lab.example', `${PATH}/callback`]);
  return pathname + search;
}
/** @returns where it ends */
const come = async (browser: Browser, address: string) => (await browser.request('GET', address)).headers['location'];
const signIn = async (browser: Browser) => come(browser, await atProvider(browser));
const isSignedIn = async (browser: Browser) => (await browser.request<Me>('GET', '/api/account')).status === 200;

it('who has an account with the email that the provider has verified comes in by it, again and again', async () => {
  await world.ada();
  expect((await world.browser().request<SignInWays>('GET', '/api/sign-in')).body).toEqual({ needsSetUp: false, openId: 'Lab login' });
  for (const email of ['ada@lab.example', 'ADA@lab.example']) {
    provider.says({ email });
    const browser = world.browser();
    expect(await signIn(browser)).toBe('/');
    expect((await browser.request<Me>('GET', '/api/account')).body).toMatchObject({ name: 'Ada', isOwner: true });
    // What was remembered of the way there is forgotten.
    expect([...browser.cookies.keys()]).toEqual(['__Host-datalab']);
  }
});

it('what is remembered on the way lies in the browser: hidden from scripts, for ten minutes, for this path alone', async () => {
  const { headers, status } = await world.browser().request('GET', PATH);
  expect(status).toBe(302);
  const [, ...attributes] = String(headers['set-cookie']).split('; ');
  expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=600', `Path=${PATH}`, 'SameSite=Lax', 'Secure']);
  const asked = Object.fromEntries(new URL(String(headers['location'])).searchParams);
  expect(asked).toMatchObject({ scope: 'openid email', response_type: 'code', code_challenge_method: 'S256' });
  expect(Object.keys(asked).toSorted()).toEqual([
    'client_id',
    'code_challenge',
    'code_challenge_method',
    'nonce',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
  ]);
});

describe('nobody comes in, and nobody gets an account', () => {
  it.each([
    ['an email that nobody has here', { email: 'eve@lab.example' }],
    ['an email that is not verified', { email_verified: false }],
    ['an email of which nothing is said', { email_verified: undefined }],
    ['an email that is said to be verified in a word', { email_verified: 'true' }],
    ['no email', { email: undefined }],
    ['an email that is none', { email: { $ne: null } }],
    ['an email that is an operator in a list', { email: ['ada@lab.example'] }],
    ['a token for another question', { nonce: 'another' }],
    ['a token without its question', { nonce: undefined }],
    ['a token for another program', { aud: 'another' }],
    ['a token of another provider', { iss: 'https://evil.example' }],
    ['a token that has expired', { exp: 1_700_000_000 }],
    ['a token about nobody', { sub: '' }],
  ])('%s', async (_what, claims) => {
    await world.ada();
    provider.says(claims);
    const browser = world.browser();
    expect(await signIn(browser)).toBe(REFUSED);
    expect(browser.cookies.size).toBe(0);
    expect(await world.ask('user', 'GET', '/internal/user/count')).toEqual({ count: 1 });
  });

  it('a token that another key has signed', async () => {
    await world.ada();
    provider.signsByAnotherKey();
    expect(await signIn(world.browser())).toBe(REFUSED);
  });

  it('another state, a code of before, an error in place of a code', async () => {
    await world.ada();
    const browser = world.browser();
    const address = await atProvider(browser);
    const cookie = browser.cookies.get('datalab_openid') ?? '';
    const wrong = [address.replace(/state=[^&]+/, 'state=another'), address.replace(/&state=[^&]+/, ''), `${PATH}/callback`];
    for (const other of [...wrong, `${PATH}/callback?error=access_denied`]) {
      browser.cookies.set('datalab_openid', cookie);
      expect([other, await come(browser, other)]).toEqual([other, REFUSED]);
    }
    browser.cookies.set('datalab_openid', cookie);
    expect(await come(browser, address)).toBe('/');
    browser.cookies.clear();
    browser.cookies.set('datalab_openid', cookie);
    expect(await come(browser, address)).toBe(REFUSED);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('the first of all: an owner is not made by it', async () => {
    expect(await signIn(world.browser())).toBe(REFUSED);
    expect(await world.ask('user', 'GET', '/internal/user/count')).toEqual({ count: 0 });
  });
});

it('a way that another browser began, none, an altered one, and one that took longer than ten minutes are refused', async () => {
  await world.ada();
  const [mine, evil] = [world.browser(), world.browser()];
  // Eve sends the address of her own way to somebody else, who would be signed in as her.
  const evils = await atProvider(evil);
  expect(await come(world.browser(), evils)).toBe(REFUSED);
  await atProvider(mine);
  expect(await come(mine, evils)).toBe(REFUSED);
  const altered = world.browser();
  const address = await atProvider(altered);
  const [text = '', mac = ''] = (altered.cookies.get('datalab_openid') ?? '').split('.');
  const longer = Buffer.from(
    Buffer.from(text, 'base64url')
      .toString()
      .replace(/"untilMs":\d/, '"untilMs":9'),
  ).toString('base64url');
  for (const cookie of [`${longer}.${mac}`, `${text}.`, text, `${text}.${mac}x`, '.', 'null.null']) {
    altered.cookies.set('datalab_openid', cookie);
    expect([cookie, await come(altered, address)]).toEqual([cookie, REFUSED]);
  }
  const slow = world.browser();
  const late = await atProvider(slow);
  world.clock.advance(600_000);
  expect(await come(slow, late)).toBe(REFUSED);
});

it('who came in once is that person for ever: another subject with the same email is refused, also at the same time', async () => {
  await world.ada();
  const browsers = [world.browser(), world.browser()];
  const addresses: string[] = [];
  for (const browser of browsers) addresses.push(await atProvider(browser));
  let subjects = 0;
  provider.says({
    get sub() {
      subjects += 1;
      return `ada-${subjects}`;
    },
  });
  const ends = await Promise.all(browsers.map((browser, at) => come(browser, addresses[at] ?? '')));
  expect(ends.toSorted()).toEqual(['/', REFUSED]);
  provider.says({ sub: 'mallory' });
  for (const _ of [1, 2]) expect(await signIn(world.browser())).toBe(REFUSED);
});

it('a provider that is away is said, and asked again by the next', async () => {
  const hers = await world.ada();
  provider.goesAway(true);
  expect((await world.browser().request('GET', PATH)).body.code).toBe('service-away');
  expect((await world.browser().signIn(ADA.email, ADA.password)).status).toBe(200);
  provider.goesAway(false);
  expect(await signIn(hers)).toBe('/');
});

it('without a provider there is no such way', async () => {
  const other = await openAccounts();
  expect((await other.browser().request('GET', PATH)).status).toBe(404);
  await other.close();
});

it('nothing of it stands in the log or in the store, of a refused sign-in neither (faults 49)', async () => {
  await world.ada();
  await signIn(world.browser());
  provider.says({ email_verified: false });
  await signIn(world.browser());
  provider.says({ nonce: 'another' });
  await signIn(world.browser());
  await world.allWritten();
  expect(world.logged.filter((line) => line.includes('was refused'))).toHaveLength(2);
  const kept = world.logged.join('') + world.stored();
  expect(provider.given).toHaveLength(9);
  for (const secret of [...provider.given, provider.setting.clientSecret]) expect(kept).not.toContain(secret);
});
