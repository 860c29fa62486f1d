/** Light, dark, high contrast: by choice, or as the system has it. */
import { teamsHighContrastTheme, webDarkTheme, webLightTheme } from '@fluentui/react-components';
import { createContext, useContext, useEffect, useState } from 'react';

export const themeNames = ['system', 'light', 'dark', 'contrast'] as const;
export type ThemeName = (typeof themeNames)[number];
export type Shown = Exclude<ThemeName, 'system'>;

export const themes = { light: webLightTheme, dark: webDarkTheme, contrast: teamsHighContrastTheme };

interface Choice {
  readonly name: ThemeName;
  readonly shown: Shown;
  choose(name: ThemeName): void;
}

export const ThemeContext = createContext<Choice>({ name: 'system', shown: 'light', choose: () => {} });
export const useThemeChoice = () => useContext(ThemeContext);

const storageKey = 'mailroom.theme';

export function useTheme(): Choice {
  const [name, setName] = useState<ThemeName>(
    () => themeNames.find((each) => each === localStorage.getItem(storageKey)) ?? 'system',
  );
  const dark = useMedia('(prefers-color-scheme: dark)');
  const contrast = useMedia('(forced-colors: active)');
  const shown = name === 'system' ? (contrast ? 'contrast' : dark ? 'dark' : 'light') : name;
  return {
    name,
    shown,
    choose(next) {
      localStorage.setItem(storageKey, next);
      setName(next);
    },
  };
}

/** Whether the window is as the query says; told anew when it changes. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const look = () => setMatches(list.matches);
    list.addEventListener('change', look);
    return () => list.removeEventListener('change', look);
  }, [query]);
  return matches;
}
