import { describe, expect, it } from 'vitest';
import { type AppFields, appChanges } from './app-words.ts';

const app: AppFields = {
  name: 'Shop',
  origins: ['https://a.example'],
  timeZone: 'UTC',
  retention: { chunks: 30, sessions: null, rollups: null },
};

describe('what was changed of an app, in words', () => {
  it('is nothing where nothing was changed', () => {
    expect(appChanges(app, { ...app, origins: [...app.origins] })).toEqual([]);
  });

  it('says every field with both values', () => {
    const after: AppFields = {
      name: 'Store',
      origins: ['https://b.example'],
      timeZone: 'Europe/Berlin',
      retention: { chunks: null, sessions: 1, rollups: null },
    };
    expect(appChanges(app, after)).toEqual([
      'Name Store (was Shop)',
      'Origin https://b.example added',
      'Origin https://a.example removed',
      'Time zone Europe/Berlin (was UTC)',
      'Recorded events kept for ever (was 30 days)',
      'Sessions kept 1 day (was for ever)',
    ]);
  });
});
