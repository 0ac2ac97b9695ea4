/** The tables of the page of usage: tracked requests, or groups of them. A heading that can be sorted by is a button. */
import { serviceBadge, statusBadge } from './badges.ts';
import type { UsageGroup, UsageList, UsageRow } from './contract.ts';
import { el, fill, setAttributes, type Child } from './element.ts';
import { formatClock, formatCount, formatDateTime } from './format.ts';
import { addressOf, traceAddress } from './routes.ts';
import { figureOf, figureTitles, formatFigure } from './usage-figures.ts';
import { usageFigures, type UsageRoute } from './usage-route.ts';
import { inlineText } from './value-text.ts';
import { plainVisible } from './visible-text.ts';

interface Column {
  readonly name: string;
  readonly title: string;
  /** What a click on the heading asks for; absent where it cannot be sorted by. */
  readonly sort?: Partial<Pick<UsageRoute, 'by' | 'order'>>;
}

/** One table, filled anew with each answer; the focus stays on its row. */
export class UsageTable {
  readonly element: HTMLTableElement = el('table', { class: 'requests usage' });
  readonly #change: (route: UsageRoute) => void;

  /** @param change - Called with the route that shows another order. */
  constructor(change: (route: UsageRoute) => void) {
    this.#change = change;
  }

  show(list: UsageList, route: UsageRoute): void {
    const focused = this.#focusedKey();
    const columns = route.view === 'requests' ? requestColumns : groupColumns(route);
    const rows =
      route.view === 'requests'
        ? list.requests.map((row) => requestRow(row, route, list.requests))
        : list.groups.map((group) => groupRow(group, route, list.groups));
    const heads = columns.map((column) => this.#head(column, route));
    setAttributes(this.element, { 'aria-label': labelOf(route), 'data-view': route.view });
    fill(this.element, el('thead', {}, el('tr', {}, heads)), el('tbody', {}, rows));
    if (focused !== undefined) this.#focus(focused);
  }

  /** Moves the focus from row to row; from outside the table to its first row. */
  moveFocus(by: 1 | -1): void {
    const links = this.#links();
    const now = links.findIndex((link) => link === document.activeElement);
    links[now === -1 ? 0 : Math.min(Math.max(now + by, 0), links.length - 1)]?.focus();
  }

  #head({ name, title, sort }: Column, route: UsageRoute): HTMLElement {
    const head = el('th', { class: `col-${name}`, attr: { scope: 'col' } });
    if (sort === undefined) {
      head.append(title);
      return head;
    }
    const isSorted = Object.entries(sort).every(([key, value]) => route[key === 'by' ? 'by' : 'order'] === value);
    const button = el('button', {
      class: 'sort',
      attr: { type: 'button', 'data-key': `sort ${title}` },
      on: { click: () => this.#change({ ...route, ...sort }) },
    });
    button.append(title);
    head.append(button);
    setAttributes(head, { 'aria-sort': isSorted ? 'descending' : 'none' });
    return head;
  }

  #links(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>('a.row-link')];
  }

  #focusedKey(): string | undefined {
    const active = document.activeElement;
    return active instanceof HTMLElement && this.element.contains(active) ? active.dataset['key'] : undefined;
  }

  #focus(key: string): void {
    const all = [...this.element.querySelectorAll<HTMLElement>('[data-key]')];
    all.find((candidate) => candidate.dataset['key'] === key)?.focus();
  }
}

const requestColumns: readonly Column[] = [
  { name: 'time', title: 'Time', sort: { order: 'newest' } },
  { name: 'status', title: 'Status' },
  { name: 'request', title: 'Request' },
  { name: 'service', title: 'Service' },
  { name: 'account', title: 'Account' },
  ...usageFigures.map((by) => ({ name: 'figure', title: figureTitles[by], sort: { by, order: 'value' } as const })),
];

function groupColumns({ view, by }: UsageRoute): readonly Column[] {
  const names: readonly Column[] =
    view === 'routes'
      ? [
          { name: 'request', title: 'Route' },
          { name: 'service', title: 'Service' },
        ]
      : [{ name: 'request', title: 'Account' }];
  return [
    ...names,
    { name: 'figure', title: 'Requests', sort: { order: 'count' } },
    { name: 'figure', title: 'Median', sort: { order: 'median' } },
    { name: 'figure', title: '95th percentile', sort: { order: 'p95' } },
    { name: 'sum', title: `${figureTitles[by]}, sum`, sort: { order: 'value' } },
  ];
}

