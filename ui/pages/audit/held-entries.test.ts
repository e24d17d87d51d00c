import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../engine/protocol/administration.ts';
import { takeLatest, takeOlder } from './held-entries.ts';

const PAGE = 2;
const entries = (...ids: string[]): AuditEntry[] =>
  ids.map((id) => ({ id, atMs: 0, by: 'Ada', what: 'sign-in', from: '', status: 200, detail: '' }));

describe('the audit log page by page', () => {
  it('goes on until a page is not full', () => {
    let held = takeLatest(undefined, entries('5', '4'), PAGE);
    expect(held.isWhole).toBe(false);
    held = takeOlder(held, entries('3', '2'), PAGE);
    expect(held.isWhole).toBe(false);
    held = takeOlder(held, entries('1'), PAGE);
    expect(held).toEqual({ entries: entries('5', '4', '3', '2', '1'), isWhole: true });
  });

  it('takes what came meanwhile in front, each entry once', () => {
    const held = takeOlder(takeLatest(undefined, entries('5', '4'), PAGE), entries('3'), PAGE);
    expect(takeLatest(held, entries('6', '5'), PAGE)).toEqual({ entries: entries('6', '5', '4', '3'), isWhole: true });
  });

  it('begins anew where more came than a page holds, instead of leaving some out', () => {
    const held = takeLatest(undefined, entries('5', '4'), PAGE);
    expect(takeLatest(held, entries('8', '7'), PAGE)).toEqual({ entries: entries('8', '7'), isWhole: false });
  });

  it('that is empty is whole', () => {
    expect(takeLatest(undefined, [], PAGE)).toEqual({ entries: [], isWhole: true });
  });
});
