import { TOTP } from 'otpauth';
import { afterEach, describe, expect, it } from 'vitest';
import type { CodesBegun, RecoveryCodes, SignIns, SignInWays } from '../../../engine/protocol/account.ts';
import { type Accounts, type AccountsOptions, ADA, BOB, type Browser, CHEAP, openAccounts } from './fixture/accounts-world.ts';
import { between } from './fixture/between.ts';
import { Passwords } from './passwords.ts';
import { newToken } from './tokens.ts';

const DAY_MS = 86_400_000;

let world: Accounts;
async function setUp(options?: AccountsOptions) {
  world = await openAccounts(options);
  return { ...world, hers: await world.ada() };
}
afterEach(() => world.close());

const me = async (browser: Browser) => (await browser.request('GET', '/api/account')).status;
const signInsOf = async (browser: Browser) => (await browser.request<SignIns>('GET', '/api/account/sign-ins')).body.signIns;
const tokenIn = (browser: Browser) => browser.cookies.get('__Host-datalab') ?? '';

it('how one signs in is said to everybody: set up first, then by password', async () => {
  world = await openAccounts();
  const ways = async () => (await world.browser().request<SignInWays>('GET', '/api/sign-in')).body;
  expect(await ways()).toEqual({ needsSetUp: true, openId: '' });
  await world.ada();
  expect(await ways()).toEqual({ needsSetUp: false, openId: '' });
});

describe('nobody learns who has an account (faults 52)', () => {
  it('a wrong password, an unknown email and an account without a password are answered alike, at the same cost', async () => {
    const { browser, passwords, ask } = await setUp();
    await ask('user', 'POST', '/internal/user/users', { body: { name: 'No', email: 'no@lab.example', isOwner: false, roles: {} } });
    const answers = [];
    for (const email of [ADA.email, ADA.email.toUpperCase(), 'nobody@lab.example', 'no@lab.example']) {
      const before = passwords.computed;
      const { status, body, headers } = await browser().signIn(email, 'not this one');
      answers.push({ status, body, names: Object.keys(headers).sort(), computed: passwords.computed - before });
    }
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'sign-in-refused' }, computed: 1 });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('only who knows the password is asked for a code', async () => {
    const { browser, hers } = await setUp();
    await turnCodesOn(hers);
    expect((await browser().signIn(ADA.email, 'not this one')).body.code).toBe('sign-in-refused');
    expect((await browser().signIn(ADA.email, 'not this one', '123456')).body.code).toBe('sign-in-refused');
    expect((await browser().signIn(ADA.email, ADA.password)).body.code).toBe('code-needed');
  });

  it('a lock says the same of an email that there is and of one that there is not, and lets the right password not through', async () => {
    const { browser, passwords, clock } = await setUp();
    const answers = [];
    for (const email of [ADA.email, 'nobody@lab.example']) {
      for (let at = 0; at < 10; at++) expect((await browser(`${email} ${at}`).signIn(email, 'not this one')).status).toBe(401);
      const before = passwords.computed;
      const { status, body, headers } = await browser('elsewhere').signIn(email, ADA.password);
      answers.push({
        status,
        body,
        retryAfter: headers['retry-after'],
        cookie: headers['set-cookie'],
        computed: passwords.computed - before,
      });
    }
    expect(answers[0]).toMatchObject({ status: 429, body: { code: 'sign-in-limited' }, retryAfter: '60', computed: 0 });
    expect(answers[1]).toEqual(answers[0]);
    clock.advance(60_000);
    expect((await browser().signIn(ADA.email, ADA.password)).status).toBe(200);
  });
});

it('a source that failed thirty times waits, with a right password, too; others do not', async () => {
  const { browser } = await setUp();
  for (let at = 0; at < 30; at++) await browser('cellar').signIn(`${at}@lab.example`, 'not this one');
  expect((await browser('cellar').signIn(ADA.email, ADA.password)).headers['retry-after']).toBe('60');
  expect((await browser('office').signIn(ADA.email, ADA.password)).status).toBe(200);
});

it('fifty guesses at once are counted like fifty in a row', async () => {
  const { browser, passwords } = await setUp();
  const before = passwords.computed;
  const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => browser(`source ${at}`).signIn(ADA.email, `guess ${at}`)));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
  expect(passwords.computed - before).toBe(10);
});

it('a right sign-in gives a new token, and ends the sign-in that this browser had: another user’s as well', async () => {
  const { browser, hers, bob } = await setUp();
  await bob(hers);
  const shared = browser();
  await shared.signIn(ADA.email, ADA.password);
  const first = tokenIn(shared);
  await shared.signIn(ADA.email, ADA.password);
  const second = tokenIn(shared);
  await shared.signIn(BOB.email, BOB.password);
  expect(new Set([first, second, tokenIn(shared)]).size).toBe(3);
  for (const ended of [first, second]) {
    shared.cookies.set('__Host-datalab', ended);
    expect(await me(shared)).toBe(401);
  }
  expect(await signInsOf(hers)).toHaveLength(1);
});

