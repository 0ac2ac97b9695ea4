/** What a text was found in: requests and log lines. */
import { find, problemOf } from './api-client.ts';
import type { Found, LogRow } from './contract.ts';
import { el, fill, setAttributes } from './element.ts';
import { counted, formatDateTime } from './format.ts';
import type { KeyBinding } from './keys.ts';
import { severityBadge } from './log-line.ts';
import { notice, problemNotice } from './notice.ts';
import type { Page, Surroundings } from './page.ts';
import { RequestTable } from './request-table.ts';
import { traceAddress } from './routes.ts';
import { wordsOf } from './search-in-trace.ts';
import { inlineText, markedText } from './value-text.ts';

type Matches = Extract<Found, { kind: 'matches' }>;

/** Results stand still: they answer one question. The list of requests is the live one. */
export class SearchPage implements Page {
  readonly element: HTMLElement = el('div', { class: 'scroller results', attr: { 'aria-busy': 'true' } });
  readonly title: string;
  readonly keys: readonly KeyBinding[];
  readonly #text: string;
  readonly #around: Surroundings;
  readonly #table = new RequestTable('Requests found');
  readonly #leaving = new AbortController();

  constructor(text: string, around: Surroundings) {
    this.#text = text;
    this.#around = around;
    this.title = `“${text.slice(0, 60)}”`;
    this.keys = [
      { keys: ['j', 'ArrowDown'], label: 'Next request', run: () => this.#table.moveFocus(1) },
      { keys: ['k', 'ArrowUp'], label: 'Previous request', run: () => this.#table.moveFocus(-1) },
      {
        keys: ['Escape'],
        label: 'Newest requests',
        run: () => around.navigate({ page: 'requests', onlyErrors: false }),
      },
    ];
  }

  shown(): void {
    void this.#load();
  }

  dispose(): void {
    this.#leaving.abort();
  }

  async #load(): Promise<void> {
    try {
      const found = await find(this.#text, this.#leaving.signal);
      if (found.kind === 'trace') this.#around.navigate({ page: 'trace', traceId: found.traceId }, 'replace');
      else this.#show(found);
    } catch (error) {
      const problem = problemOf(error);
      if (problem !== undefined)
        fill(
          this.element,
          problemNotice(problem, () => void this.#load()),
        );
    }
    setAttributes(this.element, { 'aria-busy': undefined });
  }

  #show({ requests, logs }: Matches): void {
    if (requests.length === 0 && logs.length === 0) {
      fill(this.element, this.#nothing());
      return;
    }
    this.#table.show(requests);
    const words = wordsOf(this.#text);
    const lines = el(
      'ol',
      { class: 'found-logs' },
      logs.map((log) => el('li', {}, foundLine(log, words))),
    );
    fill(
      this.element,
      requests.length === 0 ? undefined : [heading(counted(requests.length, 'request')), this.#table.element],
      logs.length === 0 ? undefined : [heading(counted(logs.length, 'log line')), lines],
    );
  }

  #nothing(): HTMLElement {
    return notice(
      'Nothing was found',
      el('p', {}, 'No request, span or log line contains ', inlineText(this.#text, 'quoted'), '.'),
      el('p', { class: 'muted' }, 'An id is found by the whole of it; text by any part of a name, a value or a line.'),
      el('a', { class: 'button', attr: { href: '/' } }, 'Newest requests'),
    );
  }
}

function heading(text: string): HTMLElement {
  return el('div', { class: 'toolbar' }, el('h1', {}, text));
}

function foundLine(log: LogRow, words: readonly string[]): HTMLElement {
  const time = el('time', {}, formatDateTime(log.timeUnixNano));
  const parts = [time, severityBadge(log), inlineText(log.logger, 'logger'), markedText(log.body, words, 'body')];
  const { traceId, spanId } = log;
  const address = traceId === undefined ? undefined : traceAddress({ traceId, spanId });
  const element = el(address === undefined ? 'div' : 'a', { class: 'found-log' }, parts);
  setAttributes(element, { href: address });
  return element;
}
