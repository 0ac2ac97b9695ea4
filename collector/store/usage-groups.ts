/** Sums tracked requests up, and puts requests and groups in order. Pure. */
import type { UsageOfGroup, UsageQuery } from './usage-port.ts';

/** One tracked request as it is read for sorting and summing up. */
export interface TrackedRow {
  readonly traceNo: number;
  readonly spanId: string;
  readonly service: string;
  readonly route: string;
  readonly account: string | undefined;
  /** The figure asked for. */
  readonly value: number | undefined;
}

/** @returns The first `limit` of the rows, which come newest first; those without the figure are last. */
export function firstRows(rows: readonly TrackedRow[], { order, limit }: UsageQuery): readonly TrackedRow[] {
  if (order === 'newest') return rows.slice(0, limit);
  // Stable: of equal ones the newest is first.
  return rows.toSorted((a, b) => (b.value ?? -1) - (a.value ?? -1)).slice(0, limit);
}

/** @returns All groups, in the order asked for. */
export function groupsOf(rows: readonly TrackedRow[], { view, order }: UsageQuery): readonly UsageOfGroup[] {
  const members = Map.groupBy(rows, ({ service, route, account }) =>
    view === 'routes' ? JSON.stringify([service, route]) : JSON.stringify(account ?? 0),
  );
  return [...members.values()].map((group) => groupOf(group, view)).toSorted((a, b) => rank(b, order) - rank(a, order));
}

function groupOf(members: readonly TrackedRow[], view: UsageQuery['view']): UsageOfGroup {
  const [first] = members;
  if (first === undefined) return { count: 0 };
  const { service, route, account } = first;
  const names = view === 'routes' ? { service, route } : account === undefined ? {} : { account };
  const values = members.flatMap(({ value }) => value ?? []).toSorted((a, b) => a - b);
  if (values.length === 0) return { ...names, count: members.length };
  const figure = {
    count: values.length,
    median: atShare(values, 0.5),
    p95: atShare(values, 0.95),
    sum: values.reduce((sum, value) => sum + value, 0),
  };
  return { ...names, count: members.length, figure };
}

/** Nearest rank: a value that did occur. */
function atShare(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

function rank({ count, figure }: UsageOfGroup, order: UsageQuery['order']): number {
  switch (order) {
    case 'count':
      return count;
    case 'median':
    case 'p95':
      return figure?.[order] ?? -1;
    case 'value':
    case 'newest':
      break;
  }
  return figure?.sum ?? -1;
}
