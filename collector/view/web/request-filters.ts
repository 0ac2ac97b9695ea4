/** The bar above the list: which service, errors only, and how much is stored. */
import type { Stats } from './contract.ts';
import { el, fill } from './element.ts';
import { counted, formatBytes } from './format.ts';
import type { Route } from './routes.ts';
import { plainVisible } from './visible-text.ts';

type RequestsRoute = Extract<Route, { page: 'requests' }>;

/** Filters are part of the address, so that they can be sent to a colleague. */
export class RequestFilters {
  readonly element: HTMLElement;
  readonly #route: RequestsRoute;
  readonly #change: (route: RequestsRoute) => void;
  readonly #services: HTMLSelectElement;
  readonly #stored = el('p', { class: 'stored' });

  /** @param change - Called with the route that shows the filtered list. */
  constructor(route: RequestsRoute, change: (route: RequestsRoute) => void) {
    this.#route = route;
    this.#change = change;
    this.#services = el('select', {
      class: 'select',
      attr: { 'aria-label': 'Service' },
      on: { change: () => this.#choose(this.#services.value) },
    });
    this.#fillServices([]);
    const errors = el('button', {
      class: 'toggle',
      attr: { type: 'button', 'aria-pressed': String(route.onlyErrors) },
      on: { click: () => this.toggleErrors() },
    });
    errors.append('Errors only');
    this.element = el('div', { class: 'toolbar' }, el('h1', {}, 'Requests'), this.#services, errors, this.#stored);
  }

  /** Changes between all requests and those with an error. */
  toggleErrors(): void {
    this.#change({ ...this.#route, onlyErrors: !this.#route.onlyErrors });
  }

  /** Fills the list of services and says how much is stored. */
  showStats(stats: Stats): void {
    if (document.activeElement !== this.#services) this.#fillServices(stats.services);
    const parts = [counted(stats.spans, 'span'), counted(stats.logRecords, 'log line')];
    if (stats.storedBytes > 0) parts.push(formatBytes(stats.storedBytes));
    this.#stored.textContent = parts.join(' · ');
  }

  #choose(service: string): void {
    const { page, onlyErrors } = this.#route;
    this.#change(service === '' ? { page, onlyErrors } : { page, onlyErrors, service });
  }

  #fillServices(services: readonly string[]): void {
    const chosen = this.#route.service ?? '';
    const names = [...new Set(chosen === '' ? services : [chosen, ...services])].toSorted();
    const options = names.map((name) => el('option', { attr: { value: name } }, plainVisible(name).slice(0, 80)));
    fill(this.#services, el('option', { attr: { value: '' } }, 'All services'), options);
    this.#services.value = chosen;
  }
}
