import { TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { CodesBegun, Link, SignIns, User, UserList } from '../../../engine/protocol/account.ts';
import { type Accounts, ADA, BOB, type Browser, openAccounts } from './fixture/accounts-world.ts';
import { between } from './fixture/between.ts';
import { newToken } from './tokens.ts';

const DAY_MS = 86_400_000;
const PHRASE = 'eleven green kettles';
const BOB_GIVEN = { name: BOB.name, password: BOB.password };

let world: Accounts;
beforeEach(async () => {
  world = await openAccounts();
});
afterEach(() => world.close());

const me = async (browser: Browser) => (await browser.request('GET', '/api/account')).status;
const look = (token: string) => world.browser().request<Link & { code: string }>('POST', '/api/links/look', { token });
const enterToken = async (name: string, email: string) =>
  (await world.ask<{ token: string }>('userauth', 'POST', '/internal/userauth/enter', { body: { name, email } })).token;

describe('fifty uses of one link at once: one succeeds (faults 44)', () => {
  it.each(['set-up', 'invitation', 'reset', 'enter'])('%s', async (kind) => {
    const given = { name: 'Kim', email: 'kim@lab.example', password: PHRASE };
    let token = '';
    let body: object = {};
    if (kind === 'set-up') [token, body] = [await world.setUpToken(), given];
    else if (kind === 'enter') token = await enterToken('Kim', given.email);
    else {
      const hers = await world.ada();
      if (kind === 'invitation') [token, body] = [await world.invite(hers, given.email), { name: given.name, password: PHRASE }];
      else [token, body] = [await world.reset(hers, (await world.bob(hers)).id), { password: PHRASE }];
    }
    expect((await look(token)).body.kind).toBe(kind);
    const computed = world.passwords.computed;
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.browser().useToken(token, body)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 410 && answer.body.code === 'link-used')).toHaveLength(49);
    expect(answers.filter(({ headers }) => headers['set-cookie'] !== undefined)).toHaveLength(1);
    expect((await look(token)).status).toBe(410);
    // Once it was used, using it costs nothing.
    const after = world.passwords.computed;
    expect(after - computed).toBeLessThanOrEqual(50);
    await world.browser().useToken(token, body);
    expect(world.passwords.computed).toBe(after);
  });
});

describe('set-up', () => {
  it('makes the first owner, who is signed in and comes in by their password', async () => {
    const { status, body } = await world.browser().useToken(await world.setUpToken(), ADA);
    expect([status, body]).toMatchObject([200, { name: ADA.name, email: ADA.email, isOwner: true, hasPassword: true, hasCodes: false }]);
    expect((await world.browser().signIn(ADA.email, ADA.password)).status).toBe(200);
  });

  it('is over once somebody is there: no link is made, and one of before opens nothing', async () => {
    const token = await world.setUpToken();
    await enterToken('Ada', ADA.email);
    expect(await world.setUpToken()).toBe('');
    const eve = world.browser();
    expect((await eve.useToken(token, { ...ADA, email: 'eve@lab.example' })).body.code).toBe('user-exists');
    expect(await me(eve)).toBe(401);
    expect((await eve.signIn('eve@lab.example', ADA.password)).status).toBe(401);
  });

  it('a new link ends the one before', async () => {
    const before = await world.setUpToken();
    const token = await world.setUpToken();
    expect((await world.browser().useToken(before, ADA)).status).toBe(410);
    expect((await world.browser().useToken(token, ADA)).status).toBe(200);
  });

  it('what is missing or weak leaves the link as it was', async () => {
    const token = await world.setUpToken();
    const wrong = [
      [{ name: undefined }, 'query-invalid'],
      [{ email: undefined }, 'query-invalid'],
      [{ password: undefined }, 'query-invalid'],
      [{ password: 'x9$kfQ2!v' }, 'query-invalid'],
      [{ password: 'password1234' }, 'password-weak'],
      [{ password: 'ada@lab.example' }, 'password-weak'],
    ] as const;
    for (const [given, code] of wrong) {
      const { status, body } = await world.browser().useToken(token, { ...ADA, ...given });
      expect([given, status, body.code]).toEqual([given, 400, code]);
    }
    expect((await world.browser().useToken(token, ADA)).status).toBe(200);
  });
});

