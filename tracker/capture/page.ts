import type { PageContext } from '../../engine/protocol/events.ts';
import { privacy } from './privacy.ts';

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
 * Makes the reader of the page's address and sizes. The same object is given until somebody says that they may have changed: whoever
 * changes the address, scrolls, or sees the page's size change. Looking on each move, if only at a clock, costs more than all else.
 * @param again reads now, and writes the address as it is written from now on (privacy.urlKeep): also in the object that was given before
 */
export function createPageReader(): (again?: boolean) => PageContext {
  let page: { -readonly [K in keyof PageContext]: PageContext[K] } | undefined;
  let href = '';
  return (again) => {
    if (page && !again) return page;
    if (page) page.url = stripAddress(href);
    href = location.href;
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
