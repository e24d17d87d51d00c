/** What the command palette finds. */
import type { LucideIcon } from 'lucide-preact';
import type { Action } from '../../engine/protocol/access.ts';
import { linkTo, type View } from '../state/address.ts';
import { PRESETS } from '../state/range.ts';
import { THEME_CHOICES } from '../state/theme.ts';
import type { Address, App, Workspace } from '../state/workspace.ts';
import { PAGES, pageOf, startOf } from './pages.ts';
import { THEME_LABELS } from './theme-menu.tsx';

export type Command = {
  readonly label: string;
  readonly kind: 'Page' | 'App' | 'Range' | 'Theme' | 'Action';
  readonly icon?: LucideIcon;
  readonly run: () => void;
};

/** Every command that one may give, in the order they are offered. @param may says what one may do in the chosen app */
export function commandsOf(
  workspace: Workspace,
  address: Address,
  apps: readonly App[],
  may: (action: Action) => boolean,
): readonly Command[] {
  const { view, change, go } = address;
  const page =
    (path: string, patch: Partial<View> = {}) =>
    () =>
      go(linkTo(view, path, patch));
  const only = (action: Action, command: Command) => (may(action) ? [command] : []);
  const ranged = pageOf(address.path)?.hasRange === true ? PRESETS : [];
  return [
    ...PAGES.filter((candidate) => (candidate.group || candidate.action === 'account') && may(candidate.action)).map(
      (candidate): Command => ({
        label: candidate.label,
        kind: 'Page',
        run: page(startOf(candidate)),
        ...(candidate.icon && { icon: candidate.icon }),
      }),
    ),
    ...only('reports.read', { label: 'Show sessions that are live', kind: 'Action', run: page('/sessions', { live: true }) }),
    ...only('actors.watch', { label: 'Show actors that are reconnecting', kind: 'Action', run: page('/actors', { state: 'CONNECT' }) }),
    { label: 'Copy a link to this view', kind: 'Action', run: () => void navigator.clipboard.writeText(location.href) },
    ...apps.map((app): Command => ({ label: app.name, kind: 'App', run: () => change({ app: app.key, open: '', url: '', width: '' }) })),
    ...ranged.map((preset): Command => ({ label: preset.label, kind: 'Range', run: () => change({ range: preset.id }) })),
    ...THEME_CHOICES.map(
      (choice): Command => ({
        label: `Theme: ${THEME_LABELS[choice].toLowerCase()}`,
        kind: 'Theme',
        run: () => workspace.theme.choose(choice),
      }),
    ),
  ];
}

/** Those whose words hold every word typed, in their order. */
export function findCommands<T extends { readonly label: string; readonly kind: string }>(
  commands: readonly T[],
  typed: string,
): readonly T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter((command) => {
    const text = `${command.label} ${command.kind}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
