/** Draws one row of the waterfall. */
import type { LogRow, SpanRow } from './contract.ts';
import { el, setAttributes, type Child } from './element.ts';
import { counted, formatDuration, nsBetween } from './format.ts';
import { icon } from './icons.ts';
import { serviceColour } from './service-colours.ts';
import { severityClass } from './severity.ts';
import type { TraceTree, TreeNode } from './trace-tree.ts';
import { inlineText, markedText } from './value-text.ts';
import { plainVisible } from './visible-text.ts';

/** All that a row shows. */
export interface RowView {
  readonly tree: TraceTree;
  readonly node: TreeNode;
  readonly logs: readonly LogRow[];
  readonly isSelected: boolean;
  readonly isCollapsed: boolean;
  readonly isMatch: boolean;
  /** Lower-case words to mark in the name. */
  readonly words: readonly string[];
}

/** Marks of log lines on one bar; more would only be a smear. */
const mostMarks = 60;
const kindMarks: Readonly<Record<SpanRow['kind'], string>> = {
  unspecified: '',
  internal: '',
  server: 'server',
  client: 'client',
  producer: 'producer',
  consumer: 'consumer',
};

/** The element's id in the page, for `aria-activedescendant`. Keys are checked: nothing else may get into an id. */
export function rowElementId(key: string): string {
  return `span-${key.replaceAll(/[^\da-z]/gi, '-')}`;
}

/** @returns The row; clicks are told apart by `data-key` and the class `twist`. */
export function waterfallRow(view: RowView): HTMLElement {
  const { node } = view;
  const row = el('div', { class: rowClass(view), attr: rowAttributes(view) });
  row.dataset['key'] = node.key;
  row.append(
    nameCell(view),
    el('div', { class: 'wf-duration' }, node.span === undefined ? '' : formatDuration(node.durationNs)),
  );
  row.append(timeCell(view));
  return row;
}

function rowClass({ node, isSelected, isMatch }: RowView): string {
  const marks = [
    isSelected && 'is-selected',
    node.isError && 'is-error',
    isMatch && 'is-match',
    node.span ?? 'is-missing',
  ];
  return ['wf-row', ...marks.filter((mark) => typeof mark === 'string')].join(' ');
}

function rowAttributes({ node, isSelected, isCollapsed, logs }: RowView): Readonly<Record<string, string | undefined>> {
  const { span } = node;
  const name = span === undefined ? 'Parent that has not arrived' : plainVisible(span.name).slice(0, 200);
  const facts = span === undefined ? [] : [plainVisible(span.service).slice(0, 80), formatDuration(node.durationNs)];
  if (node.isError) facts.push('error');
  if (logs.length > 0) facts.push(counted(logs.length, 'log line'));
  return {
    id: rowElementId(node.key),
    role: 'treeitem',
    'aria-level': String(node.depth + 1),
    'aria-posinset': String(node.position),
    'aria-setsize': String(node.siblings),
    'aria-selected': String(isSelected),
    'aria-expanded': node.childCount === 0 ? undefined : String(!isCollapsed),
    'aria-label': [name, ...facts].join(', '),
  };
}

function nameCell(view: RowView): HTMLElement {
  const { node, isCollapsed } = view;
  const twist = el('span', { class: `twist ${isCollapsed ? '' : 'is-open'}`, attr: { 'aria-hidden': 'true' } });
  if (node.childCount > 0) twist.append(icon('right'));
  const hiddenCount = isCollapsed ? el('span', { class: 'wf-count' }, `+${node.end - indexOf(view) - 1}`) : undefined;
  const hasHiddenError = isCollapsed && node.hasErrorBelow && !node.isError;
  const error = node.isError || hasHiddenError ? errorMark(hasHiddenError) : undefined;
  const colour = node.span === undefined ? 'var(--line-strong)' : serviceColour(node.span.service);
  const vars = { '--depth': String(indentSteps(node.depth)), '--colour': colour } as const;
  return el(
    'div',
    { class: 'wf-name', vars },
    twist,
    el('span', { class: 'dot' }),
    error,
    nameParts(view),
    hiddenCount,
  );
}

/** Beyond 12 levels an indent is a quarter as wide: a chain of 10,000 spans must not push its names out of sight. */
function indentSteps(depth: number): number {
  return Math.min(depth <= 12 ? depth : 12 + (depth - 12) / 4, 18);
}

function nameParts({ node, tree, words }: RowView): Child {
  if (node.span === undefined) {
    const parentId = node.key.slice('missing:'.length);
    return el('span', { class: 'wf-note' }, 'parent ', inlineText(parentId, 'mono'), ' has not arrived');
  }
  const parent = tree.nodes[node.parent]?.span;
  const isOtherService = parent?.service !== node.span.service;
  return [
    markedText(node.span.name === '' ? '(no name)' : node.span.name, words, 'wf-title'),
    isOtherService ? inlineText(node.span.service, 'wf-service') : undefined,
    isOtherService ? undefined : el('span', { class: 'wf-kind' }, kindMarks[node.span.kind]),
    node.isLoop ? el('span', { class: 'wf-note' }, 'parents form a loop') : undefined,
  ];
}

function timeCell({ node, tree, logs }: RowView): HTMLElement {
  const share = (ns: number): string => (Math.min(Math.max(ns / tree.durationNs, 0), 1) * 100).toFixed(3);
  const bar = el('span', {
    class: 'wf-bar',
    vars: { '--left': share(node.offsetNs), '--width': share(node.durationNs) },
  });
  const cell = el('div', { class: 'wf-time' }, bar);
  if (node.span === undefined) return cell;
  cell.style.setProperty('--colour', serviceColour(node.span.service));
  for (const log of logs.slice(0, mostMarks)) {
    const at = share(nsBetween(tree.startUnixNano, log.timeUnixNano));
    cell.append(el('span', { class: `wf-mark ${severityClass(log.severityNumber)}`, vars: { '--at': at } }));
  }
  for (const event of node.span.events.slice(0, mostMarks)) {
    const at = share(nsBetween(tree.startUnixNano, event.timeUnixNano));
    cell.append(
      el('span', { class: `wf-event ${event.name === 'exception' ? 'is-exception' : ''}`, vars: { '--at': at } }),
    );
  }
  return cell;
}

function errorMark(isBelow: boolean): HTMLElement {
  const mark = el('span', { class: `wf-error ${isBelow ? 'is-below' : ''}` }, icon('alert'));
  setAttributes(mark, { title: isBelow ? 'An error is hidden below' : 'Error' });
  return mark;
}

function indexOf({ tree, node }: RowView): number {
  return tree.indexOf.get(node.key) ?? 0;
}
