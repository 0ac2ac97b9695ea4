/** What tracked requests used: the costly ones first, or summed up per route and per account. */
import { fetchStats, fetchUsage, problemOf } from './api-client.ts';
import type { UsageList } from './contract.ts';
import { el, fill } from './element.ts';
import { counted } from './format.ts';
import type { KeyBinding } from './keys.ts';
import { command, notice, problemNotice } from './notice.ts';
import type { Page, Surroundings } from './page.ts';
import type { Route } from './routes.ts';
import { throttled } from './throttle.ts';
import { UsageFilters } from './usage-filters.ts';
import { type UsageFigure, usageStart, type UsageRoute, type UsageView } from './usage-route.ts';
import { UsageTable } from './usage-table.ts';

/** Rows of one answer: the list is for the costly ones, not for all. */
const mostRows = 100;

/** Follows what arrives, except while the pointer or the focus is on a row: the order would change under it. */
export class UsagePage implements Page {
  readonly element: HTMLElement;
  readonly title = 'Usage';
  readonly keys: readonly KeyBinding[];
  #route: UsageRoute;
  readonly #around: Surroundings;
  readonly #filters: UsageFilters;
  readonly #table: UsageTable;
  readonly #below = el('div', { class: 'below' });
  readonly #leaving = new AbortController();
  readonly #load = throttled(() => this.#loadList(), 2000);
  #isPointerInside = false;
  #isStale = false;
  #isFilled = false;

  constructor(route: UsageRoute, around: Surroundings) {
    this.#route = route;
    this.#around = around;
    const change = (next: UsageRoute): void => around.navigate(next, 'replace');
    this.#filters = new UsageFilters(route, change);
    this.#table = new UsageTable(change);
    const scroller = el('div', { class: 'scroller' }, this.#table.element, this.#below);
    this.element = el('div', { class: 'requests-page usage-page' }, this.#filters.element, scroller);
    this.keys = this.#bindings(change);
    this.#holdUnderPointer();
    const unsubscribe = around.live.subscribe(({ kind }) => {
      if (kind !== 'disconnected') this.#heard();
    });
    this.#leaving.signal.addEventListener('abort', unsubscribe);
  }

  accept(route: Route): boolean {
    if (route.page !== 'usage') return false;
    this.#route = route;
    this.#filters.showRoute(route);
    // At once, not after the pause between live updates: someone waits for it.
    void this.#loadList();
    return true;
  }

  shown(): void {
    this.#load.request();
    void this.#loadServices();
  }

  dispose(): void {
    this.#load.stop();
    this.#leaving.abort();
  }

  #bindings(change: (route: UsageRoute) => void): readonly KeyBinding[] {
    const by = (figure: UsageFigure) => (): void => change({ ...this.#route, by: figure, order: 'value' });
    const view = (name: UsageView) => (): void => change({ ...this.#route, view: name, order: 'value' });
    return [
      { keys: ['j', 'ArrowDown'], label: 'Next row', run: () => this.#table.moveFocus(1) },
      { keys: ['k', 'ArrowUp'], label: 'Previous row', run: () => this.#table.moveFocus(-1) },
      { keys: ['1'], label: 'Requests', run: view('requests') },
      { keys: ['2'], label: 'Per route', run: view('routes') },
      { keys: ['3'], label: 'Per account', run: view('accounts') },
      { keys: ['c'], label: 'By CPU', run: by('cpu') },
      { keys: ['w'], label: 'By waiting', run: by('wait') },
      { keys: ['m'], label: 'By memory', run: by('memory') },
      { keys: ['i'], label: 'By I/O', run: by('io') },
      { keys: ['d'], label: 'By duration', run: by('duration') },
      { keys: ['e'], label: 'Only requests with errors, on or off', run: () => this.#filters.toggleErrors() },
      { keys: ['Escape'], label: 'Back', run: this.#around.back },
    ];
  }

  #heard(): void {
    this.#isStale = this.#isHeld();
    if (!this.#isStale) this.#load.request();
  }

  #holdUnderPointer(): void {
    const { element } = this.#table;
    const leave = (): void => {
      if (!this.#isStale || this.#isHeld()) return;
      this.#isStale = false;
      this.#load.request();
    };
    element.addEventListener('pointerenter', () => (this.#isPointerInside = true));
    element.addEventListener('pointerleave', () => {
      this.#isPointerInside = false;
      leave();
    });
    // The focus is on its way: only in the next turn it is known where it goes.
    element.addEventListener('focusout', () => setTimeout(leave));
  }

  #isHeld(): boolean {
    return this.#isPointerInside || this.#table.element.contains(document.activeElement);
  }

  async #loadList(): Promise<void> {
    const route = this.#route;
    try {
      const list = await fetchUsage(route, mostRows, this.#leaving.signal);
      if (route === this.#route) this.#show(list);
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined || this.#isFilled) return;
      this.#table.element.hidden = true;
      const retry = (): void => void this.#loadList();
      fill(this.#below, problemNotice(problem, retry));
    }
  }

  async #loadServices(): Promise<void> {
    try {
      this.#filters.showStats(await fetchStats(this.#leaving.signal));
    } catch (error) {
      // The list of services stays short; the list of requests says what is wrong.
      problemOf(error);
    }
  }

  #show(list: UsageList): void {
    const shownRows = list.requests.length + list.groups.length;
    this.#isFilled = shownRows > 0;
    this.#table.element.hidden = !this.#isFilled;
    this.#table.show(list, this.#route);
    this.#filters.showSummary(counted(list.requestCount, 'tracked request'));
    fill(this.#below, this.#isFilled ? el('p', { class: 'end' }, endOf(list, shownRows)) : this.#emptyNotice());
  }

  #emptyNotice(): HTMLElement {
    const { service, route, account, onlyErrors, range } = this.#route;
    const isFiltered = onlyErrors || range !== 'all' || [service, route, account].some((name) => name !== undefined);
    if (isFiltered) {
      const clear = (): void => this.#around.navigate({ ...usageStart, view: this.#route.view }, 'replace');
      const button = el('button', { class: 'button', attr: { type: 'button' }, on: { click: clear } }, 'Show all');
      return notice('No tracked request matches these filters', button);
    }
    return notice(
      'No tracked request yet',
      el('p', {}, 'A request is measured when a privileged caller asks for it, with this header:'),
      command('x-debug-resource-tracking: 1'),
      el('p', { class: 'muted' }, 'It appears here with its CPU, waiting, memory and I/O.'),
    );
  }
}

function endOf({ requestCount, groupCount, isBounded }: UsageList, shownRows: number): string {
  const all = groupCount === 0 ? requestCount : groupCount;
  const parts = [];
  if (all > shownRows) parts.push(`The first ${shownRows} of ${all}.`);
  if (isBounded) parts.push('Only the newest 50,000 tracked requests were looked at: choose a shorter time.');
  return parts.join(' ');
}
