/** One trace: header, waterfall, span details and log lines, kept in step with each other. */
import { announce } from './announce.ts';
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
import { mainSpan, showAgo, spanTitle, traceHeader, traceLink } from './trace-header.ts';
import { treeOf, type TraceTree } from './trace-tree.ts';
import { traceKeys } from './trace-keys.ts';
import { TraceToolbar } from './trace-toolbar.ts';
import { usagePanel } from './usage-panel.ts';
import { Waterfall } from './waterfall.ts';
import { plainVisible } from './visible-text.ts';

/** Shows one state of a trace after the other; what the user has selected, folded and scrolled stays. */
export class TracePage implements Page {
  readonly element: HTMLElement;
  readonly keys: readonly KeyBinding[];
  readonly #logs = new LogList(
    (log) => this.#picked(log),
    (log) => this.#otherTrace(log),
  );
  readonly #around: Surroundings;
  readonly #panel: SidePanel;
  readonly #toolbar: TraceToolbar;
  readonly #waterfall: Waterfall;
  readonly #selectFirst: string | undefined;
  readonly #clock = setInterval(() => showAgo(this.#header, this.#tree), 1000);
  #trace: TraceView;
  #tree: TraceTree;
  #search: TraceSearch;
  #header: HTMLElement;
  #shownKey: string | undefined;
  #usage: HTMLElement | undefined;

  /** @param spanId - To be selected first; undefined selects the request's own span. */
  constructor(trace: TraceView, spanId: string | undefined, around: Surroundings) {
    this.#around = around;
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
      toggleUsage: () => this.#toggleUsage(),
      copyId: () => void copy('request id', this.#trace.requestId ?? this.#trace.traceId),
      back: around.back,
    });
    this.#showState();
    // Someone asked for it by a header of its own: it is what they came for, unless they came for one span.
    if (this.#usage !== undefined && spanId === undefined) this.#panel.show('usage');
  }

  get title(): string {
    return plainVisible(spanTitle(mainSpan(this.#tree))).slice(0, 120);
  }

  shown(): void {
    this.#selectFirstSpan();
    this.#waterfall.focus();
  }

  #selectFirstSpan(): void {
    const wished = this.#selectFirst ?? mainSpan(this.#tree)?.spanId;
    const key = wished !== undefined && this.#tree.indexOf.has(wished) ? wished : this.#tree.nodes[0]?.key;
    if (key !== undefined) this.#waterfall.select(key);
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
    if (this.#waterfall.selected === undefined) this.#selectFirstSpan();
    else this.#showDetails(this.#waterfall.selected);
  }

  dispose(): void {
    clearInterval(this.#clock);
  }

  #showState(): void {
    this.#waterfall.setTrace(this.#tree, this.#trace.logs);
    this.#logs.setLogs(this.#trace.logs, this.#tree.startUnixNano);
    this.#panel.setLogCount(formatCount(this.#trace.logs.length));
    this.#usage = usagePanel(this.#tree, (key) => this.#waterfall.select(key));
    this.#panel.setUsage(this.#usage);
    this.#toolbar.showErrors(this.#tree.nodes.filter((node) => node.isError).length);
    if (this.#toolbar.query !== '') this.#find(this.#toolbar.query);
  }

  #toggleUsage(): void {
    if (this.#usage !== undefined) this.#panel.show(this.#panel.front === 'usage' ? 'span' : 'usage');
    else announce('No request of this trace was tracked');
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
    const { traceId, spanId } = log;
    const isOther = this.#isOfOther(log) && traceId !== undefined;
    if (isOther) this.#around.navigate({ page: 'trace', traceId, ...(spanId === undefined ? {} : { spanId }) });
    else if (spanId !== undefined) this.#waterfall.select(spanId);
  }

  #isOfOther({ traceId }: LogRow): boolean {
    return traceId !== undefined && traceId !== this.#trace.traceId;
  }

  #otherTrace(log: LogRow): string | undefined {
    if (!this.#isOfOther(log)) return undefined;
    return this.#trace.related.find(({ traceId }) => traceId === log.traceId)?.name ?? 'task';
  }

  #showDetails(key: string): void {
    const node = this.#tree.nodes[this.#tree.indexOf.get(key) ?? -1];
    if (node === undefined) return;
    const details = spanDetails({
      tree: this.#tree,
      node,
      logs: this.#trace.logs.filter((log) => log.spanId === key),
      link: () => traceLink({ ...this.#trace, spanId: key }),
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
