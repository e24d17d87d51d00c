import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OneTimeLink, User, UserList } from '../../../engine/protocol/account.ts';
import { type Accounts, BOB, type Browser, openAccounts } from '../userauth/fixture/accounts-world.ts';

let world: Accounts;
let hers: Browser;
beforeEach(async () => {
  world = await openAccounts();
  hers = await world.ada();
});
afterEach(() => world.close());

const list = async (browser: Browser, query = '') => (await browser.request<UserList>('GET', `/api/users${query}`)).body;
const idOf = async (browser: Browser) => (await browser.request<User>('GET', '/api/account')).body.id;
const invite = (browser: Browser, email: string, role: string, app = 'shop') =>
  browser.request<OneTimeLink & { code: string }>('POST', `/api/users/invitations?app=${app}`, { email, role });
const setRole = (browser: Browser, user: string, role: string | null, app = 'shop') =>
  browser.request<User & { code: string }>('PUT', `/api/users/${user}/role?app=${app}`, { role });
const setOwner = (browser: Browser, user: string, isOwner: boolean) => browser.request('PUT', `/api/users/${user}/owner`, { isOwner });

describe('somebody has to own the installation', () => {
  it('the last owner neither leaves nor is removed', async () => {
    const ada = await idOf(hers);
    expect((await setOwner(hers, ada, false)).body.code).toBe('owner-last');
    const removed = await hers.request('DELETE', `/api/users/${ada}`);
    expect([removed.status, removed.body.code]).toEqual([409, 'owner-last']);
    expect((await hers.request<User>('GET', '/api/account')).body.isOwner).toBe(true);
  });

  it.each([
    ['both leave', (browser: Browser, id: string) => setOwner(browser, id, false)],
    ['both are removed', (browser: Browser, id: string) => browser.request('DELETE', `/api/users/${id}`)],
  ])('of two owners at the same time, %s: one does', async (_what, leave) => {
    const { his, id } = await world.bob(hers);
    await setOwner(hers, id, true);
    const ada = await idOf(hers);
    const both = await Promise.all([leave(hers, ada), leave(his, id)]);
    expect(both.filter(({ body }) => body?.code === 'owner-last')).toHaveLength(1);
    const owners = await Promise.all(
      [ada, id].map((each) => world.ask<User>('user', 'GET', `/internal/user/users/${each}`).catch(() => null)),
    );
    expect(owners.filter((owner) => owner?.isOwner)).toHaveLength(1);
  });

  it('an owner who was removed does not count as the other one', async () => {
    const { id } = await world.bob(hers);
    await setOwner(hers, id, true);
    expect((await hers.request('DELETE', `/api/users/${id}`)).status).toBe(204);
    expect((await setOwner(hers, await idOf(hers), false)).body.code).toBe('owner-last');
  });

  it('of fifty who set up at the same time one is the first owner', async () => {
    const other = await openAccounts();
    const create = (at: number) =>
      other.ask('user', 'POST', '/internal/user/users', {
        body: { name: `${at}`, email: `${at}@lab.example`, isOwner: true, roles: {}, onlyFirst: true },
      });
    const made = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => create(at)));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await other.ask('user', 'GET', '/internal/user/count')).toEqual({ count: 1 });
    await other.close();
  });
});

describe('emails', () => {
  it('are one person’s whatever their capitals and their form of Unicode', async () => {
    const create = (email: string) =>
      world.ask<User>('user', 'POST', '/internal/user/users', { body: { name: 'Zoë', email, isOwner: false, roles: {} } });
    const { id } = await create('Zoë@lab.example');
    for (const same of ['zoë@LAB.example', 'zoe\u0308@lab.example']) {
      await expect(create(same)).rejects.toMatchObject({ code: 'user-exists' });
      const found = await world.ask<{ user: User | null }>('user', 'GET', `/internal/user/by-email?email=${encodeURIComponent(same)}`);
      expect(found.user).toMatchObject({ id, email: 'Zoë@lab.example' });
    }
  });

  it('two people with one email at the same time: one is made, and nobody is an owner by it', async () => {
    const create = (email: string) =>
      world.ask<User>('user', 'POST', '/internal/user/users', { body: { name: 'x', email, isOwner: true, roles: {} } });
    const made = await Promise.allSettled([create('two@lab.example'), create('TWO@lab.example')]);
    expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await list(hers)).users.filter(({ isOwner }) => isOwner)).toHaveLength(2);
  });
});

