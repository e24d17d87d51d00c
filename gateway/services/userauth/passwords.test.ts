import { expect, it } from 'vitest';
import { CHEAP } from './fixture/accounts-world.ts';
import { Passwords } from './passwords.ts';

it('a hash is Argon2id at OWASP’s costs, salted, and says so itself', async () => {
  const passwords = new Passwords();
  const hash = await passwords.hash('correct horse');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await passwords.verify('correct horse', hash)).toBe(true);
  expect(await new Passwords(CHEAP).verify('correct horse', hash)).toBe(true);
  expect(await new Passwords(CHEAP).hash('correct horse')).not.toBe(await new Passwords(CHEAP).hash('correct horse'));
});

it('another password is wrong, in whatever it differs; the same in another form of Unicode is right', async () => {
  const passwords = new Passwords(CHEAP);
  const hash = await passwords.hash('Zoë likes ①');
  for (const other of ['Zoë likes ① ', 'zoë likes ①', 'Zoe likes ①', '', 'Zoë likes ①\0'])
    expect([other, await passwords.verify(other, hash)]).toEqual([other, false]);
  expect(await passwords.verify('Zoe\u0308 likes 1', hash)).toBe(true);
});

it('nobody’s password is always wrong, and costs one computation like everybody’s', async () => {
  const passwords = new Passwords(CHEAP);
  const hash = await passwords.hash('one');
  for (const of of [hash, undefined]) {
    const before = passwords.computed;
    expect(await passwords.verify('two', of)).toBe(false);
    expect(passwords.computed - before).toBe(1);
  }
});

it('a hash that was made at other costs is outdated, and stays right', async () => {
  const old = await new Passwords(CHEAP).hash('correct horse');
  const passwords = new Passwords({ ...CHEAP, passes: 2 });
  expect([passwords.isOutdated(old), await passwords.verify('correct horse', old)]).toEqual([true, true]);
  expect(passwords.isOutdated(await passwords.hash('correct horse'))).toBe(false);
});

it('a flood fills no memory: two are computed at a time, fifty wait, the others are refused; then there is room again', async () => {
  const passwords = new Passwords(CHEAP);
  let done = 0;
  let runningMax = 0;
  const flood = Array.from({ length: 60 }, async () => {
    await passwords.hash('x');
    done += 1;
    runningMax = Math.max(runningMax, passwords.computed - done);
  });
  const settled = await Promise.allSettled(flood);
  const refused = settled.filter((each) => each.status === 'rejected').map(({ reason }) => reason.code);
  expect(refused).toEqual(Array(8).fill('too-many-requests'));
  expect(passwords.computed).toBe(52);
  // Whoever waited may go on before whoever is done has said so.
  expect(runningMax).toBeLessThanOrEqual(2 + 2);
  await Promise.all(Array.from({ length: 52 }, () => passwords.hash('x')));
});

it('what is no hash of ours is an error, never a right password', async () => {
  const passwords = new Passwords(CHEAP);
  for (const broken of ['', 'x', '$argon2id$v=19$m=8,t=1,p=1$$', '$2b$10$abcdefghijklmnopqrstuv'])
    await expect(passwords.verify('', broken)).rejects.toMatchObject({ code: 'internal' });
});
