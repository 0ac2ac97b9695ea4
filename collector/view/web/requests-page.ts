/** The newest requests, live; rows never move under the pointer. */
import { fetchRequests, fetchStats, problemOf } from './api-client.ts';
import type { Stats } from './contract.ts';
import { el, fill } from './element.ts';
import type { KeyBinding } from './keys.ts';
import type { LiveEvent } from './live.ts';
import { command, notice, problemNotice } from './notice.ts';
import type { Page, Surroundings } from './page.ts';
import { withNewest, withOlder, type Feed } from './request-feed.ts';
import { RequestFilters } from './request-filters.ts';
import { RequestTable } from './request-table.ts';
import type { Route } from './routes.ts';
import { throttled } from './throttle.ts';

const pageSize = 100;
/** A list that has grown beyond this while nobody looked back starts afresh; 1,000 rows still lay out in a frame. */
const mostLiveRows = 1000;
const liveRoute = { page: 'requests', onlyErrors: false } as const;

/** The main page; also its own controller, as all of its state ends with it. */
export class RequestsPage implements Page {
  readonly element: HTMLElement;
  readonly title = 'Requests';
  readonly keys: readonly KeyBinding[];
  readonly #route: Extract<Route, { page: 'requests' }>;
  readonly #around: Surroundings;
  readonly #table = new RequestTable('Newest requests');
  readonly #filters: RequestFilters;
  readonly #scroller: HTMLElement;
  readonly #chip: HTMLButtonElement;
  readonly #below = el('div', { class: 'below' });
  readonly #leaving = new AbortController();
  readonly #newest = throttled(() => this.#loadNewest(), 400);
  readonly #older = throttled(() => this.#loadOlder(), 100);
  readonly #statistics = throttled(() => this.#loadStats(), 2000);
  readonly #clock: ReturnType<typeof setInterval>;
  #feed: Feed = { shown: [], waiting: [] };
  #nextBefore: string | undefined;
  #stats: Stats | undefined;
  #isLoaded = false;
  #isPointerInside = false;

