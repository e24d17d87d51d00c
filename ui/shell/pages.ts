/** Every page there is: a file under pages/ and a row here. Navigation, routes and the command palette come from it. */
import { Activity, Cpu, Flame, List, type LucideIcon } from 'lucide-preact';
import type { AnyComponent } from 'preact';
import { lazy } from 'preact-iso';
import { PageMissing } from './page-missing.tsx';

export type Page = {
  readonly path: string;
  readonly label: string;
  /** Heading in the navigation; pages without one are reached from others. */
  readonly group?: 'Watch' | 'Operate';
  readonly icon?: LucideIcon;
  /** Shows what happened in the date range; else it shows what is now. */
  readonly hasRange: boolean;
  readonly component: AnyComponent;
};

/** Fetched when it is first opened. */
const page = (load: () => Promise<AnyComponent>): AnyComponent => lazy(() => load().catch(() => PageMissing));

export const PAGES: readonly Page[] = [
  {
    path: '/live',
    label: 'Live',
    group: 'Watch',
    icon: Activity,
    hasRange: false,
    component: page(() => import('../pages/live/live-page.tsx').then((module) => module.LivePage)),
  },
  {
    path: '/sessions',
    label: 'Sessions',
    group: 'Watch',
    icon: List,
    hasRange: true,
    component: page(() => import('../pages/sessions/sessions-page.tsx').then((module) => module.SessionsPage)),
  },
  {
    path: '/sessions/:session/replay',
    label: 'Replay',
    hasRange: false,
    component: page(() => import('../pages/replay/replay-page.tsx').then((module) => module.ReplayPage)),
  },
  {
    path: '/heatmaps',
    label: 'Heatmaps',
    group: 'Watch',
    icon: Flame,
    hasRange: true,
    component: page(() => import('../pages/heatmaps/heatmaps-page.tsx').then((module) => module.HeatmapsPage)),
  },
  {
    path: '/actors',
    label: 'Actors',
    group: 'Operate',
    icon: Cpu,
    hasRange: false,
    component: page(() => import('../pages/actors/actors-page.tsx').then((module) => module.ActorsPage)),
  },
];

/** Where the UI opens. */
export const START_PATH = '/live';

/** The page of an address, for what the shell shows around it. */
export function pageOf(path: string): Page | undefined {
  const shape = (pattern: string) => new RegExp(`^${pattern.replace(/:[a-z]+/g, '[^/]+')}/?$`);
  return PAGES.find((page) => shape(page.path).test(path));
}