describe('a set-up whose account cannot be stored now', () => {
  async function failingOnce(isStored: boolean) {
    await world.close();
    let isFailing = true;
    world = await openAccounts({
      between: (documents) =>
        between(documents, 'users', (inner) => ({
          async insert(id, value) {
            if (!isFailing) return inner.insert(id, value);
            isFailing = false;
            if (isStored) await inner.insert(id, value);
            throw new DatalabError('store-away', 'No answer came.');
          },
        })),
    });
    const token = await world.setUpToken();
    expect((await world.browser().useToken(token, ADA)).body.code).toBe('store-away');
    return token;
  }

  it('is done later, with the same link', async () => {
    const token = await failingOnce(false);
    // For all that is known, it is being made.
    expect((await world.browser().useToken(token, ADA)).body.code).toBe('changed-meanwhile');
    world.clock.advance(30_000);
    expect((await world.browser().useToken(token, ADA)).body).toMatchObject({ isOwner: true });
    expect((await world.browser().signIn(ADA.email, ADA.password)).status).toBe(200);
  });

  it('or was stored all the same: its owner comes in by the password that they gave', async () => {
    const token = await failingOnce(true);
    expect((await world.browser().useToken(token, { ...ADA, password: PHRASE })).body.code).toBe('user-exists');
    const { status, body } = await world.browser().signIn(ADA.email, ADA.password);
    expect([status, body]).toMatchObject([200, { isOwner: true }]);
  });
});

describe('links expire by the clock', () => {
  it.each([
    ['set-up', 7],
    ['invitation', 7],
    ['reset', 1],
    ['enter', 1],
  ])('%s after %i days', async (kind, days) => {
    const hers = kind === 'set-up' ? null : await world.ada();
    const token = await tokenOf(kind, hers);
    world.clock.advance(days * DAY_MS - 1);
    expect((await look(token)).status).toBe(200);
    world.clock.advance(1);
    expect((await world.browser().useToken(token, { ...ADA, password: PHRASE })).body.code).toBe('link-used');
    expect((await look(token)).status).toBe(410);
  });

  async function tokenOf(kind: string, hers: Browser | null): Promise<string> {
    if (!hers) return world.setUpToken();
    if (kind === 'invitation') return world.invite(hers, 'new@lab.example');
    return kind === 'reset' ? world.reset(hers, (await world.bob(hers)).id) : enterToken('Ada', ADA.email);
  }
});

it('what was wrong with a link is nobody’s business: used, expired, unknown and altered are answered alike', async () => {
  const used = await world.setUpToken();
  await world.browser().useToken(used, ADA);
  const expired = await enterToken('Ada', ADA.email);
  world.clock.advance(DAY_MS);
  const answers = await Promise.all([used, expired, newToken(), `${used.slice(0, 42)}x`].map(look));
  for (const { status, body } of answers) expect([status, body]).toEqual([answers[0]?.status, answers[0]?.body]);
  expect(answers[0]?.status).toBe(410);
});

it('looking at a link says whose it is and for what, uses nothing up, and says no more', async () => {
  const hers = await world.ada();
  const token = await world.invite(hers, BOB.email);
  for (const _ of [1, 2]) expect(Object.keys((await look(token)).body).toSorted()).toEqual(['email', 'expiresMs', 'kind']);
  expect((await look(token)).body).toMatchObject({ kind: 'invitation', email: BOB.email });
});

describe('reset', () => {
  it('ends all sign-ins of its user and no other’s, signs this browser in, and the old password is over', async () => {
    const hers = await world.ada();
    const { his, id } = await world.bob(hers);
    const elsewhere = world.browser();
    await elsewhere.signIn(BOB.email, BOB.password);
    const anew = world.browser();
    expect((await anew.useToken(await world.reset(hers, id), { password: PHRASE })).status).toBe(200);
    expect([await me(his), await me(elsewhere), await me(anew), await me(hers)]).toEqual([401, 401, 200, 200]);
    expect((await world.browser().signIn(BOB.email, BOB.password)).status).toBe(401);
    expect((await world.browser().signIn(BOB.email, PHRASE)).status).toBe(200);
  });

  it('where codes are on, it signs nobody in: the new password and a code do', async () => {
    const hers = await world.ada();
    const { his, id } = await world.bob(hers);
    const { secret } = (await his.request<CodesBegun>('POST', '/api/account/codes')).body;
    const code = () => new TOTP({ secret }).generate({ timestamp: world.clock.nowMs() });
    await his.request('PUT', '/api/account/codes', { code: code() });
    world.clock.advance(60_000);
    const anew = world.browser();
    const used = await anew.useToken(await world.reset(hers, id), { password: PHRASE });
    expect([used.status, used.body.code, used.headers['set-cookie']]).toEqual([401, 'code-needed', undefined]);
    expect([await me(his), await me(anew)]).toEqual([401, 401]);
    expect((await anew.signIn(BOB.email, PHRASE)).body.code).toBe('code-needed');
    expect((await anew.signIn(BOB.email, PHRASE, code())).status).toBe(200);
  });

  it('a new link ends the one before; a password that was changed ends it, too', async () => {
    const hers = await world.ada();
    const { his, id } = await world.bob(hers);
    const [first, second] = [await world.reset(hers, id), await world.reset(hers, id)];
    expect((await look(first)).status).toBe(410);
    expect((await look(second)).status).toBe(200);
    await his.request('PUT', '/api/account/password', { old: BOB.password, password: PHRASE });
    expect((await look(second)).status).toBe(410);
  });

  it('of a user who was removed opens nothing', async () => {
    const hers = await world.ada();
    const { id } = await world.bob(hers);
    const token = await world.reset(hers, id);
    await hers.request('DELETE', `/api/users/${id}`);
    expect((await world.browser().useToken(token, { password: PHRASE })).status).toBe(410);
    expect((await world.browser().signIn(BOB.email, PHRASE)).status).toBe(401);
  });
});

