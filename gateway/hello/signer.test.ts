import { describe, expect, it } from 'vitest';
import { Signer } from './signer.ts';

const signer = new Signer(Buffer.alloc(32, 1));
const REPORT = { version: 1, app: 'shop', erased: { visits: 2, sessions: 3 }, stays: ['a', 'b'] };

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
