/** What every page is given, and what it has to be. */
import type { KeyBinding } from './keys.ts';
import type { LiveFeed } from './live.ts';
import type { Route } from './routes.ts';

/** What a page may use of the application around it. */
export interface Surroundings {
  readonly live: LiveFeed;
  /** Leaves the page for another address; `replace` leaves no step in the history. */
  readonly navigate: (route: Route, how?: 'push' | 'replace') => void;
  /** The page's title has changed. */
  readonly retitle: () => void;
}

/** One page, from the moment it is shown until it is left. */
export interface Page {
  readonly element: HTMLElement;
  /** For the window's title. */
  readonly title: string;
  /** Read at every key, as a page may change what it can do. */
  readonly keys: readonly KeyBinding[];
  /** The page is on the screen: the time to load and to take the focus. */
  shown(): void;
  /** The page is left: end subscriptions and requests. */
  dispose(): void;
}
