/** What people type and what they are given once stands nowhere in clear (faults 49, 52). */
import { TOTP } from 'otpauth';
import { expect, it } from 'vitest';
import type { CodesBegun, RecoveryCodes } from '../../../engine/protocol/account.ts';
import type { AuditList } from '../../../engine/protocol/administration.ts';
import { ADA, BOB, openAccounts } from './fixture/accounts-world.ts';

it('no password, token or code stands in a line of the log, in the audit log or in a database, whatever went wrong', async () => {
  const world = await openAccounts();
  const planted = new Set<string>([ADA.password, BOB.password]);
  const plant = (secret = '') => {
    expect(secret.length).toBeGreaterThanOrEqual(6);
    planted.add(secret);
    return secret;
  };
  const cookieOf = (browser: Awaited<ReturnType<typeof world.ada>>) => plant(browser.cookies.get('__Host-datalab'));

  plant(await world.setUpToken());
  const hers = await world.ada();
  cookieOf(hers);
  const { his, id } = await world.bob(hers);
  cookieOf(his);
  await world.browser().signIn(ADA.email, plant('a wrong guess of Ada’s'));
  await world.browser().signIn('nobody@lab.example', plant('a guess of nobody’s'));
  await hers.request('PUT', '/api/account/password', { old: plant('not the old password'), password: plant('four yellow bridges') });
  await hers.request('PUT', '/api/account/password', { old: ADA.password, password: plant('password-12345') });
  await hers.request('PUT', '/api/account/password', { old: ADA.password, password: plant('nine silent harbours') });
  const { secret } = (await hers.request<CodesBegun>('POST', '/api/account/codes')).body;
  const codeAt = (steps: number) => new TOTP({ secret }).generate({ timestamp: world.clock.nowMs() + steps * 30_000 });
  const confirmed = await hers.request<RecoveryCodes>('PUT', '/api/account/codes', { code: codeAt(0) });
  for (const code of confirmed.body.recoveryCodes) plant(code);
  await hers.signIn(ADA.email, 'nine silent harbours', confirmed.body.recoveryCodes[0]);
  cookieOf(hers);
  await world.browser().signIn(ADA.email, 'nine silent harbours', plant('zzzz-yyyy-xxxx-wwww'));
  await hers.request('POST', '/api/account/codes/remove', { password: plant('nor is this the one') });
  // Used, refused as weak, used twice, and never used.
  const token = plant(await world.reset(hers, id));
  await his.useToken(token, { password: plant('qwertyuiop-1') });
  await his.useToken(token, { password: plant('seven copper whistles') });
  await his.useToken(token, { password: plant('three velvet ladders') });
  plant(await world.invite(hers, 'new@lab.example'));
  // A body that is refused, a password in a wrong place, one that is no JSON: errors quote what they do not understand.
  await hers.request('POST', '/api/sign-in', { email: ADA.email, password: plant('twelve broken mirrors'), more: 1 });
  await hers.request('POST', '/api/sign-in', { email: ADA.email, password: [plant('six hollow trumpets')] });
  await world.server.inject({
    method: 'POST',
    url: '/api/sign-in',
    headers: { host: 'lab.example', 'content-type': 'application/json' },
    payload: `{"email":"x@x","password":"${plant('two crooked chimneys')}`,
  });
  await world.browser().request('GET', `/api/links/${token}?token=${token}`);
  await world.allWritten();

  // It is this log that is read.
  world.server.log.trace('the last line');
  expect(world.logged.at(-1)).toContain('the last line');
  const audit = (await hers.request<AuditList>('GET', '/api/audit?limit=200')).body;
  const acts = new Set(audit.entries.map(({ what }) => what));
  for (const act of ['sign-in', 'link.use', 'account.password', 'account.codes', 'account.codes-remove', 'user.reset', 'user.invite'])
    expect(acts).toContain(act);
  const stored = world.stored();
  expect(stored).toContain(ADA.email);
  for (const [where, text] of Object.entries({ log: world.logged.join(''), audit: JSON.stringify(audit), stored }))
    expect([where, [...planted].filter((each) => text.includes(each))]).toEqual([where, []]);
  expect(planted.size).toBeGreaterThan(30);
  await world.close();
});