it('a refused sign-in leaves the browser signed in as it was', async () => {
  const { hers } = await setUp();
  const { headers } = await hers.signIn(BOB.email, 'not this one');
  expect(headers['set-cookie']).toBeUndefined();
  expect(await me(hers)).toBe(200);
});

it.each([
  ['https://lab.example', '__Host-datalab', true],
  ['http://lab.example', 'datalab_ui', false],
])('the cookie at %s is %s, for this host alone, hidden from scripts', async (publicUrl, name, isSecure) => {
  const { browser } = await setUp({ publicUrl });
  const { headers } = await browser().signIn(ADA.email, ADA.password);
  const [first, ...attributes] = String(headers['set-cookie']).split('; ');
  expect(first).toMatch(new RegExp(`^${name}=[A-Za-z0-9_-]{43}$`));
  expect(attributes.toSorted()).toEqual(
    [`Max-Age=${30 * 86_400}`, 'Path=/', 'HttpOnly', ...(isSecure ? ['Secure'] : []), 'SameSite=Lax'].toSorted(),
  );
  expect(headers['cache-control']).toBe('no-store');
});

describe('a sign-in ends', () => {
  it('thirty days after it began, however much it is used', async () => {
    const { clock, hers } = await setUp();
    for (let day = 1; day < 30; day++) {
      clock.advance(DAY_MS);
      expect([day, await me(hers)]).toEqual([day, 200]);
    }
    clock.advance(DAY_MS - 1);
    expect(await me(hers)).toBe(200);
    clock.advance(1);
    expect(await me(hers)).toBe(401);
  });

  it('fourteen days after it was used last', async () => {
    const { clock, hers } = await setUp();
    clock.advance(14 * DAY_MS - 1);
    expect(await me(hers)).toBe(200);
    clock.advance(14 * DAY_MS);
    expect(await me(hers)).toBe(401);
  });

  it('and is removed within the hour', async () => {
    const removed = new Set<string>();
    const { clock, browser } = await setUp({
      between: (documents) =>
        between(documents, 'signIns', (inner) => ({
          remove(id) {
            removed.add(id);
            return inner.remove(id);
          },
        })),
    });
    await browser().signIn(ADA.email, ADA.password);
    clock.advance(14 * DAY_MS - 1);
    expect(removed.size).toBe(0);
    clock.advance(3_600_001);
    await expect.poll(() => removed.size).toBe(2);
  });

  it('when its browser signs out, and no other does', async () => {
    const { browser, hers } = await setUp();
    const elsewhere = browser('home');
    await elsewhere.signIn(ADA.email, ADA.password);
    const token = tokenIn(hers);
    expect((await hers.request('POST', '/api/sign-out', {})).status).toBe(200);
    expect(tokenIn(hers)).toBe('');
    hers.cookies.set('__Host-datalab', token);
    expect([await me(hers), await me(elsewhere)]).toEqual([401, 200]);
  });

  it('everywhere, if its user says so; no other user’s does', async () => {
    const { browser, hers, bob } = await setUp();
    const { his } = await bob(hers);
    const elsewhere = browser('home');
    await elsewhere.signIn(ADA.email, ADA.password);
    await hers.request('POST', '/api/sign-out', { everywhere: true });
    expect([await me(elsewhere), await me(his)]).toEqual([401, 200]);
  });

  it('with its user: whoever was removed is signed out', async () => {
    const { hers, bob } = await setUp();
    const { his, id } = await bob(hers);
    expect((await hers.request('DELETE', `/api/users/${id}`)).status).toBe(204);
    expect(await me(his)).toBe(401);
    expect((await his.signIn(BOB.email, BOB.password)).body.code).toBe('sign-in-refused');
  });
});

it('altered, swapped and made-up tokens are nobody’s (faults 45)', async () => {
  const { browser, hers, bob, reset } = await setUp();
  const { his, id } = await bob(hers);
  const token = tokenIn(hers);
  const link = await reset(hers, id);
  const [listed] = await signInsOf(hers);
  const altered = Array.from({ length: 43 }, (_, at) => `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`);
  const swapped = `${token.slice(0, 20)}${tokenIn(his).slice(20)}`;
  const others = [swapped, link, listed?.id ?? '', `${token}A`, token.slice(1), token.toLowerCase(), newToken(), '%00', '{"$ne":null}'];
  for (const name of ['__Host-datalab', 'datalab_ui']) {
    for (const other of [...altered, ...others]) {
      const stranger = browser();
      stranger.cookies.set(name, other);
      expect([other, await me(stranger)]).toEqual([other, 401]);
    }
  }
  // Nor is a sign-in's token a link.
  expect((await browser().useToken(token, { password: 'a long enough phrase' })).status).toBe(410);
  expect(await me(hers)).toBe(200);
});

