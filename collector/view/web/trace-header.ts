/** What a trace is about, on two lines: the request, how it ended, its ids. */
import { serviceBadge, statusBadge } from './badges.ts';
import type { AttributeValue, SpanRow, TraceView } from './contract.ts';
import { copyButton } from './copy-button.ts';
import { el } from './element.ts';
import { counted, formatAgo, formatDateTime, formatDuration } from './format.ts';
import { traceAddress } from './routes.ts';
import type { TraceTree } from './trace-tree.ts';
import { inlineText } from './value-text.ts';

/** Services named one by one; of more only the number is said. */
const namedServices = 4;

/** @returns The request's span: the first root that a server or consumer made, else the first root, else the first span. */
export function mainSpan(tree: TraceTree): SpanRow | undefined {
  const roots = tree.nodes.filter(
    (node) => node.span !== undefined && (node.parent < 0 || tree.nodes[node.parent]?.span === undefined),
  );
  const entry = roots.find(({ span }) => span?.kind === 'server' || span?.kind === 'consumer');
  return (entry ?? roots[0] ?? tree.nodes.find((node) => node.span !== undefined))?.span;
}

/** `GET /cart/:id` where the span is an HTTP request, else its name. */
export function spanTitle(span: SpanRow | undefined): string {
  if (span === undefined) return 'Log lines without spans';
  const method = text(span.attributes['http.request.method']);
  const target = text(span.attributes['http.route'] ?? span.attributes['url.path']);
  return method !== undefined && target !== undefined ? `${method} ${target}` : span.name;
}

/** Made anew for every state of the trace. */
export function traceHeader(trace: TraceView, tree: TraceTree): HTMLElement {
  const span = mainSpan(tree);
  const errors = trace.spans.filter(({ status }) => status === 'error').length;
  const code = Number(span?.attributes['http.response.status_code']);
  const status = { isError: span?.status === 'error', ...(Number.isInteger(code) ? { statusCode: code } : {}) };
  const first = el('div', { class: 'trace-title' });
  first.append(el('h1', {}, inlineText(spanTitle(span))), statusBadge(status), ...services(trace));
  const second = el('div', { class: 'trace-facts' });
  second.append(...ids(trace), time(tree), ...facts(trace, errors));
  const total = el(
    'div',
    { class: 'trace-total' },
    el('strong', {}, formatDuration(tree.durationNs)),
    el('span', {}, 'total'),
  );
  return el('header', { class: 'trace-header' }, el('div', { class: 'trace-lines' }, first, second), total);
}

function services(trace: TraceView): HTMLElement[] {
  const names = [...new Set(trace.spans.map(({ service }) => service))];
  const badges = names.slice(0, namedServices).map(serviceBadge);
  if (names.length > namedServices) badges.push(el('span', { class: 'muted' }, `+${names.length - namedServices}`));
  return badges;
}

function ids({ traceId, requestId }: TraceView): HTMLElement[] {
  const own = requestId === undefined ? [] : [idField('request', requestId)];
  const link = (): string => new URL(traceAddress({ traceId, requestId }) ?? '/', location.href).href;
  return [...own, idField('trace', traceId), el('span', {}, copyButton('link', link, 'link'))];
}

function idField(name: string, id: string): HTMLElement {
  return el(
    'span',
    { class: `id-field is-${name}` },
    el('span', { class: 'label' }, name),
    inlineText(id, 'mono'),
    copyButton(`${name} id`, id),
  );
}

function time(tree: TraceTree): HTMLElement {
  const start = formatDateTime(tree.startUnixNano);
  return el('time', {}, start, el('span', { class: 'ago' }, ` ${formatAgo(tree.startUnixNano, Date.now())}`));
}

function facts({ spans, logs, isTruncated }: TraceView, errors: number): HTMLElement[] {
  const parts = [el('span', {}, counted(spans.length, 'span'))];
  if (errors > 0) parts.push(el('span', { class: 'is-error' }, counted(errors, 'error')));
  parts.push(el('span', {}, counted(logs.length, 'log line')));
  if (isTruncated)
    parts.push(el('span', { class: 'is-warning' }, 'not all of them: the trace is larger than one answer'));
  return parts;
}

function text(value: AttributeValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