  constructor(route: Extract<Route, { page: 'requests' }>, around: Surroundings) {
    this.#route = route;
    this.#around = around;
    this.#filters = new RequestFilters(route, (next) => around.navigate(next, 'replace'));
    this.#chip = el('button', {
      class: 'chip',
      attr: { type: 'button', hidden: '' },
      on: { click: () => this.#release() },
    });
    this.#scroller = el(
      'div',
      { class: 'scroller', on: { scroll: () => this.#scrolled() } },
      this.#table.element,
      this.#below,
    );
    this.#holdUnderPointer();
    this.element = el('div', { class: 'requests-page' }, this.#filters.element, this.#chip, this.#scroller);
    this.keys = [
      { keys: ['j', 'ArrowDown'], label: 'Next request', run: () => this.#table.moveFocus(1) },
      { keys: ['k', 'ArrowUp'], label: 'Previous request', run: () => this.#table.moveFocus(-1) },
      { keys: ['e'], label: 'Only requests with errors, on or off', run: () => this.#filters.toggleErrors() },
      { keys: ['n'], label: 'Show what is new', run: () => this.#release() },
    ];
    this.#clock = setInterval(() => this.#table.tick(Date.now()), 1000);
    const unsubscribe = around.live.subscribe(({ kind }) => this.#heard(kind));
    this.#leaving.signal.addEventListener('abort', unsubscribe);
  }

  shown(): void {
    this.#newest.request();
    this.#statistics.request();
  }

  dispose(): void {
    clearInterval(this.#clock);
    this.#newest.stop();
    this.#older.stop();
    this.#statistics.stop();
    this.#leaving.abort();
  }

  #heard(kind: LiveEvent['kind']): void {
    if (kind === 'disconnected') return;
    // The event says that there is news, the query says which: filters and counts are then the server's own.
    this.#newest.request();
    this.#statistics.request();
  }

  async #loadNewest(): Promise<void> {
    try {
      const query = { limit: pageSize, service: this.#route.service, onlyErrors: this.#route.onlyErrors };
      const page = await fetchRequests(query, this.#leaving.signal);
      const isFresh = !this.#isLoaded || (this.#feed.shown.length > mostLiveRows && !this.#isHeld());
      if (isFresh) {
        this.#nextBefore = page.nextBefore;
        this.#feed = { shown: [], waiting: [] };
      }
      this.#feed = withNewest(this.#feed, page.requests, this.#isLoaded && this.#isHeld());
      this.#isLoaded = true;
      this.#render();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #loadOlder(): Promise<void> {
    if (this.#nextBefore === undefined) return;
    try {
      const { service, onlyErrors } = this.#route;
      const query = { limit: pageSize, before: this.#nextBefore, service, onlyErrors };
      const page = await fetchRequests(query, this.#leaving.signal);
      this.#nextBefore = page.nextBefore;
      this.#feed = withOlder(this.#feed, page.requests);
      this.#render();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #loadStats(): Promise<void> {
    try {
      this.#stats = await fetchStats(this.#leaving.signal);
      this.#filters.showStats(this.#stats);
      if (this.#isLoaded) this.#renderBelow();
    } catch (error) {
      this.#failed(error);
    }
  }

  #render(): void {
    this.#table.show(this.#feed.shown);
    const count = this.#feed.waiting.length;
    this.#chip.hidden = count === 0;
    fill(this.#chip, `${count >= pageSize ? `${pageSize}+` : String(count)} new`, el('kbd', {}, 'n'));
    this.#renderBelow();
  }

  #renderBelow(): void {
    this.#table.element.hidden = this.#feed.shown.length === 0;
    if (this.#feed.shown.length === 0) fill(this.#below, this.#emptyNotice());
    else
      fill(
        this.#below,
        el('p', { class: 'end' }, this.#nextBefore === undefined ? 'The oldest request that is stored' : ''),
      );
  }

  #emptyNotice(): HTMLElement {
    if (this.#route.service !== undefined || this.#route.onlyErrors) {
      const clear = (): void => this.#around.navigate(liveRoute, 'replace');
      const button = el(
        'button',
        { class: 'button', attr: { type: 'button' }, on: { click: clear } },
        'Show all requests',
      );
      return notice(
        'No request matches these filters',
        el('p', {}, 'A request that does will appear here by itself.'),
        button,
      );
    }
    const endpoint = this.#stats?.otlpEndpoint ?? 'http://127.0.0.1:4318';
    const start = `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint} node --import reqlens/register app.js`;
    return notice(
      'Waiting for the first request',
      el('p', {}, 'Start an application with the preload line, then send it a request:'),
      command(start),
      el(
        'p',
        { class: 'muted' },
        `The collector takes OTLP over HTTP on ${endpoint}. Requests appear here as they arrive.`,
      ),
    );
  }

  #failed(error: unknown): void {
    const problem = problemOf(error);
    if (problem === undefined || this.#feed.shown.length > 0) return;
    this.#table.element.hidden = true;
    fill(
      this.#below,
      problemNotice(problem, () => this.#newest.request()),
    );
  }

  #scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    if (scrollHeight - scrollTop - clientHeight < clientHeight) this.#older.request();
    if (!this.#isHeld()) this.#newest.request();
  }

  #holdUnderPointer(): void {
    this.#table.element.addEventListener('pointerenter', () => (this.#isPointerInside = true));
    this.#table.element.addEventListener('pointerleave', () => {
      this.#isPointerInside = false;
      if (!this.#isHeld() && this.#feed.waiting.length > 0) this.#newest.request();
    });
  }

  #isHeld(): boolean {
    return (
      this.#isPointerInside || this.#scroller.scrollTop > 4 || this.#table.element.contains(document.activeElement)
    );
  }

  #release(): void {
    this.#feed = withNewest(this.#feed, [], false);
    this.#scroller.scrollTop = 0;
    this.#render();
  }
}
