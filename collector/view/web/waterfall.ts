/** The spans of a trace as a tree beside their times: selection, folding, jumping. */
import type { LogRow } from './contract.ts';
import { el, fill, setAttributes } from './element.ts';
import { nextOf } from './search-in-trace.ts';
import { tickLabel, ticksNs, tickStepNs } from './time-scale.ts';
import { ancestorsOf, visibleRows, type TraceTree } from './trace-tree.ts';
import { VirtualRows } from './virtual-rows.ts';
import { rowElementId, waterfallRow } from './waterfall-row.ts';

/** Pixels; `--row-height` in waterfall.css. */
const rowHeight = 26;

/** What the page wants to know. */
export interface WaterfallEvents {
  /** Another row is selected; `isOpened` when its details were asked for. */
  readonly selected: (key: string, isOpened: boolean) => void;
}

/** Holds what the user did to the tree, by key, so that it outlives every update. */
export class Waterfall {
  readonly element: HTMLElement;
  readonly #events: WaterfallEvents;
  readonly #ruler = el('div', { class: 'wf-ruler' });
  readonly #rows: VirtualRows;
  readonly #collapsed = new Set<string>();
  #tree: TraceTree;
  #logs: ReadonlyMap<string, readonly LogRow[]> = new Map();
  #visible: readonly number[] = [];
  #selected: string | undefined;
  #words: readonly string[] = [];
  #matches: readonly number[] = [];
  #matchSet: ReadonlySet<number> = new Set();