describe('invitations', () => {
  it('are handed over as a link whose token no server sees, are listed in their app, and end by being used', async () => {
    const { body } = await invite(hers, BOB.email, 'operator');
    expect(body.link).toMatch(/^https:\/\/lab\.example\/link#[A-Za-z0-9_-]{43}$/);
    expect(body.expiresMs).toBe(world.clock.nowMs() + 7 * 86_400_000);
    const wanted = { email: BOB.email, app: 'shop', role: 'operator', invitedBy: 'Ada' };
    expect((await list(hers, '?app=shop')).invitations).toMatchObject([wanted]);
    expect((await list(hers, '?app=other')).invitations).toEqual([]);
    await world.browser().useToken(body.link.split('#')[1] ?? '', { name: 'Bob', password: BOB.password });
    expect(await list(hers, '?app=shop')).toMatchObject({ users: [{ email: BOB.email, roles: { shop: 'operator' } }], invitations: [] });
  });

  it('one for an email in an app at a time: a new one ends the one before', async () => {
    const first = await world.invite(hers, BOB.email, 'viewer');
    const second = await world.invite(hers, BOB.email.toUpperCase(), 'analyst');
    expect((await list(hers, '?app=shop')).invitations).toMatchObject([{ role: 'analyst' }]);
    const given = { name: 'Bob', password: BOB.password };
    expect((await world.browser().useToken(first, given)).status).toBe(410);
    expect((await world.browser().useToken(second, given)).body.roles).toEqual({ shop: 'analyst' });
  });

  it('of somebody who has an account give the role at once, without a link', async () => {
    const { his } = await world.bob(hers);
    expect((await invite(hers, BOB.email.toUpperCase(), 'analyst', 'other')).body).toEqual({ link: '', expiresMs: 0 });
    expect((await his.request<User>('GET', '/api/account')).body.roles).toEqual({ shop: 'viewer', other: 'analyst' });
  });

  it('are for apps that there are, and never for more than an admin', async () => {
    for (const app of ['nothing', '__proto__', 'constructor'])
      expect((await invite(hers, BOB.email, 'viewer', app)).body.code).toBe('app-unknown');
    for (const role of ['owner', 'Viewer', '', 'constructor']) expect((await invite(hers, BOB.email, role)).status).toBe(400);
    expect((await list(hers)).invitations).toEqual([]);
  });

  it('expire after a week', async () => {
    await invite(hers, BOB.email, 'viewer');
    world.clock.advance(7 * 86_400_000 - 1);
    expect((await list(hers)).invitations).toHaveLength(1);
    world.clock.advance(1);
    expect((await list(hers)).invitations).toEqual([]);
  });

  it('are taken back by admins of their app alone, once', async () => {
    await invite(hers, 'new@lab.example', 'viewer');
    const { his } = await world.bob(hers);
    await setRole(hers, await idOf(his), 'admin', 'other');
    const [{ id } = { id: '' }] = (await list(hers)).invitations;
    const takeBack = async (browser: Browser, app: string) =>
      (await browser.request('DELETE', `/api/users/invitations/${id}?app=${app}`)).status;
    expect(await takeBack(his, 'shop')).toBe(403);
    expect(await takeBack(his, 'other')).toBe(404);
    expect(await takeBack(hers, 'shop')).toBe(204);
    expect(await takeBack(hers, 'shop')).toBe(404);
  });
});

describe('an admin', () => {
  it('sees who has a role in their app, and nothing of what they are elsewhere; owners see everybody', async () => {
    const { his, id } = await world.bob(hers, 'admin');
    const kim = world.browser();
    await kim.useToken(await world.invite(hers, 'kim@lab.example', 'viewer', 'other'), { name: 'Kim', password: 'nine amber shovels' });
    await setRole(hers, id, 'analyst', 'other');
    const { users } = await list(his, '?app=shop');
    expect(users.map(({ name, roles }) => ({ name, roles }))).toEqual([{ name: 'Bob', roles: { shop: 'admin' } }]);
    expect((await his.request('GET', '/api/users')).status).toBe(403);
    expect((await his.request('GET', '/api/users?app=other')).status).toBe(403);
    expect((await list(hers)).users.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Kim']);
  });

  it('gives and takes roles in their app alone, and is told of no other', async () => {
    const { his } = await world.bob(hers, 'admin');
    const kim = world.browser();
    await kim.useToken(await world.invite(hers, 'kim@lab.example', 'viewer', 'other'), { name: 'Kim', password: 'nine amber shovels' });
    const id = await idOf(kim);
    expect((await setRole(his, id, 'operator')).body).toMatchObject({ roles: { shop: 'operator' } });
    expect((await setRole(his, id, 'admin', 'other')).status).toBe(403);
    expect((await kim.request<User>('GET', '/api/account')).body.roles).toEqual({ other: 'viewer', shop: 'operator' });
    expect((await setRole(his, id, null)).body.roles).toEqual({});
    expect((await kim.request<User>('GET', '/api/account')).body.roles).toEqual({ other: 'viewer' });
    expect((await setRole(his, 'nobody', 'viewer')).body.code).toBe('user-unknown');
  });

  it('is no owner: resets no password, makes no owner, removes nobody', async () => {
    const { his, id } = await world.bob(hers, 'admin');
    const ada = await idOf(hers);
    expect((await setOwner(his, id, true)).status).toBe(403);
    expect((await his.request('POST', `/api/users/${ada}/reset`)).status).toBe(403);
    expect((await his.request('DELETE', `/api/users/${ada}`)).status).toBe(403);
    // Nor with an app in the address, in which they are an admin.
    expect((await his.request('DELETE', `/api/users/${ada}?app=shop`)).status).toBe(403);
  });
});

it('roles that two give at the same time in two apps both stay', async () => {
  const { id } = await world.bob(hers);
  await Promise.all([setRole(hers, id, 'operator', 'shop'), setRole(hers, id, 'analyst', 'other')]);
  expect((await world.ask<User>('user', 'GET', `/internal/user/users/${id}`)).roles).toEqual({ shop: 'operator', other: 'analyst' });
});

it('of a user who was removed nothing is left: account, roles, sign-ins, password', async () => {
  const { his, id } = await world.bob(hers);
  await his.request('POST', '/api/account/codes');
  expect((await hers.request('DELETE', `/api/users/${id}`)).status).toBe(204);
  await expect(world.ask('user', 'GET', `/internal/user/users/${id}`)).rejects.toMatchObject({ code: 'user-unknown' });
  expect((await hers.request('DELETE', `/api/users/${id}`)).status).toBe(404);
  expect((await list(hers)).users.map(({ name }) => name)).toEqual(['Ada']);
  // Whoever has the email next begins anew.
  const next = world.browser();
  const { body } = await next.useToken(await world.invite(hers, BOB.email, 'viewer', 'other'), {
    name: 'B',
    password: 'nine amber shovels',
  });
  expect(body).toMatchObject({ roles: { other: 'viewer' }, hasCodes: false });
  expect(body.id).not.toBe(id);
});

it('an app that is forgotten takes roles and invitations in it along, and no others (faults 47)', async () => {
  const { id } = await world.bob(hers);
  await setRole(hers, id, 'analyst', 'other');
  await invite(hers, 'new@lab.example', 'viewer', 'shop');
  await invite(hers, 'new@lab.example', 'viewer', 'other');
  await world.ask('user', 'POST', '/internal/user/forget-app', { body: { app: 'shop' } });
  expect((await world.ask<User>('user', 'GET', `/internal/user/users/${id}`)).roles).toEqual({ other: 'analyst' });
  expect((await list(hers)).invitations.map(({ app }) => app)).toEqual(['other']);
});
