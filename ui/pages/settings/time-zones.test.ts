import { describe, expect, it } from 'vitest';
import { isTimeZone, timeIn, timeZones } from './time-zones.ts';

describe('time zones', () => {
  it('are those in which times can be told, each once', () => {
    const zones = timeZones();
    expect(zones).toContain('UTC');
    expect(zones).toContain('Europe/Berlin');
    expect(new Set(zones).size).toBe(zones.length);
    expect(zones.every(isTimeZone)).toBe(true);
  });

  it.each(['', 'Berlin', 'Europe/Nowhere', 'Europe/', '+01:00'])('%j is none', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });

  it('tell the time there', () => {
    expect(timeIn('Asia/Kolkata', Date.UTC(2026, 0, 1, 12))).toMatch(/17:30.*5:30/);
  });
});
