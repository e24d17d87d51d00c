/**
 * The token of a one-time link, `/link#TOKEN`. It stands behind the `#`, which browsers send to nobody; from there it is taken at once, so
 * that neither the address bar nor the history keeps it. From then on it is in this page's memory alone.
 */
import { type ReadonlySignal, signal } from '@preact/signals';

/** '' where there was none. */
export type LinkToken = ReadonlySignal<string>;

/** Takes the token of this page's address, and of each link that is opened in this page later. */
export function createLinkToken(): LinkToken {
  const token = signal('');
  const take = () => {
    const { pathname, search, hash } = location;
    if (pathname.replace(/\/+$/, '') !== '/link' || hash.length < 2) return;
    token.value = hash.slice(1);
    history.replaceState(history.state, '', pathname + search);
  };
  take();
  addEventListener('hashchange', take);
  return token;
}
