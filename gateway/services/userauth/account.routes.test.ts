import { TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodesBegun, Me, RecoveryCodes, SignIns } from '../../../engine/protocol/account.ts';
import { type Accounts, ADA, BOB, type Browser, openAccounts } from './fixture/accounts-world.ts';

const PHRASE = 'eleven green kettles';

let world: Accounts;
let hers: Browser;
beforeEach(async () => {
  world = await openAccounts();
  hers = await world.ada();
});
afterEach(() => world.close());

const account = async (browser: Browser) => (await browser.request<Me>('GET', '/api/account')).body;
const isSignedIn = async (browser: Browser) => (await browser.request('GET', '/api/account')).status === 200;
const signInsOf = async (browser: Browser) => (await browser.request<SignIns>('GET', '/api/account/sign-ins')).body.signIns;
const changePassword = (browser: Browser, old: string, password = PHRASE) =>
  browser.request('PUT', '/api/account/password', { old, password });
const removeCodes = (password: string) => hers.request('POST', '/api/account/codes/remove', { password });
const codeAt = (secret: string, steps = 0) => new TOTP({ secret }).generate({ timestamp: world.clock.nowMs() + steps * 30_000 });
const begin = async () => (await hers.request<CodesBegun>('POST', '/api/account/codes')).body;
const confirm = (code: string) => hers.request<RecoveryCodes & { code: string }>('PUT', '/api/account/codes', { code });

it('everybody changes their own name, and nothing else of themselves', async () => {
  const { his } = await world.bob(hers);
  expect((await his.request('PUT', '/api/account', { name: 'Robert' })).status).toBe(200);
  expect(await account(his)).toMatchObject({ name: 'Robert', isOwner: false, roles: { shop: 'viewer' } });
  expect(await account(hers)).toMatchObject({ name: 'Ada' });
  for (const more of [{ isOwner: true }, { roles: { shop: 'admin' } }, { email: 'x@lab.example' }, { id: 'x' }])
    expect((await his.request('PUT', '/api/account', { name: 'Robert', ...more })).status).toBe(400);
});

