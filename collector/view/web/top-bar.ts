/** The bar on every page: where to go back to, the one search field, whether the page is live, theme and keys. */
import { find, problemOf } from './api-client.ts';
import { announce } from './announce.ts';
import { el, fill, setAttributes } from './element.ts';
import { icon } from './icons.ts';
import { isRequestId, isTraceId, looksLikeId } from './ids.ts';
import type { LiveFeed } from './live.ts';
import type { Route } from './routes.ts';
import { currentTheme, toggleTheme } from './theme.ts';

/** What the bar needs from the application. */
export interface TopBarActions {
  readonly live: LiveFeed;
  readonly openRoute: (route: Route) => void;
  readonly showKeys: () => void;
}

/** One per window. */
export class TopBar {
  readonly children: readonly HTMLElement[];
  readonly #actions: TopBarActions;
  readonly #input: HTMLInputElement;
  readonly #state = el('span', { class: 'live' });
  readonly #theme: HTMLButtonElement;
  readonly #pages = [
    { name: 'requests', link: el('a', { attr: { href: '/' } }, 'Requests') },
    { name: 'usage', link: el('a', { attr: { href: '/usage', title: 'What tracked requests used (u)' } }, 'Usage') },
  ] as const;

  constructor(actions: TopBarActions) {
    this.#actions = actions;
    this.#input = el('input', {
      attr: {
        type: 'search',
        placeholder: 'Request id, trace id or any text',
        'aria-label': 'Find a request id, a trace id or any text',
        autocomplete: 'off',
        autocapitalize: 'off',
        spellcheck: 'false',
        enterkeyhint: 'search',
      },
      on: { keydown: (event) => this.#leaveOnEscape(event) },
    });
    this.#theme = iconButton('Light or dark', () => this.#toggleTheme());
    const keys = iconButton('Keyboard shortcuts', actions.showKeys);
    keys.append(icon('keyboard'));
    this.children = [
      this.#left(),
      this.#searchForm(),
      el('div', { class: 'top-right' }, this.#state, this.#theme, keys),
    ];
    this.#showTheme();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#showTheme());
    new MutationObserver(() => this.#showTheme()).observe(document.documentElement, {
      attributeFilter: ['data-theme'],
    });
    this.#showState('connecting');
    actions.live.subscribe(({ kind }) => {
      if (kind === 'connected') this.#showState('live');
      if (kind === 'disconnected') this.#showState('reconnecting');
    });
  }

  /** Takes the focus and selects what is there, ready to be replaced. */
  focusSearch(): void {
    this.#input.focus();
    this.#input.select();
  }

  /** Puts what the address asks for into the field. */
  showRoute(route: Route): void {
    for (const { name, link } of this.#pages) {
      setAttributes(link, { 'aria-current': route.page === name ? 'page' : undefined });
    }
    if (route.page === 'usage') this.#input.value = '';
    if (route.page === 'requests') this.#input.value = route.text ?? '';
    if (route.page === 'request') this.#input.value = route.requestId;
    if (route.page === 'trace') this.#input.value = route.traceId;
  }

  #left(): HTMLElement {
    const pages = el('nav', { class: 'nav', attr: { 'aria-label': 'Pages' } });
    pages.append(...this.#pages.map(({ link }) => link));
    return el('div', { class: 'top-left' }, brand(), pages);
  }

  #searchForm(): HTMLElement {
    const form = el('form', {
      class: 'search',
      attr: { role: 'search' },
      on: {
        submit: (event) => {
          event.preventDefault();
          void this.#search(this.#input.value.trim());
        },
      },
    });
    form.append(icon('search'), this.#input, el('kbd', { attr: { 'aria-hidden': 'true' } }, '/'));
    return form;
  }

  async #search(text: string): Promise<void> {
    if (text === '') {
      this.#actions.openRoute({ page: 'requests', onlyErrors: false });
      return;
    }
    const textRoute: Route = { page: 'requests', onlyErrors: false, text };
    try {
      const found = await find(text);
      if (this.#input.value.trim() !== text) return;
      if (found.kind === 'matches') {
        const isNothing = found.requests.length === 0 && found.logs.length === 0;
        this.#actions.openRoute(isNothing && looksLikeId(text) ? idRoute(text) : textRoute);
      } else this.#actions.openRoute(foundRoute(found));
      this.#input.blur();
    } catch (error) {
      // The page of results asks again, and shows the problem with a way to retry.
      if (problemOf(error) !== undefined) this.#actions.openRoute(textRoute);
    }
  }

  #leaveOnEscape(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    this.#input.blur();
  }

  #toggleTheme(): void {
    announce(`The ${toggleTheme()} theme is on`);
  }

  #showTheme(): void {
    const isDark = currentTheme() === 'dark';
    fill(this.#theme, icon(isDark ? 'sun' : 'moon'));
    setAttributes(this.#theme, { title: isDark ? 'Light theme (t)' : 'Dark theme (t)' });
  }

  #showState(state: 'connecting' | 'live' | 'reconnecting'): void {
    this.#state.dataset['state'] = state;
    this.#state.title = state === 'live' ? 'New requests appear by themselves' : 'No connection to the collector yet';
    this.#state.textContent = state;
  }
}

function foundRoute(found: { readonly traceId: string; readonly requestId?: string }): Route {
  if (found.requestId !== undefined && isRequestId(found.requestId))
    return { page: 'request', requestId: found.requestId };
  return { page: 'trace', traceId: found.traceId };
}

/** Nothing is known under this id yet: its page waits for it. */
function idRoute(id: string): Route {
  const lower = id.toLowerCase();
  return isTraceId(lower) ? { page: 'trace', traceId: lower } : { page: 'request', requestId: id };
}

function brand(): HTMLElement {
  const link = el('a', { class: 'brand', attr: { href: '/', 'aria-label': 'reqlens: newest requests' } });
  link.append(el('span', { class: 'mark', attr: { 'aria-hidden': 'true' } }), el('span', {}, 'reqlens'));
  return link;
}

function iconButton(label: string, click: () => void): HTMLButtonElement {
  return el('button', {
    class: 'icon-button',
    attr: { type: 'button', 'aria-label': label, title: label },
    on: { click },
  });
}
