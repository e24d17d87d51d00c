/** Light, dark, or as the system says. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';

export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

export type Theme = {
  readonly choice: ReadonlySignal<ThemeChoice>;
  /** What is shown: charts and canvases draw themselves again when it changes. */
  readonly shown: ReadonlySignal<'light' | 'dark'>;
  choose(choice: ThemeChoice): void;
};

const KEY = 'datalab.theme';

/** Follows the system's preference and remembers the choice in this browser. */
export function createTheme(): Theme {
  const darkQuery = matchMedia('(prefers-color-scheme: dark)');
  const isSystemDark = signal(darkQuery.matches);
  darkQuery.addEventListener('change', (event) => {
    isSystemDark.value = event.matches;
  });
  const remembered = localStorage.getItem(KEY);
  const choice = signal<ThemeChoice>(THEME_CHOICES.find((known) => known === remembered) ?? 'system');
  const shown = computed(() => (choice.value === 'system' ? (isSystemDark.value ? 'dark' : 'light') : choice.value));
  shown.subscribe((theme) => {
    document.documentElement.dataset['theme'] = theme;
  });
  return {
    choice,
    shown,
    choose(next) {
      choice.value = next;
      localStorage.setItem(KEY, next);
    },
  };
}
