/**
 * Fetches a page of an app's own website for a look at it. What it is sent for comes from a person, so it goes nowhere else: to the app's
 * origins alone, by addresses that are the internet's, without cookies.
 *
 *   url ─▶ one of the app's origins? ─▶ name → addresses ─▶ public? ─▶ connect to those ─▶ redirect? from the start, thrice at most
 */
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../../../engine/clock/clock.ts';
import { allowsOrigin } from '../../directory/directory.ts';
import { isOwnNetworkHost, isPublicAddress } from './public-address.ts';

/** All in all. Less than a service has to answer in (CALL_TIMEOUT_MS), so that it is said what took so long. */
export const PAGE_TIMEOUT_MS = 4_000;
/** What is beyond is not looked at. */
export const PAGE_MAX_BYTES = 2 * 1024 * 1024;
const REDIRECTS_MAX = 3;

export type Page = {
  /** After redirects. */ readonly url: URL;
  readonly status: number;
  readonly contentType: string;
  /** One an item. */ readonly securityPolicies: readonly string[];
  readonly html: string;
};

/** `problem`: one or two sentences: what was in the way, and what to do. */
export type Fetched = { readonly page: Page } | { readonly problem: string };

export type FetchOptions = {
  readonly clock: Clock;
  readonly origins: readonly string[];
  /** By which browsers reach us: pages of a network's own are fetched only where we are of it, too. */ readonly publicUrl: string;
  readonly resolve?: (host: string) => Promise<LookupAddress[]>;
};

const resolveAll = (host: string) => lookup(host, { all: true });

export async function fetchPage(wanted: string, options: FetchOptions): Promise<Fetched> {
  const aborted = new AbortController();
  let stop = () => {};
  const late = new Promise<Fetched>((resolve) => {
    stop = options.clock.after(PAGE_TIMEOUT_MS, () => {
      resolve({ problem: `The page did not answer within ${PAGE_TIMEOUT_MS / 1_000} seconds.` });
      aborted.abort();
    });
  });
  try {
    return await Promise.race([follow(wanted, options, aborted.signal), late]);
  } finally {
    stop();
    aborted.abort();
  }
}

async function follow(wanted: string, options: FetchOptions, signal: AbortSignal): Promise<Fetched> {
  let url = URL.parse(wanted);
  for (let redirects = 0; ; redirects++) {
    const problem = problemOf(url, options.origins, redirects > 0);
    if (url === null || problem) return { problem };
    const addresses = await addressesOf(url, options);
    if (!Array.isArray(addresses)) return addresses;
    const answer = await get(url, addresses, signal);
    if ('problem' in answer) return answer;
    const { status, location } = answer;
    if (![301, 302, 303, 307, 308].includes(status) || location === '') return { page: pageOf(url, answer) };
    if (redirects === REDIRECTS_MAX) return { problem: `The page redirects more than ${REDIRECTS_MAX} times.` };
    url = URL.parse(location, url.href);
  }
}

/** Empty if we may go there. */
function problemOf(url: URL | null, origins: readonly string[], isRedirect: boolean): string {
  if (!url || !/^https?:$/.test(url.protocol)) return 'This is no address of a page.';
  if (url.username || url.password) return 'The address holds a name or password; leave them out.';
  if (allowsOrigin({ origins }, url.origin)) return '';
  const what = isRedirect ? `The page redirects to ${url.origin}, which` : url.origin;
  return `${what} is not one of the app’s origins: sessions of its pages would be refused. Add it to them, or choose another page.`;
}

/** Names are resolved here, once; what they lead to later is of no matter. */
async function addressesOf({ hostname }: URL, { publicUrl, resolve = resolveAll }: FetchOptions): Promise<LookupAddress[] | Fetched> {
  let all: LookupAddress[];
  try {
    all = await resolve(hostname.replace(/^\[(.*)\]$/, '$1'));
  } catch {
    return { problem: `There is no host ${hostname}, as far as this server can see.` };
  }
  const mayBeOwn = isOwnNetworkHost(hostname) && isOwnNetworkHost(URL.parse(publicUrl)?.hostname ?? '');
  const addresses = all.filter(({ address }) => isPublicAddress(address) || (mayBeOwn && isOwnNetworkHost(address)));
  if (addresses.length > 0) return addresses;
  return {
    problem: `${hostname} is within a private network, where this server does not look. Open the page and see under Live whether it appears.`,
  };
}

type Answer = {
  readonly status: number;
  readonly location: string;
  readonly encoding: string;
  readonly contentType: string;
  readonly securityPolicies: readonly string[];
  readonly body: string;
};

/** @param addresses what the connection is made to, whatever the name says by then */
function get(url: URL, addresses: readonly LookupAddress[], signal: AbortSignal): Promise<Answer | { readonly problem: string }> {
  const [first] = addresses;
  const pinned: LookupFunction = (_host, { all }, done) =>
    all ? done(null, [...addresses]) : done(null, first?.address ?? '', first?.family);
  const headers = { accept: 'text/html', 'accept-encoding': 'identity', 'user-agent': 'datalab snippet check' };
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ problem: unreachable(url, error) });
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = send(url, { headers, agent: false, lookup: pinned, signal }, (response) => {
      readStart(response).then((body) => resolve(answerOf(response, body)), failed);
    });
    sent.on('error', failed).end();
  });
}

/** The first PAGE_MAX_BYTES. Leaving the loop ends the connection. */
async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= PAGE_MAX_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, PAGE_MAX_BYTES).toString();
}

function answerOf({ statusCode = 0, headers, headersDistinct }: IncomingMessage, body: string): Answer {
  return {
    status: statusCode,
    location: headers.location ?? '',
    encoding: headers['content-encoding'] ?? '',
    contentType: headers['content-type'] ?? '',
    // Each header may hold several.
    securityPolicies: (headersDistinct['content-security-policy'] ?? []).flatMap((header) => header.split(',')),
    body,
  };
}

function pageOf(url: URL, { status, contentType, encoding, securityPolicies, body }: Answer): Page {
  // What is packed in spite of being asked for as it is holds no tags that we could see.
  return { url, status, contentType, securityPolicies, html: ['', 'identity'].includes(encoding) ? body : '' };
}

function unreachable({ host }: URL, error: NodeJS.ErrnoException): string {
  const { code = '', message } = error;
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) return `${host} has no certificate that browsers would take: ${message}.`;
  if (code === 'ECONNREFUSED') return `${host} takes no connections.`;
  return `${host} cannot be reached: ${code || message}.`;
}
