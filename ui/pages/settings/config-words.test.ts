import { describe, expect, it } from 'vitest';
import { type AppConfig, DEFAULT_APP_CONFIG, OPTIONAL_EVENTS } from '../../../engine/protocol/administration.ts';
import { configChanges, eventName } from './config-words.ts';

const changed = (patch: Partial<AppConfig>) => configChanges(DEFAULT_APP_CONFIG, { ...DEFAULT_APP_CONFIG, ...patch });

describe('what a version changed, in words', () => {
  it('is nothing where nothing was changed', () => {
    expect(changed({})).toEqual([]);
  });

  it('says which events were switched, either way', () => {
    const off: AppConfig['off'] = [...OPTIONAL_EVENTS.filter((kind) => kind === 'hover' || kind === 'move')];
    expect(changed({ off })).toEqual(['Hovers off', 'Pointer movement off']);
    expect(configChanges({ ...DEFAULT_APP_CONFIG, off }, DEFAULT_APP_CONFIG)).toEqual(['Hovers on', 'Pointer movement on']);
  });

  it('says both values of a field', () => {
    expect(changed({ moveSampleMs: 100, mask: '.price', recordingPercent: 20, consent: 'needed' })).toEqual([
      'Pointer sampled every 100 ms (was 50 ms)',
      'Sessions recorded 20 % (was 0 %)',
      'Masked .price (was nothing)',
      'Consent needed (was not needed)',
    ]);
  });

  it('tells goals apart by their names', () => {
    const bought = { name: 'Bought', by: 'url', match: '/thanks*' } as const;
    expect(changed({ goals: [bought] })).toEqual(['Goal “Bought” added: page /thanks*']);
    const before = { ...DEFAULT_APP_CONFIG, goals: [bought, { name: 'Signed up', by: 'event', match: 'signup' } as const] };
    const after = { ...DEFAULT_APP_CONFIG, goals: [{ ...bought, by: 'target', match: '#buy' } as const] };
    expect(configChanges(before, after)).toEqual(['Goal “Signed up” removed', 'Goal “Bought”: press on #buy (was page /thanks*)']);
  });

  it('has words for a change of every field there is', () => {
    const others: { [F in keyof AppConfig]: AppConfig[F] } = {
      off: ['click'],
      moveSampleMs: 10,
      hoverMinMs: 50,
      flushMs: 50,
      targetAttribute: 'data-x',
      vitals: true,
      recordingPercent: 1,
      mask: 'a',
      block: 'b',
      urlKeep: 'c',
      consent: 'needed',
      doNotTrack: 'respect',
      goals: [{ name: 'g', by: 'event', match: 'e' }],
      sessionsPerMin: 1,
    };
    for (const field of Object.keys(DEFAULT_APP_CONFIG) as (keyof AppConfig)[]) expect(changed({ [field]: others[field] })).toHaveLength(1);
  });

  it('has a name for every kind of events that can be off', () => {
    for (const kind of OPTIONAL_EVENTS) expect(eventName(kind)).toMatch(/^[A-Z]/);
  });
});
