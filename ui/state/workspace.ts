/** What every page shares, made once in main.tsx and handed down by context. */
import { createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Action } from '../../engine/protocol/access.ts';
import type { Me } from '../../engine/protocol/account.ts';
import type { AppList } from '../../engine/protocol/api.ts';
import type { LiveTopic } from '../../engine/protocol/live.ts';
import { type Account, mayUser } from './account.ts';
import { readView, type View, writeView } from './address.ts';
import type { LinkToken } from './link-token.ts';
import type { LiveClient, TopicMessage, WatchRequest } from './live-client.ts';
import type { PulseState } from './pulse.ts';
import type { Theme } from './theme.ts';

export type App = AppList['apps'][number];

export type Workspace = {
  readonly live: LiveClient;
  readonly pulse: PulseState;
  readonly theme: Theme;
  readonly account: Account;
  readonly link: LinkToken;
};

/** The apps that one sees, and how they are asked for again: after one was made, changed or taken away. */
export type Apps = { readonly apps: readonly App[]; readonly again: () => void };

export const WorkspaceContext = createContext<Workspace | undefined>(undefined);
export const AppContext = createContext<App | undefined>(undefined);
export const AppsContext = createContext<Apps>({ apps: [], again: () => {} });

/** Socket, pulse, theme, account and the token of a one-time link. */
export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error('used outside of the workspace');
  return workspace;
}

/** The chosen app. Pages are shown only once there is one, but for those that say that they need none. */
export function useApp(): App {
  const app = useMaybeApp();
  if (!app) throw new Error('used outside of an app');
  return app;
}

/** The chosen app, on pages that need none: undefined where one sees none at all. */
export const useMaybeApp = (): App | undefined => useContext(AppContext);

/** All apps that one sees. */
export const useApps = (): Apps => useContext(AppsContext);

/** Who is signed in. Pages are shown only once somebody is. */
export function useMe(): Me {
  const me = useWorkspace().account.me.value;
  if (!me) throw new Error('used while nobody is signed in');
  return me;
}

/** Says what one may do in the chosen app. The server decides; this hides what it would refuse. */
export function useMay(): (action: Action) => boolean {
  const me = useMe();
  const app = useMaybeApp()?.key;
  return (action) => mayUser(me, action, app);
}

/** The view in the address bar, and how to change it. */
export type Address = {
  readonly path: string;
  readonly view: View;
  /** Changes the view on this page. `replace` makes no step in the history: for what changes while typing or dragging. */
  readonly change: (patch: Partial<View>, how?: 'push' | 'replace') => void;
  readonly go: (url: string, how?: 'push' | 'replace') => void;
};

/** Reads and writes the address bar. */
export function useAddress(): Address {
  const { url, path, route } = useLocation();
  const question = url.indexOf('?');
  const view = readView(question < 0 ? '' : url.slice(question));
  return {
    path,
    view,
    // Patches the address as it is now: two changes within one paint must not undo each other.
    change: (patch, how = 'push') => route(location.pathname + writeView({ ...readView(location.search), ...patch }), how === 'replace'),
    go: (next, how = 'push') => route(next, how === 'replace'),
  };
}

/** Watches a topic while the component is shown; a changed request replaces the watch. @param request `null` watches nothing */
export function useWatch<T extends LiveTopic>(
  topic: T,
  request: Extract<WatchRequest, { type: `watch-${T}` }> | null,
  take: (message: TopicMessage<T>) => void,
): void {
  const { live } = useWorkspace();
  const latest = useRef(take);
  latest.current = take;
  const text = JSON.stringify(request);
  useEffect(() => {
    if (request === null) return;
    return live.watch(topic, request, (message) => latest.current(message));
  }, [topic, text]);
}
