import type { TabKey, TabStore } from './capture/env.ts';

/**
 * The tab's own storage (sessionStorage). Values are taken, not read: they lie there only between two pages, so that a
 * duplicated tab, which copies the storage of a page that is alive, finds nothing and becomes a tab of its own.
 * @param app keeps apps of one origin apart
 */
export function createTabStore(app: string): TabStore {
  const prefix = `datalab.${app}.`;
  return {
    take(key) {
      try {
        const value = sessionStorage.getItem(prefix + key);
        sessionStorage.removeItem(prefix + key);
        return value;
      } catch {
        return null;
      }
    },
    put(key, value) {
      try {
        sessionStorage.setItem(prefix + key, value);
      } catch {
        // Refused or full: the next page begins a session of its own.
      }
    },
  };
}

const KEYS: readonly TabKey[] = ['tab', 'session', 'page'];

/** Removes all that an app has there. */
export const forget = (app: string) => KEYS.forEach(createTabStore(app).take);
