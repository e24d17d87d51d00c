/** Whether a page's content security policies let the tracker in (CSP 3, the part that is about scripts from elsewhere and connections). */

type Directives = ReadonlyMap<string, readonly string[]>;

export type Tracker = {
  readonly page: URL;
  readonly script: URL;
  /** Where it sends what it sees. */ readonly api: URL;
  readonly nonce: string;
};

/** What is in the tracker's way, and what it takes. */
export type Obstacle = { readonly directive: string; readonly missing: string };

/** @param policies each must be met @returns null if nothing is in the way */
export function obstacleOf(policies: readonly string[], tracker: Tracker): Obstacle | null {
  for (const policy of policies.map(directivesOf)) {
    const scripts = first(policy, 'script-src-elem', 'script-src', 'default-src');
    if (scripts && !allowsScript(scripts.sources, tracker)) return { directive: scripts.name, missing: tracker.script.origin };
    const connections = first(policy, 'connect-src', 'default-src');
    if (connections && !allows(connections.sources, tracker.api, tracker.page, false))
      return { directive: 'connect-src', missing: `${tracker.api.origin} ${tracker.api.origin.replace(/^http/, 'ws')}` };
  }
  return null;
}

function directivesOf(policy: string): Directives {
  const directives = new Map<string, readonly string[]>();
  for (const text of policy.split(';')) {
    const [name = '', ...sources] = text.trim().split(/\s+/);
    // Of two the first counts.
    if (name && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources);
  }
  return directives;
}

function first(policy: Directives, ...names: readonly string[]): { name: string; sources: readonly string[] } | undefined {
  const name = names.find((each) => policy.has(each));
  return name === undefined ? undefined : { name, sources: policy.get(name) ?? [] };
}

function allowsScript(sources: readonly string[], { page, script, nonce }: Tracker): boolean {
  if (nonce && sources.includes(`'nonce-${nonce}'`)) return true;
  if (sources.some((source) => source.toLowerCase() === "'strict-dynamic'")) return false;
  return allows(sources, script, page, true);
}

/** @param withPath paths are looked at; what the tracker connects to has others than its script */
function allows(sources: readonly string[], url: URL, page: URL, withPath: boolean): boolean {
  return sources.some((source) => matches(source, url, page, withPath));
}

const HOST_SOURCE = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|[^/:]+)(?::(\d+|\*))?(\/.*)?$/i;

function matches(source: string, url: URL, page: URL, withPath: boolean): boolean {
  if (source === '*') return true;
  if (source.toLowerCase() === "'self'") return url.host === page.host && isScheme(page.protocol, url);
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return isScheme(source.toLowerCase(), url);
  const parts = HOST_SOURCE.exec(source);
  if (source.startsWith("'") || !parts) return false;
  const [, scheme, host = '', port, path = ''] = parts;
  return (
    isScheme(scheme ? `${scheme.toLowerCase()}:` : page.protocol, url) &&
    isHost(host.toLowerCase(), url.hostname) &&
    (port === '*' || (port ?? '') === url.port || port === portOf(url)) &&
    (!withPath || path === '' || (path.endsWith('/') ? url.pathname.startsWith(path) : url.pathname === path))
  );
}

/** What allows http allows https, too. */
const isScheme = (allowed: string, { protocol }: URL) => allowed === protocol || (allowed === 'http:' && protocol === 'https:');

const isHost = (allowed: string, host: string) =>
  allowed === '*' || allowed === host || (allowed.startsWith('*.') && host.endsWith(allowed.slice(1)));

const portOf = ({ port, protocol }: URL) => port || (protocol === 'https:' ? '443' : '80');
