/** What the store is asked, and answers, about tracked requests: those whose span carries `reqlens.usage.*`. Part of the port. */
import type { RequestSummary } from './telemetry-store.ts';

/** What requests are sorted by, and groups are summed up by. Memory and I/O are bytes, the others milliseconds. */
export const usageFigures = ['cpu', 'wait', 'memory', 'io', 'duration'] as const;
export type UsageFigure = (typeof usageFigures)[number];

/** Each request by itself, or summed up per route or per account. */
export const usageViews = ['requests', 'routes', 'accounts'] as const;
type UsageView = (typeof usageViews)[number];

/** `value` is the figure itself, or the sum of a group; `newest` is for requests, `median`, `p95` and `count` for groups. */
export const usageOrders = ['value', 'newest', 'median', 'p95', 'count'] as const;
type UsageOrder = (typeof usageOrders)[number];

/** Which tracked requests. */
export interface UsageQuery {
  readonly view: UsageView;
  readonly by: UsageFigure;
  readonly order: UsageOrder;
  /** Started at this time or later. */
  readonly sinceUnixNano: bigint;
  /** 1-500 requests or groups. */
  readonly limit: number;
  /** Exactly this `service.name`. */
  readonly service?: string;
  /** Exactly this `route` of an earlier answer. */
  readonly route?: string;
  /** Exactly this `reqlens.account.id`. */
  readonly account?: string;
  readonly isErrorOnly: boolean;
}

/** One tracked request; a figure that its sender did not give is absent. */
export interface UsageOfRequest extends RequestSummary {
  /** `reqlens.account.id`. */
  readonly account?: string;
  /** User and system. */
  readonly cpuMs?: number;
  readonly waitMs?: number;
  /** Allocated on the heap and outside of it. */
  readonly memoryBytes?: number;
  /** Read and written: its own socket, outgoing calls, files. */
  readonly ioBytes?: number;
  /** False when the request was aborted or cut off by a bound: it used at least this. */
  readonly isComplete: boolean;
  /** `reqlens.usage.method`. */
  readonly measuredBy?: string;
}

/** Tracked requests of one route or one account. */
export interface UsageOfGroup {
  /** Only of a route: those of two services are two. */
  readonly service?: string;
  /** Method and route, e.g. `GET /orders/:id`; the span's name when it has neither. */
  readonly route?: string;
  /** Absent on the one group of requests without an account, and on routes. */
  readonly account?: string;
  /** All of the group. */
  readonly count: number;
  /** Those that have the figure asked for; median, p95 and sum are theirs. Absent when there are none. */
  readonly figure?: {
    readonly count: number;
    /** The value in the middle; of an even number of values the lower of the two. */
    readonly median: number;
    /** 95 % of the values are at most this. */
    readonly p95: number;
    readonly sum: number;
  };
}

/** In the order asked for. */
export interface UsageAnswer {
  /** Empty unless asked for. */
  readonly requests: readonly UsageOfRequest[];
  /** Empty unless asked for. */
  readonly groups: readonly UsageOfGroup[];
  /** Tracked requests that the filters let through. */
  readonly requestCount: number;
  /** Groups that they make; 0 when requests were asked for. */
  readonly groupCount: number;
  /** True when there are older ones that were not looked at. */
  readonly isBounded: boolean;
}
