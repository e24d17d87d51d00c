import type { StartOptions } from './api.ts';

/** True where the browser says that nobody may follow it: then no request is made, whatever the site was told. */
export function optedOut({ dnt }: StartOptions): boolean {
  return navigator.globalPrivacyControl || (dnt === 'respect' && navigator.doNotTrack === '1');
}