function requestRow(row: UsageRow, route: UsageRoute, all: readonly UsageRow[]): HTMLElement {
  const time = el('time', { attr: { title: formatDateTime(row.startUnixNano) } }, formatClock(row.startUnixNano));
  const figures = usageFigures.map((by) => {
    const value = figureOf(by, row);
    const most = Math.max(...all.map((other) => figureOf(by, other) ?? 0));
    return figureCell(formatFigure(by, value), by === route.by ? share(value, most) : undefined);
  });
  return el(
    'tr',
    { class: row.isError ? 'is-error' : '' },
    el('td', { class: 'col-time' }, time),
    el('td', { class: 'col-status' }, statusBadge(row)),
    el('td', { class: 'col-request' }, requestLink(row), row.isComplete ? undefined : incompleteTag()),
    el('td', { class: 'col-service' }, serviceBadge(row.service)),
    el('td', { class: 'col-account' }, row.account === undefined ? undefined : inlineText(row.account)),
    figures,
  );
}

function requestLink(row: UsageRow): HTMLElement {
  const target = row.target ?? row.name;
  const measured = row.measuredBy === undefined ? '' : `, measured by ${row.measuredBy}`;
  const title = plainVisible(`${row.method ?? ''} ${target}`.trim() + measured).slice(0, 400);
  const link = el('a', { class: 'row-link', attr: { title, 'data-key': `${row.traceId}:${row.spanId}` } });
  // Without the span: the trace then opens on what was used, instead of on the span's details.
  const { traceId, requestId, isBackground } = row;
  setAttributes(link, { href: traceAddress({ traceId, requestId, isBackground }) });
  if (row.method !== undefined) link.append(inlineText(row.method, 'method'));
  link.append(inlineText(target, 'target'));
  return link;
}

function incompleteTag(): HTMLElement {
  const title = 'The request was aborted or cut off: it used at least this';
  return el('span', { class: 'tag is-incomplete', attr: { title } }, 'incomplete');
}

function groupRow(group: UsageGroup, route: UsageRoute, all: readonly UsageGroup[]): HTMLElement {
  const { figure } = group;
  const most = Math.max(...all.map((other) => other.figure?.sum ?? 0));
  const value = (given: number | undefined): string => formatFigure(route.by, given);
  return el(
    'tr',
    {},
    el('td', { class: 'col-request' }, groupLink(group, route)),
    group.service === undefined ? undefined : el('td', { class: 'col-service' }, serviceBadge(group.service)),
    figureCell(formatCount(group.count)),
    figureCell(value(figure?.median)),
    figureCell(value(figure?.p95)),
    figureCell(value(figure?.sum), share(figure?.sum, most), 'col-sum'),
  );
}

/** Leads to the requests of the group. */
function groupLink({ route, service, account }: UsageGroup, shown: UsageRoute): HTMLElement {
  const name = route ?? account;
  if (name === undefined) return el('span', { class: 'muted' }, 'no account known');
  const filters = route === undefined ? {} : { route };
  const href = addressOf({
    ...shown,
    view: 'requests',
    order: 'value',
    ...filters,
    ...(service !== undefined && { service }),
    ...(account !== undefined && { account }),
  });
  const link = el('a', { class: 'row-link', attr: { href, 'data-key': JSON.stringify([service, name]) } });
  link.append(inlineText(name, 'target'));
  return link;
}

function figureCell(text: string, bar?: number, column = 'col-figure'): HTMLElement {
  const children: Child[] = [el('span', {}, text)];
  if (bar !== undefined) children.unshift(barOf(bar));
  return el('td', { class: `${column} ${text === '–' ? 'is-zero' : ''}`.trim() }, children);
}

const barOf = (portion: number): HTMLElement =>
  el('span', { class: 'bar', attr: { 'aria-hidden': 'true' }, vars: { '--share': portion.toFixed(3) } });

function share(value: number | undefined, most: number): number | undefined {
  return value === undefined || most === 0 ? undefined : value / most;
}

function labelOf({ view, by }: UsageRoute): string {
  const figure = figureTitles[by];
  return view === 'requests'
    ? `Tracked requests by ${figure}`
    : `${figure} per ${view === 'routes' ? 'route' : 'account'}`;
}
