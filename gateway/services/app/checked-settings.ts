/** What of an app's settings a schema cannot check. */
import { DatalabError } from '../../../engine/errors/errors.ts';
import type { AppCreate, AppDetail } from '../../../engine/protocol/administration.ts';

/** What every app has from the beginning. */
export type AppSettings = Omit<AppCreate, 'key'>;

/** @throws DatalabError `query-invalid` */
export function checkedSettings({ name, origins, timeZone }: AppSettings): AppSettings {
  if (!name.isWellFormed()) throw new DatalabError('query-invalid', 'name: it has half a character in it.');
  return { name, origins: checkedOrigins(origins), timeZone: checkedTimeZone(timeZone) };
}

/** Origins as browsers say them, each once: without the scheme's own port, numbers as addresses. */
function checkedOrigins(origins: readonly string[]): string[] {
  return [...new Set(origins.map(checkedOrigin))];
}

function checkedOrigin(text: string): string {
  const anyPort = text.endsWith(':*');
  const url = URL.parse(anyPort ? text.slice(0, -2) : text);
  if (!url) throw new DatalabError('query-invalid', `${text} is no origin that a browser could have.`);
  return anyPort ? `${url.origin}:*` : url.origin;
}

/** An IANA name. */
function checkedTimeZone(timeZone: string): string {
  // Intl takes offsets, too: they have no summer.
  if (/^[A-Za-z]/.test(timeZone)) {
    try {
      Intl.DateTimeFormat('en', { timeZone });
      return timeZone;
    } catch {
      // Said below.
    }
  }
  throw new DatalabError('query-invalid', `There is no time zone “${timeZone}”; they are called like Europe/Berlin.`);
}

/** @throws DatalabError `query-invalid` if chunks would be kept longer than the sessions that they are part of */
export function checkedRetention(retention: AppDetail['retention']): AppDetail['retention'] {
  const { chunks, sessions } = retention;
  if (sessions !== null && (chunks === null || chunks > sessions))
    throw new DatalabError('query-invalid', 'retention: recordings and events cannot be kept longer than their sessions.');
  return retention;
}
