import { TOTP } from 'otpauth';
import { expect, it } from 'vitest';
import { type Codes, newRecoveryCodes, newSecret, stepOf, uriOf, use } from './one-time-codes.ts';

/** RFC 6238, appendix B: `12345678901234567890` in base32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const STEP_MS = 30_000;
const NOW_MS = 1_767_225_600_000;
const codeAt = (secret: string, timestamp: number) =>
  new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 }).generate({ timestamp });

it.each([
  [59, '287082', 1],
  [1_111_111_109, '081804', 37_037_036],
  [1_111_111_111, '050471', 37_037_037],
  [1_234_567_890, '005924', 41_152_263],
  [2_000_000_000, '279037', 66_666_666],
])('codes are those of RFC 6238: at %i s %s', (atSec, code, step) => {
  expect(stepOf(RFC_SECRET, code, atSec * 1_000)).toBe(step);
});

it('a code counts one step before and one after its own, and no longer', () => {
  const secret = newSecret();
  const codes: Codes = { secret, lastStep: 0, recovery: [] };
  const inWindow = [-2, -1, 0, 1, 2].map((steps) => use(codes, codeAt(secret, NOW_MS + steps * STEP_MS), NOW_MS) !== null);
  expect(inWindow).toEqual([false, true, true, true, false]);
});

it('a code counts once; nor does one count that is older than one that was used', () => {
  const secret = newSecret();
  const [older, code, newer] = [-1, 0, 1].map((steps) => codeAt(secret, NOW_MS + steps * STEP_MS)) as [string, string, string];
  const after = use({ secret, lastStep: 0, recovery: [] }, code, NOW_MS);
  if (!after) throw new Error('the code was not taken');
  expect(use(after, code, NOW_MS)).toBeNull();
  expect(use(after, older, NOW_MS)).toBeNull();
  expect(use(after, newer, NOW_MS)).not.toBeNull();
});

it('ten recovery codes count once each, as people type them; only their hashes are kept', () => {
  const { shown, hashes } = newRecoveryCodes();
  expect(new Set(shown).size).toBe(10);
  expect(shown.every((code) => /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/.test(code))).toBe(true);
  let codes: Codes = { secret: newSecret(), lastStep: 0, recovery: hashes };
  expect(JSON.stringify(codes)).not.toContain(shown[0]);
  for (const [at, code] of shown.entries()) {
    const typed = at % 2 === 0 ? code.toUpperCase() : code.replaceAll('-', ' ');
    const after = use(codes, typed, NOW_MS);
    if (!after) throw new Error(`${code} was not taken`);
    expect(after.recovery).toHaveLength(9 - at);
    expect(use(after, code, NOW_MS)).toBeNull();
    codes = after;
  }
});

it('what is no code is none', () => {
  const codes: Codes = { secret: newSecret(), lastStep: 0, recovery: newRecoveryCodes().hashes };
  for (const code of ['', '      ', '-', '12345', '1234567', 'abcdef', '١٢٣٤٥٦', 'x'.repeat(10_000)])
    expect(use(codes, code, NOW_MS)).toBeNull();
});

it('an authenticator reads who and what from the address', () => {
  const uri = new URL(uriOf(RFC_SECRET, 'ada+x@lab.example'));
  expect(decodeURIComponent(uri.pathname)).toContain('datalab:ada+x@lab.example');
  expect(Object.fromEntries(uri.searchParams)).toMatchObject({
    secret: RFC_SECRET,
    issuer: 'datalab',
    digits: '6',
    period: '30',
    algorithm: 'SHA1',
  });
});
