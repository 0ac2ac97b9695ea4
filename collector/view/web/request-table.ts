/** The table of requests: rows are kept by key, so that what arrives neither rebuilds nor moves the others. */
import { serviceBadge, statusBadge } from './badges.ts';
import type { RequestRow } from './contract.ts';
import { el, setAttributes } from './element.ts';
import { formatAgo, formatClock, formatCount, formatDateTime, formatDuration } from './format.ts';
import { rowKey } from './request-feed.ts';
import { traceAddress } from './routes.ts';
import { inlineText } from './value-text.ts';
import { plainVisible } from './visible-text.ts';

const columns = [
  ['time', 'Time'],
  ['status', 'Status'],
  ['request', 'Request'],
  ['service', 'Service'],
  ['duration', 'Duration'],
  ['spans', 'Spans'],
  ['errors', 'Errors'],
  ['logs', 'Logs'],
  ['id', 'Request id'],
] as const;

interface ShownRow {
  readonly element: HTMLTableRowElement;
  readonly signature: string;
  readonly row: RequestRow;
  readonly ago: HTMLElement;
}

/** One table on the page. */
export class RequestTable {
  readonly element: HTMLTableElement;
  readonly #body = el('tbody');
  readonly #rows = new Map<string, ShownRow>();

  /** @param label - Says to screen readers what the table lists. */
  constructor(label: string) {
    const heads = columns.map(([name, title]) => el('th', { class: `col-${name}`, attr: { scope: 'col' } }, title));
    this.element = el('table', { class: 'requests', attr: { 'aria-label': label } });
    this.element.append(el('thead', {}, el('tr', {}, heads)), this.#body);
  }

  /** Makes the table show exactly these rows, in this order. */
  show(rows: readonly RequestRow[]): void {
    const wanted = new Set(rows.map(rowKey));
    for (const [key, shown] of this.#rows) {
      if (!wanted.has(key)) this.#remove(key, shown);
    }
    let place = this.#body.firstElementChild;
    for (const row of rows) {
      const { element } = this.#upToDate(row);
      if (element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(element, place);
    }
  }

  /** Renews the relative times; touches the page only where a text changes. */
  tick(nowMs: number): void {
    for (const { ago, row } of this.#rows.values()) {
      const text = formatAgo(row.startUnixNano, nowMs);
      if (ago.textContent !== text) ago.textContent = text;
    }
  }

  /** Moves the focus from row to row; from outside the table to its first row. */
  moveFocus(by: 1 | -1): void {
    const links = [...this.#body.querySelectorAll<HTMLElement>('a.row-link')];
    const now = links.findIndex((link) => link === document.activeElement);
    const next = links[now === -1 ? 0 : Math.min(Math.max(now + by, 0), links.length - 1)];
    next?.focus();
  }

  #upToDate(row: RequestRow): ShownRow {
    const key = rowKey(row);
    const known = this.#rows.get(key);
    const signature = signatureOf(row);
    if (known?.signature === signature) return known;
    const shown = renderRow(row, signature);
    if (known?.element.contains(document.activeElement) === true) {
      known.element.replaceWith(shown.element);
      shown.element.querySelector<HTMLElement>('a.row-link')?.focus();
    } else known?.element.replaceWith(shown.element);
    this.#rows.set(key, shown);
    return shown;
  }

  #remove(key: string, shown: ShownRow): void {
    shown.element.remove();
    this.#rows.delete(key);
  }
}

function signatureOf(row: RequestRow): string {
  const { spanCount, errorCount, logCount, durationNs, statusCode, isError, name, target, requestId } = row;
  return JSON.stringify([spanCount, errorCount, logCount, durationNs, statusCode, isError, name, target, requestId]);
}

function renderRow(row: RequestRow, signature: string): ShownRow {
  const ago = el('span', { class: 'ago' }, formatAgo(row.startUnixNano, Date.now()));
  const time = el('time', { attr: { title: formatDateTime(row.startUnixNano) } }, formatClock(row.startUnixNano));
  const element = el('tr', { class: row.isError ? 'is-error' : '' });
  element.append(
    el('td', { class: 'col-time' }, time, ago),
    el('td', { class: 'col-status' }, statusBadge(row)),
    el('td', { class: 'col-request' }, requestLink(row)),
    el('td', { class: 'col-service' }, serviceBadge(row.service)),
    el('td', { class: 'col-duration' }, durationBar(row.durationNs), el('span', {}, formatDuration(row.durationNs))),
    countCell('spans', row.spanCount),
    countCell('errors', row.errorCount),
    countCell('logs', row.logCount),
    el('td', { class: 'col-id' }, idText(row)),
  );
  return { element, signature, row, ago };
}

function requestLink(row: RequestRow): HTMLElement {
  const target = row.target ?? row.name;
  const label = `${row.method ?? ''} ${target}`.trim();
  const link = el('a', { class: 'row-link', attr: { title: plainVisible(label).slice(0, 400) } });
  setAttributes(link, { href: traceAddress(row) });
  if (row.method !== undefined) link.append(inlineText(row.method, 'method'));
  link.append(inlineText(target, 'target'));
  return link;
}

/** On a fixed logarithmic scale from 0.1 ms to 10 s, so that no bar changes when other requests arrive. */
function durationBar(durationNs: number): HTMLElement {
  const share = Math.min(Math.max(Math.log10(Math.max(durationNs, 1) / 1e5) / 5, 0.02), 1);
  return el('span', { class: 'bar', attr: { 'aria-hidden': 'true' }, vars: { '--share': share.toFixed(3) } });
}

function countCell(name: 'spans' | 'errors' | 'logs', count: number): HTMLElement {
  return el('td', { class: `col-${name} ${count === 0 ? 'is-zero' : ''}` }, formatCount(count));
}

function idText(row: RequestRow): HTMLElement {
  const isOwn = row.requestId !== undefined;
  const text = row.requestId ?? row.traceId;
  const title = isOwn ? plainVisible(text) : 'Trace id: the sender gave no request id';
  const element = inlineText(text, isOwn ? 'id' : 'id is-foreign');
  element.title = title.slice(0, 400);
  return element;
}
