/** The log lines of a trace beside its waterfall: filtered, marked, never rebuilt when more arrive. */
import type { LogRow } from './contract.ts';
import { el, fill, setAttributes } from './element.ts';
import { counted } from './format.ts';
import { logLine } from './log-line.ts';

/** Lines in the page before more have to be asked for; each is a few elements, and a browser lays out 500 in a frame or two. */
const pageSize = 500;

const levels = [
  ['0', 'All levels'],
  ['9', 'Info and above'],
  ['13', 'Warnings and above'],
  ['17', 'Errors'],
] as const;

/** Keeps the filters; the page tells it of the selected span and of the search. */
export class LogList {
  readonly element: HTMLElement;
  readonly #list = el('ol', { class: 'logs' });
  readonly #below = el('div', { class: 'below' });
  readonly #level: HTMLSelectElement;
  readonly #onlySpan: HTMLButtonElement;
  readonly #pick: (log: LogRow) => void;
  readonly #otherTrace: (log: LogRow) => string | undefined;
  readonly #lines = new Map<number, HTMLLIElement>();
  #logs: readonly LogRow[] = [];
  #startUnixNano = '0';
  #spanId: string | undefined;
  #words: readonly string[] = [];
  #limit = pageSize;

  /**
   * @param pick - A line was chosen: its span is to be selected.
   * @param otherTrace - What a line's trace is called when it is not the page's.
   */
  constructor(pick: (log: LogRow) => void, otherTrace: (log: LogRow) => string | undefined) {
    this.#pick = pick;
    this.#otherTrace = otherTrace;
    const options = levels.map(([value, text]) => el('option', { attr: { value } }, text));
    const render = (): void => this.#render();
    this.#level = el(
      'select',
      { class: 'select', attr: { 'aria-label': 'Least severity' }, on: { change: render } },
      options,
    );
    this.#onlySpan = el('button', {
      class: 'toggle',
      attr: { type: 'button', 'aria-pressed': 'false' },
      on: { click: () => this.filterToSpan(!this.#isFiltered()) },
    });
    this.#onlySpan.append('Selected span only');
    const toolbar = el('div', { class: 'toolbar is-small' }, this.#level, this.#onlySpan);
    this.element = el('div', { class: 'log-list' }, toolbar, el('div', { class: 'scroller' }, this.#list, this.#below));
  }

  /** Shows a newer state; lines that are there already stay as they are, open ones open. */
  setLogs(logs: readonly LogRow[], startUnixNano: string): void {
    // A span that arrived late may begin before the first one known: every offset then is another.
    if (startUnixNano !== this.#startUnixNano) this.#forgetLines();
    this.#logs = logs;
    this.#startUnixNano = startUnixNano;
    this.#forgetRenamed();
    this.#render();
  }

  /** Marks the lines of the selected span. */
  setSelection(spanId: string | undefined): void {
    this.#spanId = spanId;
    this.#render();
  }

  /** Marks the words of a search; lower case. */
  setWords(words: readonly string[]): void {
    this.#words = words;
    this.#forgetLines();
    this.#render();
  }

  /** Shows the selected span's lines only, or all. */
  filterToSpan(isOnly: boolean): void {
    setAttributes(this.#onlySpan, { 'aria-pressed': String(isOnly) });
    this.#render();
  }

  #isFiltered(): boolean {
    return this.#onlySpan.getAttribute('aria-pressed') === 'true';
  }

  /** A task's lines arrive before its span, which has its name. */
  #forgetRenamed(): void {
    for (const log of this.#logs) {
      const line = this.#lines.get(log.id);
      if (line === undefined || line.dataset['trace'] === (this.#otherTrace(log) ?? '')) continue;
      line.remove();
      this.#lines.delete(log.id);
    }
  }

  #forgetLines(): void {
    this.#lines.clear();
    this.#list.replaceChildren();
  }

  #render(): void {
    const least = Number(this.#level.value);
    const onlySpan = this.#isFiltered() ? this.#spanId : undefined;
    const wanted = this.#logs.filter(
      (log) => log.severityNumber >= least && (onlySpan === undefined || log.spanId === onlySpan),
    );
    this.#place(wanted.slice(0, this.#limit));
    fill(this.#below, this.#afterwards(wanted.length));
  }

  #place(logs: readonly LogRow[]): void {
    const ids = new Set(logs.map((log) => log.id));
    for (const [id, line] of this.#lines) {
      if (!ids.has(id)) line.remove();
    }
    let place = this.#list.firstElementChild;
    for (const log of logs) {
      const line = this.#lineOf(log);
      line.classList.toggle('is-of-selected', log.spanId !== undefined && log.spanId === this.#spanId);
      if (line === place) place = place.nextElementSibling;
      else this.#list.insertBefore(line, place);
    }
  }

  #lineOf(log: LogRow): HTMLLIElement {
    const options = {
      startUnixNano: this.#startUnixNano,
      words: this.#words,
      pick: this.#pick,
      otherTrace: this.#otherTrace,
    };
    const line = this.#lines.get(log.id) ?? logLine(log, options);
    this.#lines.set(log.id, line);
    return line;
  }

  #afterwards(wantedCount: number): HTMLElement | undefined {
    if (wantedCount > this.#limit) return this.#moreButton(wantedCount - this.#limit);
    if (wantedCount > 0) return undefined;
    if (this.#logs.length > 0) return el('p', { class: 'muted' }, 'No line matches these filters.');
    const example = el('code', {}, "getLogger('shop').info('…')");
    return el('p', { class: 'muted' }, 'This trace has no log lines. Those of a reqlens logger appear here: ', example);
  }

  #moreButton(leftCount: number): HTMLElement {
    const click = (): void => {
      this.#limit += pageSize;
      this.#render();
    };
    return el(
      'button',
      { class: 'button', attr: { type: 'button' }, on: { click } },
      `Show more of ${counted(leftCount, 'further line')}`,
    );
  }
}