it('when one was used is noted to the minute, and not written in between', async () => {
  const { clock, hers } = await setUp();
  const lastUsedMs = async () => (await signInsOf(hers))[0]?.lastUsedMs ?? 0;
  const first = await lastUsedMs();
  clock.advance(59_999);
  expect(await lastUsedMs()).toBe(first);
  clock.advance(1);
  expect(await lastUsedMs()).toBe(first + 60_000);
});

it('a hash that was made at other costs is made anew at the next right sign-in, and stays the same password', async () => {
  const password = await new Passwords({ ...CHEAP, passes: 2 }).hash(ADA.password);
  const { browser, hers, passwords } = await setUp({
    between: (documents) =>
      between(documents, 'credentials', (inner) => ({ insert: (id, value) => inner.insert(id, { ...value, password }) })),
  });
  const [before, answer] = [passwords.computed, await browser().signIn(ADA.email, ADA.password)];
  expect([answer.status, passwords.computed - before]).toEqual([200, 2]);
  expect((await browser().signIn(ADA.email, ADA.password)).status).toBe(200);
  expect(passwords.computed - before).toBe(3);
  expect(await me(hers)).toBe(200);
});

it('a sign-in by the old password that is under way while it is reset is refused, and leaves no sign-in', async () => {
  let reached = () => {};
  let goOn = () => {};
  const isReached = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let isHeld = false;
  const { browser, hers, bob, reset } = await setUp({
    between: (documents) =>
      between(documents, 'signIns', (inner) => ({
        async insert(id, value) {
          if (isHeld) {
            isHeld = false;
            reached();
            await mayGoOn;
          }
          return inner.insert(id, value);
        },
      })),
  });
  const { id } = await bob(hers);
  isHeld = true;
  const thief = browser('cellar');
  const stolen = thief.signIn(BOB.email, BOB.password);
  await isReached;
  const owner = browser('home');
  expect((await owner.useToken(await reset(hers, id), { password: 'eleven green kettles' })).status).toBe(200);
  goOn();
  expect((await stolen).body.code).toBe('sign-in-refused');
  expect(thief.cookies.size).toBe(0);
  expect(await signInsOf(owner)).toHaveLength(1);
});

describe('one-time codes at the sign-in', () => {
  it('each counts once: by two at the same time, one comes in', async () => {
    const { browser, hers, clock } = await setUp();
    const { codeAt } = await turnCodesOn(hers);
    clock.advance(60_000);
    const code = codeAt(0);
    const both = await Promise.all([0, 1].map((at) => browser(`source ${at}`).signIn(ADA.email, ADA.password, code)));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    expect((await browser().signIn(ADA.email, ADA.password, code)).body.code).toBe('code-needed');
    expect((await browser().signIn(ADA.email, ADA.password, codeAt(1))).status).toBe(200);
  });

  it('the one by which they were turned on counts no more', async () => {
    const { browser, hers } = await setUp();
    const { codeAt } = await turnCodesOn(hers);
    expect((await browser().signIn(ADA.email, ADA.password, codeAt(0))).body.code).toBe('code-needed');
  });

  it('a recovery code counts once, also by two at the same time', async () => {
    const { browser, hers } = await setUp();
    const { recoveryCodes } = await turnCodesOn(hers);
    const [code = '', other = ''] = recoveryCodes;
    const both = await Promise.all([0, 1].map((at) => browser(`source ${at}`).signIn(ADA.email, ADA.password, code)));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    expect((await browser().signIn(ADA.email, ADA.password, other.toUpperCase().replaceAll('-', ' '))).status).toBe(200);
  });

  it('guessing them is limited; that one is asked for at all is no failure', async () => {
    const { browser, hers } = await setUp();
    const { recoveryCodes } = await turnCodesOn(hers);
    for (let at = 0; at < 40; at++) expect((await browser().signIn(ADA.email, ADA.password)).body.code).toBe('code-needed');
    for (let at = 0; at < 10; at++)
      expect((await browser(`source ${at}`).signIn(ADA.email, ADA.password, `00000${at}`)).body.code).toBe('code-needed');
    expect((await browser().signIn(ADA.email, ADA.password, recoveryCodes[0])).body.code).toBe('sign-in-limited');
  });
});

/** @returns the recovery codes, and the code of some steps from now */
async function turnCodesOn(hers: Browser) {
  const { secret } = (await hers.request<CodesBegun>('POST', '/api/account/codes')).body;
  const codeAt = (steps: number) => new TOTP({ secret }).generate({ timestamp: world.clock.nowMs() + steps * 30_000 });
  const { recoveryCodes } = (await hers.request<RecoveryCodes>('PUT', '/api/account/codes', { code: codeAt(0) })).body;
  return { recoveryCodes, codeAt };
}
