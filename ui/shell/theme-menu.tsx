/** System, light or dark. */
import { Monitor, Moon, Sun } from 'lucide-preact';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { THEME_CHOICES, type ThemeChoice } from '../state/theme.ts';
import { useWorkspace } from '../state/workspace.ts';

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;
/** What the choices are called. */
export const THEME_LABELS: Readonly<Record<ThemeChoice, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function ThemeMenu() {
  const { theme } = useWorkspace();
  const Icon = ICONS[theme.choice.value];
  return (
    <Menu label="Theme" button={<Icon size={16} aria-hidden="true" />}>
      {(close) => (
        <ul>
          {THEME_CHOICES.map((choice) => (
            <MenuItem
              key={choice}
              isChosen={theme.choice.value === choice}
              choose={() => {
                theme.choose(choice);
                close();
              }}
            >
              {THEME_LABELS[choice]}
            </MenuItem>
          ))}
        </ul>
      )}
    </Menu>
  );
}
