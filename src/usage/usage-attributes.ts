/** A request's usage as span attributes, as JSON, and as `Server-Timing`: the same figures under the same names. Pure. */
import type { Attributes } from '@opentelemetry/api';

import type { Caller } from '../identity/request-scope.ts';
import type { TrackedEnding } from '../identity/tracked-request.ts';
import type { ResourceUsage } from './resource-usage.ts';

/** Of every attribute. */
const prefix = 'reqlens.usage.';

/** Names by field; a figure's field never changes, so each is made once. */
const names = new Map<string, string>();

/** @returns Snake case, e.g. `heap_allocated_bytes`. */
function nameOf(field: string): string {
  let name = names.get(field);
  if (name === undefined) {
    name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    names.set(field, name);
  }
  return name;
}

/** @returns `reqlens.usage.cpu_ms` and so on; absent figures stay absent. */
export function usageAttributes(usage: ResourceUsage): Attributes {
  return Object.fromEntries(figures(usage).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** What the read endpoint answers with, besides the figures. */
export interface UsageReport {
  readonly usage: ResourceUsage;
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly startedAtMs: number;
  readonly ending: TrackedEnding;
  readonly caller: Caller | undefined;
}

/** Longer routes are cut: an entry of the store is of a bounded size. */
const maxRouteLength = 1024;

/** @returns One JSON object (docs/usage-access.md has its schema); what is not known is absent. */
export function usageJson({ usage, requestId, traceId, startedAtMs, ending, caller }: UsageReport): string {
  return JSON.stringify({
    request_id: requestId,
    trace_id: traceId,
    started_at: new Date(startedAtMs).toISOString(),
    // `method` says how it was measured.
    http_method: ending.method,
    http_route: ending.route?.slice(0, maxRouteLength),
    http_status_code: ending.statusCode,
    user_id: caller?.id,
    account_id: caller?.account,
    ...Object.fromEntries(figures(usage)),
  });
}

/** Of what was used so far (https://www.w3.org/TR/server-timing/); undefined when none of the three is known. */
export function usageTiming({ cpuMs, waitMs, gcMs }: ResourceUsage): string | undefined {
  const entries = Object.entries({ cpu: cpuMs, wait: waitMs, gc: gcMs });
  const known = entries.flatMap(([name, ms]) => (isFinite(ms) ? `${name};dur=${rounded(ms)}` : []));
  return known.length === 0 ? undefined : known.join(', ');
}

function figures(usage: ResourceUsage): [string, string | number | boolean][] {
  return Object.entries(usage).flatMap(([field, value]): [string, string | number | boolean][] => {
    if (typeof value === 'number') return isFinite(value) ? [[nameOf(field), rounded(value)]] : [];
    return typeof value === 'string' || typeof value === 'boolean' ? [[nameOf(field), value]] : [];
  });
}

function isFinite(value: number | undefined): value is number {
  return Number.isFinite(value);
}

/** To the microsecond, or the whole byte: no clock here knows more. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