describe('a password that is changed', () => {
  it('ends all other sign-ins of its user, and not this one; the old one is over', async () => {
    const { his } = await world.bob(hers);
    const elsewhere = world.browser('home');
    await elsewhere.signIn(ADA.email, ADA.password);
    expect((await changePassword(hers, ADA.password)).status).toBe(200);
    expect([await isSignedIn(hers), await isSignedIn(elsewhere), await isSignedIn(his)]).toEqual([true, false, true]);
    expect((await world.browser().signIn(ADA.email, ADA.password)).status).toBe(401);
    expect((await world.browser().signIn(ADA.email, PHRASE)).status).toBe(200);
  });

  it('takes the old one, which is guessed no faster than at the sign-in, and locks the sign-in, too', async () => {
    for (let at = 0; at < 10; at++) expect((await changePassword(hers, `guess ${at}`)).status).toBe(401);
    const locked = await changePassword(hers, ADA.password);
    expect([locked.status, locked.body.code, locked.headers['retry-after']]).toEqual([429, 'sign-in-limited', '60']);
    expect((await removeCodes(ADA.password)).status).toBe(429);
    expect((await world.browser('home').signIn(ADA.email, ADA.password)).status).toBe(429);
    world.clock.advance(60_000);
    expect((await changePassword(hers, ADA.password)).status).toBe(200);
  });

  it('must not be weak: nothing is changed then', async () => {
    const elsewhere = world.browser('home');
    await elsewhere.signIn(ADA.email, ADA.password);
    for (const weak of ['password1234', 'qwertyuiop', 'ada@lab.example', 'aaaaaaaaaaaa'])
      expect((await changePassword(hers, ADA.password, weak)).body.code).toBe('password-weak');
    for (const wrong of ['x9$kfQ2!v', 'x'.repeat(257), ''])
      expect((await changePassword(hers, ADA.password, wrong)).body.code).toBe('query-invalid');
    expect(await isSignedIn(elsewhere)).toBe(true);
    expect((await elsewhere.signIn(ADA.email, ADA.password)).status).toBe(200);
  });

  it('by two at the same time is changed once', async () => {
    const elsewhere = world.browser('home');
    await elsewhere.signIn(ADA.email, ADA.password);
    const both = await Promise.all([
      changePassword(hers, ADA.password, PHRASE),
      changePassword(elsewhere, ADA.password, 'nine amber shovels'),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const right = both[0].status === 200 ? [PHRASE, hers] : ['nine amber shovels', elsewhere];
    expect((await world.browser().signIn(ADA.email, String(right[0]))).status).toBe(200);
    expect([await isSignedIn(hers), await isSignedIn(elsewhere)]).toEqual([right[1] === hers, right[1] === elsewhere]);
  });
});

describe('one-time codes', () => {
  it('are on once a code was confirmed, and not before', async () => {
    const { secret, uri } = await begin();
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    expect((await world.browser().signIn(ADA.email, ADA.password)).status).toBe(200);
    const wrong = String((Number(codeAt(secret)) + 1) % 1_000_000).padStart(6, '0');
    expect((await confirm(wrong)).body.code).toBe('query-invalid');
    expect(await account(hers)).toMatchObject({ hasCodes: false });
    expect((await confirm(codeAt(secret))).body.recoveryCodes).toHaveLength(10);
    expect(await account(hers)).toMatchObject({ hasCodes: true });
    expect((await world.browser().signIn(ADA.email, ADA.password)).body.code).toBe('code-needed');
  });

  it('nothing was begun: nothing is confirmed', async () => {
    expect((await confirm('123456')).body.code).toBe('query-invalid');
  });

  it('are confirmed by one of two at the same time', async () => {
    const { secret } = await begin();
    const both = await Promise.all([confirm(codeAt(secret)), confirm(codeAt(secret))]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const shown = both.find(({ status }) => status === 200)?.body.recoveryCodes[0];
    expect((await world.browser().signIn(ADA.email, ADA.password, shown)).status).toBe(200);
  });

  it('go with the password alone: they are neither removed nor replaced without', async () => {
    const { secret } = await begin();
    await confirm(codeAt(secret));
    world.clock.advance(60_000);
    expect((await removeCodes('not this one')).body.code).toBe('sign-in-refused');
    expect((await hers.request('POST', '/api/account/codes')).body.code).toBe('changed-meanwhile');
    expect((await confirm(codeAt(secret))).body.code).toBe('query-invalid');
    expect((await world.browser().signIn(ADA.email, ADA.password, codeAt(secret))).status).toBe(200);
    expect((await removeCodes(ADA.password)).status).toBe(200);
    expect(await account(hers)).toMatchObject({ hasCodes: false });
    expect((await world.browser().signIn(ADA.email, ADA.password)).status).toBe(200);
  });
});

describe('sign-ins', () => {
  it('are listed with when, by what and from where, the one that asks marked, the latest first, nobody else’s', async () => {
    await world.bob(hers);
    world.clock.advance(3_600_000);
    const phone = world.browser('street', 'Safari');
    await phone.signIn(ADA.email, ADA.password);
    const nowMs = world.clock.nowMs();
    const wanted = { lastUsedMs: nowMs, from: '10.0.x.x' };
    expect((await signInsOf(phone)).map(({ id: _, ...row }) => row)).toEqual([
      { ...wanted, startedMs: nowMs, browser: 'Safari', isThis: true },
      { ...wanted, startedMs: nowMs - 3_600_000, lastUsedMs: nowMs - 3_600_000, browser: 'Firefox', isThis: false },
    ]);
    expect(JSON.stringify(await signInsOf(phone))).not.toContain(phone.cookies.get('__Host-datalab'));
  });

  it('one of one’s own is ended, once; another user’s is not', async () => {
    const { his } = await world.bob(hers);
    const phone = world.browser('street', 'Safari');
    await phone.signIn(ADA.email, ADA.password);
    const [phones] = (await signInsOf(hers)).filter(({ browser }) => browser === 'Safari');
    const [bobs] = await signInsOf(his);
    const end = async (id = '') => (await hers.request('POST', `/api/account/sign-ins/${id}/end`, {})).status;
    expect([await end(bobs?.id), await end(phones?.id), await end(phones?.id)]).toEqual([404, 200, 404]);
    expect([await isSignedIn(his), await isSignedIn(phone), await isSignedIn(hers)]).toEqual([true, false, true]);
    expect((await his.signIn(BOB.email, BOB.password)).status).toBe(200);
  });

  it('a browser’s name is kept as it was said, cut', async () => {
    const long = world.browser('street', `<script>${'x'.repeat(5_000)}`);
    await long.signIn(ADA.email, ADA.password);
    expect((await signInsOf(long)).find(({ isThis }) => isThis)?.browser).toBe(`<script>${'x'.repeat(192)}`);
  });
});
