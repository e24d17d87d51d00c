import { DatalabError } from '../../engine/errors/errors.ts';
import { SERVICE_NAMES, SERVICES, type ServiceName } from './services.ts';

/**
 * Reads `user,config=http://10.0.0.5:8005`: services that run elsewhere, by their swarm name and port where no address is named.
 * @throws DatalabError `setting-invalid`
 */
export function parseElsewhere(text: string, variable: string): ReadonlyMap<ServiceName, string> {
  const found = new Map<ServiceName, string>();
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, word = '', url] = /^([a-z]+)(?:=(https?:\/\/[^/?#\s]+))?$/.exec(entry) ?? [];
    const name = SERVICE_NAMES.find((known) => known === word);
    if (!name) {
      throw new DatalabError(
        'setting-invalid',
        `${variable} has “${entry}”, but an entry is one of ${SERVICE_NAMES.join(', ')}, or one with its address, like user=http://user:8001.`,
      );
    }
    found.set(name, url ?? `http://${name}:${SERVICES[name].port}`);
  }
  return found;
}
