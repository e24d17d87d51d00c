/** The pages under Settings, in the order of their navigation. */
import type { Action } from '../../../engine/protocol/access.ts';

export type SettingsPart = {
  readonly path: string;
  readonly label: string;
  /** What it takes to open it. */ readonly action: Action;
  /** About the installation, whatever app is chosen. */ readonly isOfAll?: boolean;
};

export const SETTINGS_PARTS = [
  { path: '/settings/app', label: 'App', action: 'settings.read' },
  { path: '/settings/install', label: 'Put it on your site', action: 'settings.read' },
  { path: '/settings/capture', label: 'Capture', action: 'settings.read' },
  { path: '/settings/keys', label: 'Keys and tokens', action: 'keys.manage' },
  { path: '/settings/people', label: 'People', action: 'people.manage' },
  { path: '/settings/apps', label: 'All apps', action: 'apps.manage', isOfAll: true },
  { path: '/settings/users', label: 'All users', action: 'users.manage', isOfAll: true },
] as const satisfies readonly SettingsPart[];
