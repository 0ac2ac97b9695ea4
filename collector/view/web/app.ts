/** Starts the viewer: shows the page that the address asks for, and keeps the two in step. */
import { el, fill } from './element.ts';
import { runKey, type KeyBinding } from './keys.ts';
import { showKeys } from './keys-overlay.ts';
import { LiveFeed } from './live.ts';
import { LookupPage } from './lookup-page.ts';
import { notice } from './notice.ts';
import type { Page, Surroundings } from './page.ts';
import { RequestsPage } from './requests-page.ts';
import { addressOf, routeFor, type Route } from './routes.ts';
import { SearchPage } from './search-page.ts';
import { toggleTheme } from './theme.ts';
import { TopBar } from './top-bar.ts';
import { UsagePage } from './usage-page.ts';
import { usageStart } from './usage-route.ts';

const live = new LiveFeed();
const place = element('#page');
const topBar = new TopBar({ live, openRoute: (route) => navigate(route), showKeys: () => showKeys(allKeys()) });
const around: Surroundings = { live, navigate, back, retitle };
let page: Page | undefined;
/** Steps taken inside this window: with none, `back` would leave the viewer. */
let steps = 0;

const globalKeys: readonly KeyBinding[] = [
  { keys: ['/'], label: 'Search field', run: () => topBar.focusSearch() },
  { keys: ['g'], label: 'Newest requests', run: () => navigate({ page: 'requests', onlyErrors: false }) },
  { keys: ['u'], label: 'Usage of requests', run: () => navigate(usageStart) },
  { keys: ['t'], label: 'Light or dark', run: () => toggleTheme() },
  { keys: ['?'], label: 'These keys', run: () => showKeys(allKeys()) },
];

element('#top').append(...topBar.children);
addEventListener('popstate', () => show(currentRoute()));
document.addEventListener('keydown', (event) => runKey(event, allKeys()));
document.addEventListener('click', followLink);
live.connect();
show(currentRoute());
if (location.pathname === '/' && location.search === '') topBar.focusSearch();

function show(route: Route): void {
  topBar.showRoute(route);
  if (page?.accept?.(route) === true) return;
  page?.dispose();
  page = pageFor(route);
  fill(place, page.element);
  retitle();
  page.shown();
}

function pageFor(route: Route): Page {
  switch (route.page) {
    case 'requests':
      return route.text === undefined ? new RequestsPage(route, around) : new SearchPage(route.text, around);
    case 'request':
    case 'trace':
      return new LookupPage(route, around);
    case 'usage':
      return new UsagePage(route, around);
    case 'unknown':
      break;
  }
  return unknownPage(route.path);
}

function navigate(route: Route, how: 'push' | 'replace' = 'push'): void {
  const address = addressOf(route);
  if (how === 'replace') history.replaceState(undefined, '', address);
  else {
    history.pushState(undefined, '', address);
    steps += 1;
  }
  show(route);
}

function back(): void {
  if (steps === 0) {
    navigate({ page: 'requests', onlyErrors: false });
    return;
  }
  steps -= 1;
  history.back();
}

function retitle(): void {
  document.title = page === undefined ? 'reqlens' : `${page.title} · reqlens`;
}

function currentRoute(): Route {
  return routeFor(location.pathname, location.search);
}

function allKeys(): readonly KeyBinding[] {
  return [...(page?.keys ?? []), ...globalKeys];
}

/** Links are real ones, so that they open in a new tab; a plain click stays on the page. */
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || !link.hasAttribute('href') || link.origin !== location.origin) return;
  event.preventDefault();
  navigate(routeFor(link.pathname, link.search));
}

function unknownPage(path: string): Page {
  const home = el('a', { class: 'button', attr: { href: '/' } }, 'Newest requests');
  const message = el(
    'p',
    {},
    'Requests are at ',
    el('code', {}, '/r/<request id>'),
    ', traces at ',
    el('code', {}, '/t/<trace id>'),
  );
  const text = notice(
    'There is no page at this address',
    el('p', {}, el('code', {}, path.slice(0, 200))),
    message,
    home,
  );
  return { element: text, title: 'No such page', keys: [], shown: () => undefined, dispose: () => undefined };
}

function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`cannot start: index.html has no ${selector}`);
  return found;
}
