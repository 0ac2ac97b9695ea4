/** One trace: header, waterfall, span details and log lines, kept in step with each other. */
import type { LogRow, TraceView } from './contract.ts';
import { copy } from './copy-button.ts';
import { el } from './element.ts';
import { formatCount } from './format.ts';
import type { KeyBinding } from './keys.ts';
import { LogList } from './log-list.ts';
import type { Page, Surroundings } from './page.ts';
import { TraceSearch, wordsOf } from './search-in-trace.ts';
import { SidePanel } from './side-panel.ts';
import { spanDetails } from './span-details.ts';
import { mainSpan, spanTitle, traceHeader } from './trace-header.ts';
import { treeOf, type TraceTree } from './trace-tree.ts';
import { traceKeys } from './trace-keys.ts';
import { TraceToolbar } from './trace-toolbar.ts';
import { Waterfall } from './waterfall.ts';
import { plainVisible } from './visible-text.ts';

/** Shows one state of a trace after the other; what the user has selected, folded and scrolled stays. */
export class TracePage implements Page {
  readonly element: HTMLElement;
  readonly keys: readonly KeyBinding[];
  readonly #logs = new LogList((log) => this.#picked(log));
  readonly #panel: SidePanel;
  readonly #toolbar: TraceToolbar;
  readonly #waterfall: Waterfall;
  readonly #selectFirst: string | undefined;
  #trace: TraceView;
  #tree: TraceTree;
  #search: TraceSearch;
  #header: HTMLElement;
  #shownKey: string | undefined;

  /** @param spanId - To be selected first; undefined selects the request's own span. */
  constructor(trace: TraceView, spanId: string | undefined, around: Surroundings) {
    this.#trace = trace;
    this.#tree = treeOf(trace);
    this.#search = new TraceSearch(this.#tree, trace.logs);
    this.#header = traceHeader(trace, this.#tree);
    this.#selectFirst = spanId;
    this.#panel = new SidePanel(trace.logs.length > 0 && spanId === undefined ? 'logs' : 'span', this.#logs.element);
    this.#waterfall = new Waterfall(this.#tree, { selected: (key, isOpened) => this.#selected(key, isOpened) });
    this.#toolbar = new TraceToolbar({
      search: (query) => this.#find(query),
      jumpToMatch: (direction) => this.#waterfall.jumpToMatch(direction),
      jumpToError: (direction) => this.#waterfall.jumpToError(direction),
      foldAll: (isFolded) => this.#waterfall.foldAll(isFolded),
      leave: () => this.#waterfall.focus(),
    });
    const left = el('section', { class: 'trace-main', attr: { 'aria-label': 'Waterfall' } });
    left.append(this.#toolbar.element, this.#waterfall.element);
    const body = el('div', { class: 'trace-body' }, left, this.#panel.divider, this.#panel.element);
    this.element = el('article', { class: 'trace-page' }, this.#header, body);
    this.keys = traceKeys({
      waterfall: this.#waterfall,
      toolbar: this.#toolbar,
      showDetails: () => this.#panel.show('span'),
      toggleLogs: () => this.#panel.show(this.#panel.front === 'logs' ? 'span' : 'logs'),
      copyId: () => void copy('request id', this.#trace.requestId ?? this.#trace.traceId),
      back: () => around.navigate({ page: 'requests', onlyErrors: false }),
    });
    this.#showState();
  }

  get title(): string {
    return plainVisible(spanTitle(mainSpan(this.#tree))).slice(0, 120);
  }

  shown(): void {
    const wished = this.#selectFirst ?? mainSpan(this.#tree)?.spanId;
    const key = wished !== undefined && this.#tree.indexOf.has(wished) ? wished : this.#tree.nodes[0]?.key;
    if (key !== undefined) this.#waterfall.select(key);
    this.#waterfall.focus();
  }

  /** Shows a newer state of the same trace. */
  update(trace: TraceView): void {
    this.#trace = trace;
    this.#tree = treeOf(trace);
    this.#search = new TraceSearch(this.#tree, trace.logs);
    const header = traceHeader(trace, this.#tree);
    this.#header.replaceWith(header);
    this.#header = header;
    this.#showState();
    if (this.#waterfall.selected !== undefined) this.#showDetails(this.#waterfall.selected);
  }

  dispose(): void {
    this.element.remove();
  }

  #showState(): void {
    this.#waterfall.setTrace(this.#tree, this.#trace.logs);
    this.#logs.setLogs(this.#trace.logs, this.#tree.startUnixNano);
    this.#panel.setLogCount(formatCount(this.#trace.logs.length));
    this.#toolbar.showErrors(this.#tree.nodes.filter((node) => node.isError).length);
    if (this.#toolbar.query !== '') this.#find(this.#toolbar.query);
  }

  #find(query: string): void {
    const rows = this.#search.rowsWith(query);
    const words = wordsOf(query);
    this.#waterfall.setMatches(rows, words);
    this.#logs.setWords(words);
    this.#toolbar.showFound(words.length === 0 ? undefined : rows.length);
  }

  #selected(key: string, isOpened: boolean): void {
    this.#showDetails(key);
    this.#logs.setSelection(key);
    if (isOpened) this.#panel.show('span');
  }

  #picked(log: LogRow): void {
    if (log.spanId !== undefined) this.#waterfall.select(log.spanId);
  }

  #showDetails(key: string): void {
    const node = this.#tree.nodes[this.#tree.indexOf.get(key) ?? -1];
    if (node === undefined) return;
    const details = spanDetails({
      tree: this.#tree,
      node,
      logs: this.#trace.logs.filter((log) => log.spanId === key),
      select: (other) => this.#waterfall.select(other),
      showLogs: () => {
        this.#logs.filterToSpan(true);
        this.#panel.show('logs');
      },
    });
    this.#panel.setSpan(details, key === this.#shownKey);
    this.#shownKey = key;
  }
}
