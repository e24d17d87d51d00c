import type { PageContext } from '../../engine/protocol/events.ts';

/** Sizes are read at most this often: reading them makes the browser lay the page out. */
const SIZE_MAX_AGE_MS = 1_000;

/** An address as it may leave the browser: without query and fragment, where tokens and searches stand. */
export function stripAddress(href: string): string {
  const { protocol, origin, pathname } = new URL(href, location.href);
  // The rest of a mailto: or tel: is a person.
  return protocol === 'http:' || protocol === 'https:' ? origin + pathname : protocol;
}

/** Makes the reader of the page's address and sizes. The same object is given until one of them changed. */
export function createPageReader(): () => PageContext {
  let page: PageContext | undefined;
  let href = '';
  let readMs = 0;
  return () => {
    const nowMs = performance.now();
    if (page && href === location.href && nowMs - readMs < SIZE_MAX_AGE_MS) return page;
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
