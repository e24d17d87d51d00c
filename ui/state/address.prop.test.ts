import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAT_LAYERS } from '../../engine/protocol/api.ts';
import { WIDTH_CLASSES } from '../../engine/protocol/events.ts';
import { STATES } from '../../engine/protocol/lifecycle.ts';
import { DEFAULT_VIEW, linkTo, readView, type View, writeView } from './address.ts';

const views: fc.Arbitrary<View> = fc.record({
  app: fc.string(),
  range: fc.string(),
  text: fc.string({ unit: 'grapheme' }),
  device: fc.constantFrom('' as const, 'desktop' as const, 'mobile' as const, 'tablet' as const, 'other' as const),
  live: fc.boolean(),
  state: fc.constantFrom('' as const, ...STATES),
  sort: fc.string(),
  direction: fc.constantFrom('down' as const, 'up' as const),
  open: fc.string(),
  url: fc.webUrl(),
  layer: fc.constantFrom(...HEAT_LAYERS),
  width: fc.constantFrom('' as const, ...WIDTH_CLASSES),
  opacity: fc.integer({ min: 10, max: 100 }),
  table: fc.boolean(),
  at: fc.integer({ min: 0, max: 86_400 }),
  wireframe: fc.boolean(),
});

describe('address', () => {
  it('a view written into the address is the view read back', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(readView(writeView(view))).toEqual(view);
      }),
    );
  });

  it('any query reads as a view, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string(), (search) => {
        expect(Object.keys(readView(search))).toEqual(Object.keys(DEFAULT_VIEW));
      }),
    );
  });

  it('values out of range read as their defaults', () => {
    expect(readView('?opacity=900&state=GONE&layer=x&live=yes&at=-1')).toEqual(DEFAULT_VIEW);
  });

  it('the default view leaves the address clean', () => {
    expect(writeView(DEFAULT_VIEW)).toBe('');
  });

  it('a link to another page takes app and range along and nothing else', () => {
    const view: View = { ...DEFAULT_VIEW, app: 'shop', range: '24h', text: 'x', open: 'abc' };
    expect(linkTo(view, '/actors', { state: 'LISTEN' })).toBe('/actors?app=shop&range=24h&state=LISTEN');
  });
});
