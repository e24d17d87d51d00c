import { describe, expect, it } from 'vitest';
import { holdOrder } from './held-order.ts';

describe('held order', () => {
  it('rows stay where they are while held, and new ones are counted', () => {
    expect(holdOrder(['a', 'b'], ['c', 'd', 'b', 'a'], true)).toEqual({ order: ['a', 'b'], waiting: 2 });
  });

  it('rows that went away keep their place while held', () => {
    expect(holdOrder(['a', 'b'], ['b'], true)).toEqual({ order: ['a', 'b'], waiting: 0 });
  });

  it('the latest order is shown once let go', () => {
    expect(holdOrder(['a', 'b'], ['c', 'b'], false)).toEqual({ order: ['c', 'b'], waiting: 0 });
  });

  it('an empty list holds nothing back', () => {
    expect(holdOrder([], ['a'], true)).toEqual({ order: ['a'], waiting: 0 });
  });
});
