/** Above every page: where one is, what is live, and how to get elsewhere. */
import { Menu as MenuIcon, Search } from 'lucide-preact';
import type { App } from '../state/workspace.ts';
import { AccountMenu } from './account-menu.tsx';
import { AppMenu } from './app-menu.tsx';
import { Connected } from './connected.tsx';
import { RangeMenu } from './range-menu.tsx';
import { ThemeMenu } from './theme-menu.tsx';

type Props = {
  /** Undefined where one sees none. */ readonly app: App | undefined;
  readonly hasRange: boolean;
  readonly openDrawer: () => void;
  readonly openPalette: () => void;
};

export function TopBar({ app, hasRange, openDrawer, openPalette }: Props) {
  return (
    <header class="top-bar">
      <button type="button" class="plain icon only-narrow" onClick={openDrawer} aria-label="Pages">
        <MenuIcon size={18} />
      </button>
      {app && <AppMenu app={app} />}
      {hasRange && <RangeMenu />}
      <span class="gap" />
      {app && <Connected />}
      <button type="button" class="plain" onClick={openPalette} title="Commands (Ctrl K or ⌘ K)">
        <Search size={16} aria-hidden="true" />
        <span class="hidden-text">Commands</span>
        <span class="only-wide quiet">Ctrl K</span>
      </button>
      <ThemeMenu />
      <AccountMenu />
    </header>
  );
}
