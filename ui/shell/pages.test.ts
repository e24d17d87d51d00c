import { describe, expect, it } from 'vitest';
import { PAGES, pageOf, startOf } from './pages.ts';

describe('the page of an address', () => {
  it.each([
    ['/live', 'Live'],
    ['/live/', 'Live'],
    ['/sessions/s1/replay', 'Replay'],
    ['/settings', 'Settings'],
    ['/settings/app', 'Settings'],
    ['/settings/app/more', undefined],
    ['/settingsapp', undefined],
    ['/sessions/s1', undefined],
    ['/', undefined],
  ])('%s is %s', (path, label) => {
    expect(pageOf(path)?.label).toBe(label);
  });

  it('every page of the navigation is reached at where the navigation leads', () => {
    const shown = PAGES.filter((page) => page.group);
    expect(shown.length).toBeGreaterThan(4);
    for (const page of shown) expect(pageOf(startOf(page))).toBe(page);
  });
});
