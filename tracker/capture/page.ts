import type { PageContext } from '../../engine/protocol/events.ts';
import { privacy } from './privacy.ts';

/** Sizes are read at most this often: reading them makes the browser lay the page out. */
const SIZE_MAX_AGE_MS = 1_000;

/**
 * An address as it may leave the browser: without fragment and query, where tokens and searches stand, but for the parameters
 * that the site keeps, in their order.
 */
export function stripAddress(href: string): string {
  const { protocol, origin, pathname, searchParams } = new URL(href, location.href);
  for (const name of [...searchParams.keys()]) if (!name || !privacy.urlKeep.split(',').includes(name)) searchParams.delete(name);
  // The rest of a mailto: or tel: is a person.
  return protocol === 'http:' || protocol === 'https:' ? `${origin + pathname}?${searchParams}`.replace(/\?$/, '') : protocol;
}

/**
 * Makes the reader of the page's address and sizes. The same object is given until one of them changed, or a second has passed.
 * Whoever changes the address says so: comparing it on each move costs more than all else.
 * @param again reads now, and writes the address as it is written from now on (privacy.urlKeep): also in the object that was given before
 */
export function createPageReader(): (again?: boolean) => PageContext {
  let page: { -readonly [K in keyof PageContext]: PageContext[K] } | undefined;
  let href = '';
  let readMs = 0;
  return (again) => {
    if (again && page) page.url = stripAddress(href);
    const nowMs = performance.now();
    if (page && !again && nowMs - readMs < SIZE_MAX_AGE_MS) return page;
    href = location.href;
    readMs = nowMs;
    const root = document.documentElement;
    page = {
      url: stripAddress(href),
      viewportWidth: root.clientWidth,
      viewportHeight: root.clientHeight,
      pageWidth: root.scrollWidth,
      pageHeight: root.scrollHeight,
    };
    return page;
  };
}
