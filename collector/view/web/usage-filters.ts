/** The bar above the tables of usage: what to show, by which figure, since when, and of whom. All of it is in the address. */
import type { Stats } from './contract.ts';
import { el, fill, setAttributes } from './element.ts';
import { icon } from './icons.ts';
import { figureTitles } from './usage-figures.ts';
import { usageFigures, usageRanges, usageViews, type UsageRange, type UsageRoute } from './usage-route.ts';
import { plainVisible } from './visible-text.ts';

const viewTitles = { requests: 'Requests', routes: 'Routes', accounts: 'Accounts' } as const;
const rangeTitles: Readonly<Record<UsageRange, string>> = {
  all: 'Any time',
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
};

/** One bar; it holds the route that is shown. */
export class UsageFilters {
  readonly element: HTMLElement;
  #route: UsageRoute;
  readonly #change: (route: UsageRoute) => void;
  readonly #views = usageViews.map((view) => ({ view, button: toggle(viewTitles[view], () => this.#show(view)) }));
  readonly #by: HTMLSelectElement;
  readonly #range: HTMLSelectElement;
  readonly #service: HTMLSelectElement;
  readonly #errors = toggle('Errors only', () => this.toggleErrors());
  readonly #chips = el('span', { class: 'filter-chips' });
  readonly #summary = el('p', { class: 'stored' });
  #services: readonly string[] = [];

  /** @param change - Called with the route that the user asks for. */
  constructor(route: UsageRoute, change: (route: UsageRoute) => void) {
    this.#route = route;
    this.#change = change;
    this.#by = select('Compare by', (value) => this.#set('by', usageFigures, value));
    fill(
      this.#by,
      usageFigures.map((by) => option(by, figureTitles[by])),
    );
    this.#range = select('Time', (value) => this.#set('range', usageRanges, value));
    fill(
      this.#range,
      usageRanges.map((range) => option(range, rangeTitles[range])),
    );
    this.#service = select('Service', (value) => this.#choose('service', value));
    const views = el('div', { class: 'segments', attr: { role: 'group', 'aria-label': 'Show' } });
    views.append(...this.#views.map(({ button }) => button));
    const controls = [views, this.#by, this.#range, this.#service, this.#errors, this.#chips, this.#summary];
    this.element = el('div', { class: 'toolbar usage-toolbar' }, el('h1', {}, 'Usage'), controls);
    this.showRoute(route);
  }

  /** Says what is in force. */
  showRoute(route: UsageRoute): void {
    this.#route = route;
    for (const { view, button } of this.#views) setAttributes(button, { 'aria-pressed': String(view === route.view) });
    this.#by.value = route.by;
    this.#range.value = route.range;
    setAttributes(this.#errors, { 'aria-pressed': String(route.onlyErrors) });
    this.#fillServices();
    fill(this.#chips, this.#chip('route'), this.#chip('account'));
  }

  /** Fills the list of services. */
  showStats({ services }: Stats): void {
    this.#services = services;
    // An open list must not change under the pointer.
    if (document.activeElement !== this.#service) this.#fillServices();
  }

  /** How much there is, at the end of the bar. */
  showSummary(text: string): void {
    this.#summary.textContent = text;
  }

  /** Changes between all requests and those with an error. */
  toggleErrors(): void {
    this.#change({ ...this.#route, onlyErrors: !this.#route.onlyErrors });
  }

  /** Shows requests, routes or accounts. */
  #show(view: UsageRoute['view']): void {
    this.#change({ ...this.#route, view, order: 'value' });
  }

  #set<Name extends 'by' | 'range'>(name: Name, values: readonly UsageRoute[Name][], given: string): void {
    const value = values.find((candidate) => candidate === given);
    if (value !== undefined) this.#change({ ...this.#route, [name]: value });
  }

  #choose(name: 'service' | 'route' | 'account', value: string): void {
    const { [name]: _, ...others } = this.#route;
    this.#change(value === '' ? others : { ...others, [name]: value });
  }

  #chip(name: 'route' | 'account'): HTMLElement | undefined {
    const value = this.#route[name];
    if (value === undefined) return undefined;
    const text = plainVisible(value).slice(0, 60);
    const label = `Not only ${name} ${text}`;
    const button = el('button', {
      class: 'toggle filter-chip',
      attr: { type: 'button', 'aria-label': label, title: label },
      on: { click: () => this.#choose(name, '') },
    });
    button.append(el('bdi', {}, text), icon('close'));
    return button;
  }

  #fillServices(): void {
    const chosen = this.#route.service ?? '';
    const names = [...new Set(chosen === '' ? this.#services : [chosen, ...this.#services])].toSorted();
    const options = names.map((name) => option(name, plainVisible(name).slice(0, 80)));
    fill(this.#service, option('', 'All services'), options);
    this.#service.value = chosen;
  }
}

const option = (value: string, text: string): HTMLElement => el('option', { attr: { value } }, text);

const toggle = (text: string, click: () => void): HTMLButtonElement =>
  el('button', { class: 'toggle', attr: { type: 'button' }, on: { click } }, text);

function select(label: string, change: (value: string) => void): HTMLSelectElement {
  const element: HTMLSelectElement = el('select', {
    class: 'select',
    attr: { 'aria-label': label },
    on: { change: () => change(element.value) },
  });
  return element;
}
