/** Every page there is: a file under pages/ and a row here. Navigation, routes and the command palette come from it. */
import { Activity, Cpu, Flame, List, type LucideIcon, ScrollText, Settings } from 'lucide-preact';
import type { AnyComponent } from 'preact';
import { lazy } from 'preact-iso';
import type { Action } from '../../engine/protocol/access.ts';
import { PageMissing } from './page-missing.tsx';

export type Page = {
  /** As preact-iso reads it: `/a/:one`; `/a/:one?` where the navigation leads to `/a`. */
  readonly path: string;
  readonly label: string;
  /** What it takes to see it in the chosen app; `account`: to be signed in. */
  readonly action: Action;
  /** Heading in the navigation, `Foot` stands at its foot without one; pages without a group are reached from others. */
  readonly group?: 'Watch' | 'Operate' | 'Foot';
  readonly icon?: LucideIcon;
  /** Shows what happened in the date range; else it shows what is now. */
  readonly hasRange?: true;
  /** Is shown where one sees no app at all as well: it takes useMaybeApp() instead of useApp(). */
  readonly needsNoApp?: true;
  readonly component: AnyComponent;
};

/** Fetched when it is first opened. */
const page = (load: () => Promise<AnyComponent>): AnyComponent => lazy(() => load().catch(() => PageMissing));

export const PAGES: readonly Page[] = [
  {
    path: '/live',
    label: 'Live',
    action: 'reports.read',
    group: 'Watch',
    icon: Activity,
    component: page(() => import('../pages/live/live-page.tsx').then((module) => module.LivePage)),
  },
  {
    path: '/sessions',
    label: 'Sessions',
    action: 'reports.read',
    group: 'Watch',
    icon: List,
    hasRange: true,
    component: page(() => import('../pages/sessions/sessions-page.tsx').then((module) => module.SessionsPage)),
  },
  {
    path: '/sessions/:session/replay',
    label: 'Replay',
    action: 'replays.read',
    component: page(() => import('../pages/replay/replay-page.tsx').then((module) => module.ReplayPage)),
  },
  {
    path: '/heatmaps',
    label: 'Heatmaps',
    action: 'reports.read',
    group: 'Watch',
    icon: Flame,
    hasRange: true,
    component: page(() => import('../pages/heatmaps/heatmaps-page.tsx').then((module) => module.HeatmapsPage)),
  },
  {
    path: '/actors',
    label: 'Actors',
    action: 'actors.watch',
    group: 'Operate',
    icon: Cpu,
    component: page(() => import('../pages/actors/actors-page.tsx').then((module) => module.ActorsPage)),
  },
  {
    path: '/audit/:scope?',
    label: 'Audit',
    action: 'audit.read',
    group: 'Operate',
    icon: ScrollText,
    needsNoApp: true,
    component: page(() => import('../pages/audit/audit-page.tsx').then((module) => module.AuditPage)),
  },
  {
    path: '/settings/:part?',
    label: 'Settings',
    action: 'settings.read',
    group: 'Foot',
    icon: Settings,
    needsNoApp: true,
    component: page(() => import('../pages/settings/settings-page.tsx').then((module) => module.SettingsPage)),
  },
  {
    path: '/account',
    label: 'Your account',
    action: 'account',
    needsNoApp: true,
    component: page(() => import('../pages/account/account-page.tsx').then((module) => module.AccountPage)),
  },
];

/** Seen by everybody, without the shell around them. */
export const OPEN_PAGES: readonly Pick<Page, 'path' | 'label' | 'component'>[] = [
  {
    path: '/sign-in',
    label: 'Sign in',
    component: page(() => import('../pages/sign-in/sign-in-page.tsx').then((module) => module.SignInPage)),
  },
  {
    path: '/link',
    label: 'One-time link',
    component: page(() => import('../pages/sign-in/link-page.tsx').then((module) => module.LinkPage)),
  },
];

/** Where the UI opens. */
export const START_PATH = '/live';

/** The page of an address, for what the shell shows around it. */
export function pageOf(path: string): Page | undefined {
  const shape = (pattern: string) => new RegExp(`^${pattern.replace(/\/:[a-z]+\?/g, '(/[^/]+)?').replace(/:[a-z]+/g, '[^/]+')}/?$`);
  return PAGES.find((page) => shape(page.path).test(path));
}

/** Where the navigation leads to for a page: its path, without what need not follow. */
export const startOf = ({ path }: Page): string => path.replace(/\/:[a-z]+\?$/, '');
