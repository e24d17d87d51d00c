import type { PageList, PageQuery } from '../protocol/api.ts';
import { WIDTH_CLASSES } from '../protocol/events.ts';
import type { Store } from '../store/store.ts';
import { dayRange } from './day-range.ts';

type Page = { url: string; views: number; clicks: number; timeMs: number; readonly widths: Set<string> };

/** Most addresses in one answer. */
const PAGES_MAX = 1_000;

/** The addresses of an app, most viewed first. */
export async function listPages(store: Pick<Store, 'readRollup'>, query: PageQuery): Promise<PageList> {
  const pages = new Map<string, Page>();
  for (const row of await store.readRollup('page', { app: query.app, ...dayRange(query) })) {
    const page = pages.get(row.url) ?? { url: row.url, views: 0, clicks: 0, timeMs: 0, widths: new Set() };
    pages.set(row.url, page);
    page.views += row.views;
    page.clicks += row.clicks;
    page.timeMs += row.timeMs;
    page.widths.add(row.widthClass);
  }
  const sorted = [...pages.values()].sort((a, b) => b.views - a.views || b.clicks - a.clicks || (a.url < b.url ? -1 : 1));
  return {
    pages: sorted
      .slice(0, PAGES_MAX)
      .map(({ widths, ...page }) => ({ ...page, widthClasses: WIDTH_CLASSES.filter((width) => widths.has(width)) })),
  };
}
