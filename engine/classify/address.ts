/** Schemes that a page or a referrer may have. Android apps name themselves as referrers. */
const SCHEMES = ['http:', 'https:', 'android-app:'];

/** An address without query, fragment and credentials, e.g. `https://shop.example/basket`; '' if it is none. */
export function pageAddress(address: string): string {
  const url = URL.parse(address);
  if (!url || !SCHEMES.includes(url.protocol)) return '';
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** The referrer as it is kept: like pageAddress, and '' when it is of the page's own host, which is never a referrer. */
export function referrerAddress(referrer: string, page: string): string {
  const from = URL.parse(referrer);
  return from && from.host !== URL.parse(page)?.host ? pageAddress(referrer) : '';
}
