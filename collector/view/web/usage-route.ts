/** The address of the page of usage, both ways. Pure: no DOM. */

/** What is shown: each request, or requests summed up. The first of each list is the default, which the address leaves out. */
export const usageViews = ['requests', 'routes', 'accounts'] as const;
export type UsageView = (typeof usageViews)[number];

/** What requests are compared by. */
export const usageFigures = ['cpu', 'wait', 'memory', 'io', 'duration'] as const;
export type UsageFigure = (typeof usageFigures)[number];

/** `value` is the figure, or the sum of a group's. */
const usageOrders = ['value', 'newest', 'median', 'p95', 'count'] as const;
type UsageOrder = (typeof usageOrders)[number];

/** How far back. */
export const usageRanges = ['all', '15m', '1h', '24h', '7d'] as const;
export type UsageRange = (typeof usageRanges)[number];

/** What the address of the page says. */
export interface UsageRoute {
  readonly page: 'usage';
  readonly view: UsageView;
  readonly by: UsageFigure;
  readonly order: UsageOrder;
  readonly range: UsageRange;
  readonly onlyErrors: boolean;
  readonly service?: string;
  readonly route?: string;
  readonly account?: string;
}

const minutes: Readonly<Record<UsageRange, number>> = {
  all: Number.POSITIVE_INFINITY,
  '15m': 15,
  '1h': 60,
  '24h': 1440,
  '7d': 10_080,
};

/** The page as it is first opened. */
export const usageStart: UsageRoute = {
  page: 'usage',
  view: 'requests',
  by: 'cpu',
  order: 'value',
  range: 'all',
  onlyErrors: false,
};

/** What cannot be used means the default. */
export function usageRouteFor(query: URLSearchParams): UsageRoute {
  return {
    ...usageStart,
    view: oneOf(query.get('view'), usageViews) ?? 'requests',
    by: oneOf(query.get('by'), usageFigures) ?? 'cpu',
    order: oneOf(query.get('order'), usageOrders) ?? 'value',
    range: oneOf(query.get('range'), usageRanges) ?? 'all',
    onlyErrors: query.get('errors') === '1',
    ...named(query, 'service'),
    ...named(query, 'route'),
    ...named(query, 'account'),
  };
}

/** Parameters of the address; undefined ones are left out. */
export function usageParameters(route: UsageRoute): Readonly<Record<string, string | undefined>> {
  const changed = (name: 'view' | 'by' | 'order' | 'range'): string | undefined =>
    route[name] === usageStart[name] ? undefined : route[name];
  return {
    view: changed('view'),
    by: changed('by'),
    order: changed('order'),
    range: changed('range'),
    service: route.service,
    route: route.route,
    account: route.account,
    errors: route.onlyErrors ? '1' : undefined,
  };
}

/** @returns Unix milliseconds, whole; undefined for all that is kept. */
export function sinceMs(range: UsageRange, nowMs: number): number | undefined {
  return range === 'all' ? undefined : Math.floor(nowMs - minutes[range] * 60_000);
}

function oneOf<Name extends string>(given: string | null, names: readonly Name[]): Name | undefined {
  return names.find((name) => name === given);
}

function named(query: URLSearchParams, name: 'service' | 'route' | 'account'): Partial<UsageRoute> {
  const value = query.get(name) ?? '';
  return value === '' ? {} : { [name]: value };
}
