import { describe, expect, it } from 'vitest';
import { requireStrong } from './strong-password.ts';

describe('a password that others would guess is refused', () => {
  it.each([
    ['password12', 'common, with digits behind'],
    ['Password123!', 'and capitals and a mark'],
    ['qwertyuiop', 'a row of keys'],
    ['1234567890', 'digits in a row'],
    ['iloveyou2026', 'common, and a year'],
    ['letmeinletmein', 'common, twice'],
    ['ＰＡＳＳＷＯＲＤ１２', 'wide letters'],
    ['aaaaaaaaaaaa', 'one character'],
    ['abababababab', 'two characters'],
    ['ada.lovelace42x', 'the email’s local part'],
    ['xADA.LOVELACEx', 'the same in capitals'],
  ])('%s: %s', (password) => {
    expect(() => requireStrong(password, 'Ada.Lovelace@lab.example')).toThrow(expect.objectContaining({ code: 'password-weak' }));
  });

  it.each(['correct horse battery', 'seven purple lanterns', 'tr0ub4dor&3x!', 'ÄÖÜ straße 漢字 наука', 'x9$kfQ2!vLp0'])(
    'and no other is: %s',
    (password) => {
      expect(() => requireStrong(password, 'Ada.Lovelace@lab.example')).not.toThrow();
      // A local part of two letters is in too many words.
      expect(() => requireStrong(password, 'at@lab.example')).not.toThrow();
    },
  );
});
