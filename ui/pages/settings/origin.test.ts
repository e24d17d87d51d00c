import { describe, expect, it } from 'vitest';
import { readOrigin } from './origin.ts';

describe('an origin as it is typed', () => {
  it.each([
    ['https://www.example.com', 'https://www.example.com'],
    ['  https://WWW.Example.com/shop?a=1#b ', 'https://www.example.com'],
    ['example.com', 'https://example.com'],
    ['localhost:5173', 'http://localhost:5173'],
    ['http://localhost:*', 'http://localhost:*'],
    ['https://example.com:443', 'https://example.com'],
    ['http://example.com:8080/', 'http://example.com:8080'],
    ['https://münchen.example', 'https://xn--mnchen-3ya.example'],
  ])('takes %s as %s', (typed, origin) => {
    expect(readOrigin(typed)).toEqual({ ok: true, value: origin });
  });

  it.each([
    '',
    '   ',
    'not an address',
    'https://',
    'ftp://example.com',
    'https://*.example.com',
    '*',
    'javascript:alert(1)',
    'https://[::1]',
  ])('says in one sentence why %j is none', (typed) => {
    const read = readOrigin(typed);
    expect(read.ok).toBe(false);
    expect(!read.ok && read.reason).toMatch(/^[A-Z].+\.$/);
  });
});
