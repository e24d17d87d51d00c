/** Reads what somebody types as the origin of their site: a whole address is taken for the origin that it is of. */
import { ORIGIN_PATTERN } from '../../../engine/protocol/administration.ts';
import { ok, type Result, refuse } from '../../../engine/protocol/result.ts';

const ORIGIN = new RegExp(ORIGIN_PATTERN);
/** Only the port may be any, for development on one machine. */
const ANY_PORT = /^(https?:\/\/[^/:]+):\*\/?$/i;

/** @returns the origin as it is compared, or one sentence that says what is wrong */
export function readOrigin(typed: string): Result<string, string> {
  const text = typed.trim();
  if (text === '') return refuse('Type an address, like https://www.example.com.');
  if (/\s/.test(text)) return refuse('An address has no spaces.');
  const anyPort = ANY_PORT.exec(text)?.[1];
  if (anyPort !== undefined) return checked(`${anyPort.toLowerCase()}:*`);
  if (text.includes('*')) return refuse('Only the port may be *: name each site of yours.');
  // Nobody types the scheme of a site. On this machine it is http.
  const scheme = /^(localhost|127\.)/i.test(text) ? 'http' : 'https';
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${scheme}://${text}`);
  if (!url) return refuse('That is no address. It looks like https://www.example.com.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('Sites are reached by https:// or http://.');
  return checked(url.origin);
}

function checked(origin: string): Result<string, string> {
  return ORIGIN.test(origin) ? ok(origin) : refuse('That is no address of a site. It looks like https://www.example.com.');
}
