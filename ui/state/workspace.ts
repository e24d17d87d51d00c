/** What every page shares, made once in main.tsx and handed down by context. */
import { createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { AppList } from '../../engine/protocol/api.ts';
import type { LiveTopic } from '../../engine/protocol/live.ts';
import { readView, type View, writeView } from './address.ts';
import type { LiveClient, TopicMessage, WatchRequest } from './live-client.ts';
import type { PulseState } from './pulse.ts';
import type { Theme } from './theme.ts';

export type App = AppList['apps'][number];

export type Workspace = {
  readonly live: LiveClient;
  readonly pulse: PulseState;
  readonly theme: Theme;
};

export const WorkspaceContext = createContext<Workspace | undefined>(undefined);
export const AppContext = createContext<App | undefined>(undefined);

/** Socket, pulse and theme. */
export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (!workspace) throw new Error('used outside of the workspace');
  return workspace;
}

/** The chosen app. Pages are shown only once there is one. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('used outside of an app');
  return app;
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
