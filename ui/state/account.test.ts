import { describe, expect, it } from 'vitest';
import type { Me } from '../../engine/protocol/account.ts';
import type { Refusal } from '../../engine/protocol/hello.ts';
import { createAccount, mayUser, ownPath, roleIn, signInFrom } from './account.ts';
import type { Answer } from './api.ts';

const ada: Me = {
  id: 'u1',
  name: 'Ada',
  email: 'ada@x.example',
  isOwner: false,
  roles: { shop: 'analyst' },
  hasCodes: false,
  hasPassword: true,
};
const refusal = (code: string): Refusal => ({ code, message: 'No.', retry: false });
const SIGNED_OUT: Answer<Me> = { ok: false, reason: refusal('signed-out') };

/** An account whose questions the test answers, in order. */
function rig() {
  let nowMs = 0;
  const asked: ((answer: Answer<Me>) => void)[] = [];
  const account = createAccount(
    () => new Promise((resolve) => asked.push(resolve)),
    () => nowMs,
  );
  return {
    account,
    asked,
    at: (ms: number) => {
      nowMs = ms;
    },
  };
}

describe('who is signed in', () => {
  it('is not known before it was asked, and asked once at a time', async () => {
    const { account, asked } = rig();
    expect(account.me.value).toBeUndefined();
    const both = [account.check(), account.check()];
    expect(asked).toHaveLength(1);
    asked[0]?.({ ok: true, value: ada });
    await Promise.all(both);
    expect(account.me.value).toEqual(ada);
    void account.check();
    expect(asked).toHaveLength(2);
  });

  it('is nobody when the server says so', async () => {
    const { account, asked } = rig();
    const done = account.check();
    asked[0]?.(SIGNED_OUT);
    await done;
    expect(account.me.value).toBeNull();
    expect(account.refusal.value).toBeUndefined();
  });

  it('stays as it was while the server does not answer', async () => {
    const { account, asked } = rig();
    account.take(ada);
    const done = account.check();
    asked[0]?.({ ok: false, reason: refusal('no-answer') });
    await done;
    expect(account.me.value).toEqual(ada);
    expect(account.refusal.value).toBeUndefined();
  });

  it('is not known, and why is, when the server did not answer the first time', async () => {
    const { account, asked } = rig();
    const done = account.check();
    asked[0]?.({ ok: false, reason: refusal('no-answer') });
    await done;
    expect(account.me.value).toBeUndefined();
    expect(account.refusal.value?.code).toBe('no-answer');
    account.take(ada);
    expect(account.refusal.value).toBeUndefined();
  });

  it.each([SIGNED_OUT, { ok: true, value: { ...ada, name: 'Older' } } as const])(
    'is not changed by an answer that is older than the sign-in',
    async (answer) => {
      const { account, asked, at } = rig();
      at(10);
      const done = account.check();
      at(20);
      account.take(ada);
      asked[0]?.(answer);
      account.forget(15);
      await done;
      expect(account.me.value).toEqual(ada);
      account.forget(21);
      expect(account.me.value).toBeNull();
    },
  );
});

describe('what somebody is and may', () => {
  it('is by app, and everything for owners', () => {
    expect([roleIn(ada, 'shop'), roleIn(ada, 'other'), roleIn(ada, undefined), roleIn(ada, 'constructor')]).toEqual([
      'analyst',
      undefined,
      undefined,
      undefined,
    ]);
    expect(roleIn({ ...ada, isOwner: true }, 'other')).toBe('owner');
    expect([mayUser(ada, 'replays.read', 'shop'), mayUser(ada, 'actors.watch', 'shop'), mayUser(ada, 'reports.read', 'other')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('where one comes back to', () => {
  const origin = 'https://lab.example';

  it.each([
    ['/sessions?text=a%20b&open=s1', '/sessions?text=a%20b&open=s1'],
    ['/settings/app#x', '/settings/app#x'],
    [undefined, '/'],
    ['', '/'],
    ['sessions', '/'],
    ['https://evil.example/', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/.//evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/sign-in?next=/sign-in', '/'],
    ['/link/', '/'],
  ])('%j leads to %s', (next, path) => {
    expect(ownPath(next, origin)).toBe(path);
  });

  it('is what was left', () => {
    const left = '/sessions?text=a%20b&open=s1';
    const asked = new URL(signInFrom(left), origin).searchParams.get('next');
    expect(ownPath(asked ?? '', origin)).toBe(left);
    expect(signInFrom('/')).toBe('/sign-in');
  });
});
