/** Light or dark: the system's choice until the user makes one, which is remembered. Loaded first, so that no wrong colour flashes. */

const storageKey = 'reqlens.theme';
type Theme = 'light' | 'dark';

/** What is on the screen now. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Changes to the other one and remembers it. */
export function toggleTheme(): Theme {
  const theme: Theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme;
  remember(storageKey, theme);
  return theme;
}

/** @returns What was remembered under the key; undefined when nothing was, or storage is blocked. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    // A browser may forbid storage altogether; the page then starts afresh each time.
    return undefined;
  }
}

/** Keeps a setting for the next visit, where the browser allows it. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above: the choice then holds for this page only.
  }
}

const chosen = remembered(storageKey);
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
