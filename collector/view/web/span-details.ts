/** Everything about one span. */
import { attributeGroups } from './attribute-groups.ts';
import { allAttributes, attributeList } from './attribute-list.ts';
import { serviceBadge } from './badges.ts';
import type { LogRow, SpanEvent, SpanLink, SpanRow } from './contract.ts';
import { copyButton } from './copy-button.ts';
import { el, setAttributes, type Child } from './element.ts';
import { exceptionView, isException } from './exception.ts';
import { counted, formatDateTime, formatDuration, nsBetween } from './format.ts';
import { traceAddress } from './routes.ts';
import type { TraceTree, TreeNode } from './trace-tree.ts';
import { blockText, inlineText } from './value-text.ts';

/** What the panel shows, and what it can ask the page for. */
export interface SpanDetailsView {
  readonly tree: TraceTree;
  readonly node: TreeNode;
  readonly logs: readonly LogRow[];
  readonly select: (key: string) => void;
  /** Shows this span's log lines. */
  readonly showLogs: () => void;
}

/** @returns The content of the panel for the selected row. */
export function spanDetails(view: SpanDetailsView): HTMLElement {
  const { span } = view.node;
  if (span === undefined) return missingParent(view);
  const exceptions = span.events.filter(isException);
  const events = span.events.filter((event) => !isException(event));
  return el(
    'div',
    { class: 'details' },
    heading(span),
    problem(span),
    exceptions.map(exceptionView),
    summary(view, span),
    attributeGroups(span.attributes).map((group) => section(group.title, attributeList(group.entries))),
    events.length === 0
      ? undefined
      : section(
          'Events',
          events.map((event) => eventView(event, view.tree)),
        ),
    span.links.length === 0 ? undefined : section('Links', span.links.map(linkView)),
    resource(span),
  );
}

function heading(span: SpanRow): HTMLElement {
  const kind = span.kind === 'unspecified' ? undefined : el('span', { class: 'tag' }, span.kind);
  return el(
    'header',
    { class: 'details-head' },
    el('h2', {}, inlineText(span.name)),
    el('p', {}, serviceBadge(span.service), kind),
  );
}

function problem(span: SpanRow): HTMLElement | undefined {
  if (span.status !== 'error') return undefined;
  const text = span.statusMessage ?? '';
  return el(
    'p',
    { class: 'span-error' },
    el('strong', {}, 'Error'),
    text === '' ? ' without a message' : blockText(text),
  );
}

function summary({ tree, node, logs, select, showLogs }: SpanDetailsView, span: SpanRow): HTMLElement {
  const start = el(
    'span',
    { attr: { title: formatDateTime(span.startUnixNano) } },
    `+${formatDuration(node.offsetNs)}`,
  );
  const lines = button(counted(logs.length, 'line'), showLogs);
  const { parentSpanId } = span;
  const hasParent = parentSpanId !== undefined && tree.indexOf.has(parentSpanId);
  const parent = hasParent
    ? button(parentSpanId, () => select(parentSpanId))
    : inlineText(parentSpanId ?? 'none: a root');
  const { name, version } = span.scope;
  return el(
    'dl',
    { class: 'facts' },
    fact('Duration', formatDuration(span.durationNs)),
    fact('Start', start),
    fact('Logs', logs.length === 0 ? 'none' : lines),
    fact('Span id', inlineText(span.spanId, 'mono'), copyButton('span id', span.spanId)),
    fact('Parent', parent),
    name === '' ? undefined : fact('Scope', inlineText(version === undefined ? name : `${name} ${version}`)),
  );
}

function eventView(event: SpanEvent, tree: TraceTree): HTMLElement {
  const offset = `+${formatDuration(nsBetween(tree.startUnixNano, event.timeUnixNano))}`;
  const time = el('time', { attr: { title: formatDateTime(event.timeUnixNano) } }, offset);
  return el(
    'section',
    { class: 'event' },
    el('header', {}, inlineText(event.name), time),
    allAttributes(event.attributes),
  );
}

function linkView(link: SpanLink): HTMLElement {
  const address = traceAddress({ traceId: link.traceId, spanId: link.spanId });
  const text = el('a', { class: 'mono trace-link' }, inlineText(link.traceId));
  setAttributes(text, { href: address });
  return el(
    'section',
    { class: 'event' },
    el('header', {}, text, copyButton('trace id', link.traceId)),
    allAttributes(link.attributes),
  );
}

function resource(span: SpanRow): HTMLElement {
  const list = allAttributes(span.resource) ?? el('p', { class: 'muted' }, 'The sender described none.');
  return el('details', { class: 'section' }, el('summary', {}, 'Resource'), list);
}

function missingParent({ node }: SpanDetailsView): HTMLElement {
  const parentId = node.key.slice('missing:'.length);
  return el(
    'div',
    { class: 'details' },
    el('header', { class: 'details-head' }, el('h2', {}, 'A parent that has not arrived')),
    el(
      'p',
      {},
      `${counted(node.childCount, 'span')} of this trace name it as their parent. Its process may still be sending, may not be traced, or may send elsewhere.`,
    ),
    el('dl', { class: 'facts' }, fact('Span id', inlineText(parentId, 'mono'), copyButton('span id', parentId))),
  );
}

function section(title: string, ...children: readonly Child[]): HTMLElement {
  return el('section', { class: 'section' }, el('h3', {}, title), children);
}

function fact(name: string, ...value: readonly Child[]): HTMLElement {
  return el('div', {}, el('dt', {}, name), el('dd', {}, value));
}

function button(text: string, click: () => void): HTMLElement {
  return el('button', { class: 'text-button', attr: { type: 'button' }, on: { click } }, text);
}
