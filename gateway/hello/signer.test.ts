import { describe, expect, it } from 'vitest';
import { Signer } from './signer.ts';

const signer = new Signer(Buffer.alloc(32, 1));
const REPORT = { version: 1, app: 'shop', erased: { visits: 2, sessions: 3 }, stays: ['a', 'b'] };

describe('a visitor of one day', () => {
  const NOON_MS = Date.UTC(2026, 4, 17, 12);
  const of = (more: { app?: string; nowMs?: number; address?: string; userAgent?: string } = {}, by = signer) =>
    by.dayVisitorId(more.app ?? 'shop', more.nowMs ?? NOON_MS, more.address ?? '203.0', more.userAgent ?? 'Firefox');

  it('is the same from one midnight of UTC to the next', () => {
    const [first, last] = [Date.UTC(2026, 4, 17), Date.UTC(2026, 4, 18) - 1];
    expect(new Set([of(), of({ nowMs: first }), of({ nowMs: last })]).size).toBe(1);
  });

  it('is another one tomorrow, in another app, at another address, with another browser, and under another secret', () => {
    const others = [
      of({ nowMs: Date.UTC(2026, 4, 18) }),
      of({ app: 'blog' }),
      of({ address: '203.1' }),
      of({ userAgent: 'Chrome' }),
      of({}, new Signer(Buffer.alloc(32, 2))),
    ];
    expect(new Set([of(), ...others]).size).toBe(6);
  });
});

describe('a signed report', () => {
  it('is known again, in whatever order its keys come', () => {
    const signature = signer.reportSignature(REPORT);
    expect(Buffer.from(signature, 'base64url')).toHaveLength(32);
    const reordered = { stays: ['a', 'b'], erased: { sessions: 3, visits: 2 }, app: 'shop', version: 1 };
    expect(signer.hasSigned(reordered, signature)).toBe(true);
  });

  it('is refused when anything in it was altered, or another secret signed it', () => {
    const signature = signer.reportSignature(REPORT);
    const altered = [
      { ...REPORT, app: 'blog' },
      { ...REPORT, erased: { visits: 2, sessions: 4 } },
      { ...REPORT, stays: ['b', 'a'] },
      { ...REPORT, more: null },
      JSON.parse('{"__proto__": 1, "version": 1, "app": "shop", "erased": {"visits": 2, "sessions": 3}, "stays": ["a", "b"]}'),
    ];
    expect(altered.filter((report) => signer.hasSigned(report, signature))).toEqual([]);
    expect(signer.hasSigned(REPORT, `${signature.slice(0, -2)}AA`)).toBe(false);
    expect(signer.hasSigned(REPORT, signature.slice(0, 22))).toBe(false);
    expect(new Signer(Buffer.alloc(32, 2)).hasSigned(REPORT, signature)).toBe(false);
  });

  it('has a signature that serves for nothing else', () => {
    const text = JSON.stringify(REPORT);
    expect(signer.visitorId('report', text)).not.toBe(signer.reportSignature(REPORT).slice(0, 22));
    expect(signer.cookieOf(text)).not.toContain(signer.reportSignature(REPORT).slice(0, 22));
  });
});