describe('invitation', () => {
  it('makes an account with the role in that app alone, and signs in', async () => {
    const hers = await world.ada();
    const { his } = await world.bob(hers, 'analyst');
    expect((await his.request<User>('GET', '/api/account')).body).toMatchObject({ isOwner: false, roles: { shop: 'analyst' } });
  });

  it('of somebody who has an account by now gives the role, and touches neither password nor sign-ins', async () => {
    const hers = await world.ada();
    const [one, two] = [await world.invite(hers, BOB.email, 'viewer', 'shop'), await world.invite(hers, BOB.email, 'analyst', 'other')];
    const his = world.browser('home');
    await his.useToken(one, BOB_GIVEN);
    const eve = world.browser();
    const used = await eve.useToken(two, { name: 'Eve', password: PHRASE });
    expect([used.status, used.body.code, used.headers['set-cookie']]).toEqual([409, 'user-exists', undefined]);
    expect((await his.request<User>('GET', '/api/account')).body).toMatchObject({
      name: 'Bob',
      roles: { shop: 'viewer', other: 'analyst' },
    });
    expect((await world.browser().signIn(BOB.email, PHRASE)).status).toBe(401);
    expect((await world.browser().signIn(BOB.email, BOB.password)).status).toBe(200);
  });

  it('never sets the password of an account that has none', async () => {
    const hers = await world.ada();
    const token = await world.invite(hers, 'no@lab.example');
    await world.ask('user', 'POST', '/internal/user/users', { body: { name: 'No', email: 'no@lab.example', isOwner: true, roles: {} } });
    expect((await world.browser().useToken(token, { name: 'Eve', password: PHRASE })).body.code).toBe('user-exists');
    expect((await world.browser().signIn('no@lab.example', PHRASE)).status).toBe(401);
  });

  it('two for one email at once make one account', async () => {
    const hers = await world.ada();
    const tokens = [await world.invite(hers, BOB.email, 'viewer', 'shop'), await world.invite(hers, 'BOB@lab.example', 'analyst', 'other')];
    const answers = await Promise.all(tokens.map((token) => world.browser().useToken(token, BOB_GIVEN)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const { users } = (await hers.request<UserList>('GET', '/api/users')).body;
    const bobs = users.filter(({ email }) => email.toLowerCase() === BOB.email);
    expect(bobs.map(({ roles }) => roles)).toEqual([{ shop: 'viewer', other: 'analyst' }]);
    expect((await world.browser().signIn(BOB.email, BOB.password)).status).toBe(200);
  });

  it('that was taken back opens nothing', async () => {
    const hers = await world.ada();
    const token = await world.invite(hers, BOB.email);
    const { invitations } = (await hers.request<UserList>('GET', '/api/users?app=shop')).body;
    await hers.request('DELETE', `/api/users/invitations/${invitations[0]?.id}?app=shop`);
    expect((await look(token)).status).toBe(410);
    expect((await world.browser().useToken(token, BOB_GIVEN)).body.code).toBe('link-used');
  });
});

it('a link takes the place of whoever was signed in in this browser', async () => {
  const hers = await world.ada();
  const token = hers.cookies.get('__Host-datalab') ?? '';
  await hers.useToken(await world.invite(hers, BOB.email), BOB_GIVEN);
  expect((await hers.request<User>('GET', '/api/account')).body.email).toBe(BOB.email);
  hers.cookies.set('__Host-datalab', token);
  expect(await me(hers)).toBe(401);
});

it('enter is for somebody who is there; it makes an owner only while nobody is', async () => {
  const hers = world.browser();
  await hers.useToken(await enterToken('Ada', ADA.email));
  expect((await hers.request<User>('GET', '/api/account')).body).toMatchObject({ isOwner: true, hasPassword: false });
  await expect(enterToken('Eve', 'eve@lab.example')).rejects.toMatchObject({ code: 'user-unknown' });
  expect((await hers.request<SignIns>('GET', '/api/account/sign-ins')).body.signIns).toHaveLength(1);
});
