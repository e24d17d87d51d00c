import { describe, expect, it } from 'vitest';
import { differingFields, mergeDraft } from './draft.ts';

const base = { name: 'Shop', origins: ['https://a.example'], timeZone: 'UTC' };

describe('a draft over what others changed meanwhile', () => {
  it('takes over what only they changed, and keeps what only I drafted', () => {
    const latest = { ...base, name: 'Store' };
    const draft = { ...base, origins: ['https://a.example', 'https://b.example'] };
    expect(mergeDraft(base, latest, draft)).toEqual({
      value: { name: 'Store', origins: ['https://a.example', 'https://b.example'], timeZone: 'UTC' },
      disputed: [],
    });
  });

  it('names what both changed to different ends, and leaves it as drafted', () => {
    const merged = mergeDraft(base, { ...base, name: 'Store' }, { ...base, name: 'Market' });
    expect(merged).toEqual({ value: { ...base, name: 'Market' }, disputed: ['name'] });
  });

  it('disputes nothing where both changed it to the same', () => {
    expect(mergeDraft(base, { ...base, name: 'Store' }, { ...base, name: 'Store' }).disputed).toEqual([]);
  });

  it('compares lists by what is in them', () => {
    expect(differingFields(base, { ...base, origins: [...base.origins] })).toEqual([]);
    expect(differingFields(base, { ...base, origins: [] })).toEqual(['origins']);
  });
});