  constructor(tree: TraceTree, events: WaterfallEvents) {
    this.#tree = tree;
    this.#events = events;
    this.#rows = new VirtualRows({ rowHeight, render: (row) => this.#render(row) });
    setAttributes(this.#rows.element, { role: 'tree', tabindex: '0', 'aria-label': 'Spans of this trace' });
    this.#rows.element.addEventListener('click', (event) => this.#clicked(event));
    const heads = ['Span', 'Duration'].map((text) => el('span', {}, text));
    const head = el('div', { class: 'wf-head', attr: { 'aria-hidden': 'true' } }, heads, this.#ruler);
    this.element = el('div', { class: 'waterfall' }, head, this.#rows.element);
  }

  /** Shows a newer state of the trace; selection, folding and the row at the top stay. */
  setTrace(tree: TraceTree, logs: readonly LogRow[]): void {
    const anchor = this.#rows.anchor;
    const anchorKey = this.#tree.nodes[this.#visible[anchor.row] ?? -1]?.key;
    this.#tree = tree;
    this.#logs = Map.groupBy(logs, (log) => log.spanId ?? '');
    this.#drawRuler();
    this.#refresh();
    const row = anchorKey === undefined ? -1 : this.#visibleRowOf(anchorKey);
    if (row > 0 && anchor.row > 0) this.#rows.restore({ ...anchor, row });
  }

  /** Marks what a search has found. */
  setMatches(matches: readonly number[], words: readonly string[]): void {
    this.#matches = matches;
    this.#matchSet = new Set(matches);
    this.#words = words;
    this.#refresh();
  }

  /** Key of the selected row. */
  get selected(): string | undefined {
    return this.#selected;
  }

  /** Takes the focus, so that the keys work. */
  focus(): void {
    this.#rows.element.focus({ preventScroll: true });
  }

  /** Selects a row and brings it into view, unfolding what hides it. */
  select(key: string, isOpened = false): void {
    const index = this.#tree.indexOf.get(key);
    if (index === undefined) return;
    for (const ancestor of ancestorsOf(this.#tree, index)) this.#collapsed.delete(ancestor);
    this.#selected = key;
    this.#refresh();
    this.#rows.show(this.#visibleRowOf(key));
    setAttributes(this.#rows.element, { 'aria-activedescendant': rowElementId(key) });
    this.#events.selected(key, isOpened);
  }

  /** Moves the selection by visible rows; the ends hold it. */
  move(by: number): void {
    const from = this.#selected === undefined ? -1 : this.#visibleRowOf(this.#selected);
    const to = from === -1 ? 0 : Math.min(Math.max(from + by, 0), this.#visible.length - 1);
    this.#selectVisible(to);
  }

  /** Moves by a screenful. */
  movePage(direction: 1 | -1): void {
    this.move(direction * this.#rows.rowsPerPage);
  }

  /** Selects the first or the last row. */
  moveToEnd(end: 'first' | 'last'): void {
    this.#selectVisible(end === 'first' ? 0 : this.#visible.length - 1);
  }

  /** Folds the selected row; when it is folded or has nothing to fold, goes to its parent. */
  foldOrLeave(): void {
    const node = this.#selectedNode();
    if (node === undefined) return;
    if (node.childCount > 0 && !this.#collapsed.has(node.key)) this.#fold(node.key, true);
    else this.#selectIndex(node.parent);
  }

  /** Unfolds the selected row; when it is open, goes to its first child. */
  unfoldOrEnter(): void {
    const node = this.#selectedNode();
    if (node === undefined || node.childCount === 0) return;
    if (this.#collapsed.has(node.key)) this.#fold(node.key, false);
    else this.#selectIndex((this.#tree.indexOf.get(node.key) ?? 0) + 1);
  }

  /** Folds everything below the roots, or unfolds everything. */
  foldAll(isFolded: boolean): void {
    this.#collapsed.clear();
    const folded = isFolded ? this.#tree.nodes.filter((node) => node.depth > 0 && node.childCount > 0) : [];
    for (const node of folded) this.#collapsed.add(node.key);
    const selected = this.#tree.indexOf.get(this.#selected ?? '');
    const shownParent =
      selected === undefined
        ? undefined
        : ancestorsOf(this.#tree, selected).findLast((key) => this.#collapsed.has(key));
    this.#refresh();
    if (shownParent !== undefined) this.select(shownParent);
  }

  /** Goes to the next or the previous row with an error, round the ends. */
  jumpToError(direction: 1 | -1): void {
    this.#jump(
      this.#tree.nodes.flatMap((node, index) => (node.isError ? [index] : [])),
      direction,
    );
  }

  /** Goes to the next or the previous match of the search, round the ends. */
  jumpToMatch(direction: 1 | -1): void {
    this.#jump(this.#matches, direction);
  }

  #jump(rows: readonly number[], direction: 1 | -1): void {
    const from = this.#tree.indexOf.get(this.#selected ?? '') ?? (direction === 1 ? -1 : this.#tree.nodes.length);
    const to = nextOf(rows, from, direction);
    if (to !== undefined) this.#selectIndex(to);
  }

  #selectIndex(index: number): void {
    const key = this.#tree.nodes[index]?.key;
    if (key !== undefined) this.select(key);
  }

  #selectVisible(row: number): void {
    this.#selectIndex(this.#visible[row] ?? -1);
  }

  #selectedNode(): TraceTree['nodes'][number] | undefined {
    return this.#tree.nodes[this.#tree.indexOf.get(this.#selected ?? '') ?? -1];
  }

  #fold(key: string, isFolded: boolean): void {
    if (isFolded) this.#collapsed.add(key);
    else this.#collapsed.delete(key);
    this.#refresh();
  }

  #clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : undefined;
    const key = target?.closest<HTMLElement>('.wf-row')?.dataset['key'];
    if (key === undefined) return;
    const isTwist =
      target?.closest('.twist') !== null && this.#tree.nodes[this.#tree.indexOf.get(key) ?? -1]?.childCount !== 0;
    if (isTwist) this.#fold(key, !this.#collapsed.has(key));
    else this.select(key, true);
  }

  #visibleRowOf(key: string): number {
    const index = this.#tree.indexOf.get(key) ?? -1;
    return this.#visible.indexOf(index);
  }

  #refresh(): void {
    this.#visible = visibleRows(this.#tree, this.#collapsed);
    this.#rows.refresh(this.#visible.length);
  }

  #render(row: number): HTMLElement {
    const index = this.#visible[row] ?? 0;
    const node = this.#tree.nodes[index];
    if (node === undefined) return el('div');
    return waterfallRow({
      tree: this.#tree,
      node,
      logs: this.#logs.get(node.key) ?? [],
      isSelected: node.key === this.#selected,
      isCollapsed: this.#collapsed.has(node.key),
      isMatch: this.#matchSet.has(index),
      words: this.#words,
    });
  }

  #drawRuler(): void {
    const { durationNs } = this.#tree;
    const percent = (ns: number): string => ((ns / durationNs) * 100).toFixed(4);
    this.element.style.setProperty('--step', percent(tickStepNs(durationNs)));
    // A mark so close to the end that its label would be cut has its line, but no label.
    const labelled = ticksNs(durationNs).filter((ns) => ns / durationNs < 0.93);
    fill(
      this.#ruler,
      labelled.map((ns) => el('span', { class: 'wf-tick', vars: { '--at': percent(ns) } }, tickLabel(ns))),
    );
  }
}
