/** What a trace is about, on two lines: the request, how it ended, its ids. */
import { serviceBadge, statusBadge } from './badges.ts';
import type { AttributeValue, RequestRow, SpanRow, TraceView } from './contract.ts';
import { copyButton } from './copy-button.ts';
import { el, setAttributes } from './element.ts';
import { counted, formatAgo, formatDateTime, formatDuration } from './format.ts';
import { traceAddress } from './routes.ts';
import type { TraceTree } from './trace-tree.ts';
import { inlineText } from './value-text.ts';

/** Services named one by one; of more only the number is said. */
const namedServices = 4;

/** Tasks named one by one; a request that starts more has them in the list of requests. */
const namedRelated = 12;

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
  first.append(
    el('h1', {}, inlineText(spanTitle(span))),
    ...(span === undefined ? [] : [statusBadge(status)]),
    ...services(trace),
  );
  const second = el('div', { class: 'trace-facts' });
  second.append(...ids(trace), time(tree), ...facts(trace, errors));
  const total = el(
    'div',
    { class: 'trace-total' },
    el('strong', {}, formatDuration(tree.durationNs)),
    el('span', {}, 'total'),
  );
  const lines = el('div', { class: 'trace-lines' }, first, second, relatedTraces(trace));
  return el('header', { class: 'trace-header' }, lines, total);
}

/** Keeps the relative time true while the page stays open. */
export function showAgo(header: HTMLElement, tree: TraceTree): void {
  const ago = header.querySelector('.ago');
  const passed = formatAgo(tree.startUnixNano, Date.now());
  if (ago !== null && ago.textContent !== passed) ago.textContent = passed;
}

/** The whole address of a trace, to be sent to someone. */
export function traceLink(place: Parameters<typeof traceAddress>[0]): string {
  return new URL(traceAddress(place) ?? '/', location.href).href;
}

function services(trace: TraceView): HTMLElement[] {
  const names = [...new Set(trace.spans.map(({ service }) => service))];
  const badges = names.slice(0, namedServices).map(serviceBadge);
  if (names.length > namedServices) badges.push(el('span', { class: 'muted' }, `+${names.length - namedServices}`));
  return badges;
}

/** From a request to its background tasks; from a task back to its request, and to the request's other tasks. */
function relatedTraces({ related }: TraceView): HTMLElement | undefined {
  if (related.length === 0) return undefined;
  const shown = related.slice(0, namedRelated).map(relatedLink);
  const more = related.length - shown.length;
  return el(
    'nav',
    { class: 'trace-related', attr: { 'aria-label': 'Traces of the same request' } },
    shown,
    more === 0 ? undefined : el('span', { class: 'muted' }, `+${more}`),
  );
}

function relatedLink(row: RequestRow): HTMLElement {
  const target = `${row.method ?? ''} ${row.target ?? row.name}`.trim();
  const link = el('a', { class: row.isError ? 'related is-error' : 'related' });
  setAttributes(link, { href: traceAddress(row) });
  const kind = row.isBackground === true ? 'task' : 'request';
  link.append(el('span', { class: 'label' }, kind), inlineText(target), el('span', {}, formatDuration(row.durationNs)));
  return link;
}

function ids({ traceId, requestId, isBackground }: TraceView): HTMLElement[] {
  const link = (): string => traceLink({ traceId, requestId, isBackground });
  const own = requestId === undefined ? [] : [idField('request', requestId)];
  const fields = [...own, idField('trace', traceId)];
  fields[0]?.append(copyButton('link', link, 'link'));
  return fields;
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
  return el('time', {}, start, el('span', { class: 'ago' }, formatAgo(tree.startUnixNano, Date.now())));
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
