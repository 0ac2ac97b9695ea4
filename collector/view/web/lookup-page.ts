/** From an id in the address to its trace; when nothing is known under it yet, waits for it to arrive. */
import { fetchTrace, find, problemOf } from './api-client.ts';
import type { TraceView } from './contract.ts';
import { el, fill } from './element.ts';
import type { KeyBinding } from './keys.ts';
import type { LiveEvent } from './live.ts';
import { notice, problemNotice } from './notice.ts';
import type { Page, Surroundings } from './page.ts';
import type { Route } from './routes.ts';
import { throttled } from './throttle.ts';
import { TracePage } from './trace-page.ts';

type IdRoute = Extract<Route, { page: 'request' | 'trace' }>;

/** Owns the trace page once there is a trace to show, and brings it up to date. */
export class LookupPage implements Page {
  readonly element: HTMLElement = el('div', { class: 'lookup', attr: { 'aria-busy': 'true' } });
  readonly #route: IdRoute;
  readonly #around: Surroundings;
  readonly #id: string;
  readonly #leaving = new AbortController();
  readonly #look = throttled(() => this.#load(), 500);
  #tracePage: TracePage | undefined;
  #trace: TraceView | undefined;
  #traceId: string | undefined;

  constructor(route: IdRoute, around: Surroundings) {
    this.#route = route;
    this.#around = around;
    this.#id = route.page === 'trace' ? route.traceId : route.requestId;
    this.#traceId = route.page === 'trace' ? route.traceId : undefined;
    const unsubscribe = around.live.subscribe((event) => {
      if (this.#concerns(event)) this.#look.request();
    });
    this.#leaving.signal.addEventListener('abort', unsubscribe);
  }

  get title(): string {
    return this.#tracePage?.title ?? this.#id;
  }

  get keys(): readonly KeyBinding[] {
    return this.#tracePage?.keys ?? [{ keys: ['Escape'], label: 'Back to the requests', run: this.#around.back }];
  }

  shown(): void {
    this.#look.request();
  }

  dispose(): void {
    this.#look.stop();
    this.#leaving.abort();
    this.#tracePage?.dispose();
  }

  /** Until the trace id is known, any news may be about this request. */
  #concerns(event: LiveEvent): boolean {
    if (event.kind === 'disconnected') return false;
    if (this.#traceId === undefined) return true;
    if (event.kind === 'trace') return this.#isShown(event.traceId);
    if (event.kind !== 'request') return true;
    const { requestId } = this.#trace ?? {};
    return this.#isShown(event.row.traceId) || (requestId !== undefined && event.row.requestId === requestId);
  }

  #isShown(traceId: string): boolean {
    return traceId === this.#traceId || this.#trace?.related.some((row) => row.traceId === traceId) === true;
  }

  async #load(): Promise<void> {
    try {
      // A task may end before its request: what stands in for the request gives way to it.
      const isStandIn = this.#route.page === 'request' && this.#trace?.isBackground === true;
      if (this.#traceId === undefined || isStandIn) this.#traceId = await this.#resolve();
      const trace = this.#traceId === undefined ? undefined : await fetchTrace(this.#traceId, this.#leaving.signal);
      if (trace !== undefined) this.#show(trace);
      else if (this.#tracePage === undefined) fill(this.element, this.#watching());
    } catch (error) {
      const problem = problemOf(error);
      // A trace on the screen stays there; the bar above already says that the connection is lost.
      if (problem === undefined || this.#tracePage !== undefined) return;
      fill(
        this.element,
        problemNotice(problem, () => this.#look.request()),
      );
    }
    this.element.removeAttribute('aria-busy');
  }

  async #resolve(): Promise<string | undefined> {
    const found = await find(this.#id, this.#leaving.signal);
    if (found.kind === 'trace') return found.traceId;
    const own = found.requests.filter((row) => row.requestId === this.#id);
    return (own.find((row) => row.isBackground !== true) ?? own.at(-1))?.traceId;
  }

  #show(trace: TraceView): void {
    const isSame = trace.traceId === this.#trace?.traceId;
    this.#trace = trace;
    if (this.#tracePage !== undefined && isSame) {
      this.#tracePage.update(trace);
      return;
    }
    this.#tracePage?.dispose();
    this.#tracePage = new TracePage(trace, this.#route.spanId, this.#around);
    fill(this.element, this.#tracePage.element);
    this.#tracePage.shown();
    this.#around.retitle();
  }

  #watching(): HTMLElement {
    const kind = this.#route.page === 'trace' ? 'trace' : 'request';
    return notice(
      `This ${kind} has not arrived`,
      el('p', { class: 'watched' }, el('code', {}, this.#id)),
      el(
        'p',
        { class: 'watching', attr: { role: 'status' } },
        'Watching for it… The page opens it the moment it arrives.',
      ),
      el(
        'ul',
        { class: 'muted' },
        el('li', {}, 'An application sends its spans in batches: give it up to five seconds.'),
        el(
          'li',
          {},
          'Is it started with ',
          el('code', {}, 'node --import reqlens/register'),
          ', and does it send to this collector?',
        ),
        el('li', {}, 'Old requests are removed by age and size; an unsampled one was never sent.'),
      ),
      el('a', { class: 'button', attr: { href: '/' } }, 'Newest requests'),
    );
  }
}
