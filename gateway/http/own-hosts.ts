import { SERVICE_NAMES } from '../services/services.ts';
import type { Settings } from '../settings.ts';

/** Says whether a Host header is one of ours. */
export type IsOwnHost = (host: string | undefined) => boolean;

/**
 * The names under which this node is asked by its own UI. A page of somebody else whose name is made to point here (DNS
 * rebinding) would be of the same origin as we are, and could read everything: its Host header gives it away.
 */
export function ownHosts({ host, publicUrl }: Pick<Settings, 'host' | 'publicUrl'>): IsOwnHost {
  // The services ask each other by their swarm names, which no page has.
  const own = new Set<string>(['localhost', '127.0.0.1', '[::1]', host, ...SERVICE_NAMES]);
  if (publicUrl) own.add(new URL(publicUrl).hostname);
  // A host and its port, and nothing that an address would take for something else, e.g. a name in front of @.
  return (asked = '') => !/[@/?#\\]/.test(asked) && own.has(URL.parse(`http://${asked}`)?.hostname ?? '');
}
