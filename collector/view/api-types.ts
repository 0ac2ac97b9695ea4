/** What the query API answers as JSON. The page and the server share these types and nothing else. */

/** Attribute values as OTLP carries them; 64-bit integers beyond 2^53 and bytes (base64) are strings. */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
/** Keyed by attribute name, in the order received. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One request a service answered: the span of kind SERVER or CONSUMER that has no parent in the same process, or a root span. */
export interface RequestRow {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** `reqlens.request.id` of the span; absent when the sender is not reqlens. */
  readonly requestId?: string;
  /** True when the trace is not the request's own but that of work done for it, such as a background task. */
  readonly isBackground?: true;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** `service.name` of the resource. */
  readonly service: string;
  readonly name: string;
  /** `http.request.method`. */
  readonly method?: string;
  /** `http.route` when known, else `url.path`. */
  readonly target?: string;
  /** `http.response.status_code`. */
  readonly statusCode?: number;
  /** Unix nanoseconds, decimal. */
  readonly startUnixNano: string;
  readonly durationNs: number;
  readonly isError: boolean;
  /** Of the whole trace, as far as it has arrived. */
  readonly spanCount: number;
  readonly errorCount: number;
  readonly logCount: number;
}

/** Newest first. */
export interface RequestList {
  readonly requests: readonly RequestRow[];
  /** Pass as `before` for the next page; absent on the last one. */
  readonly nextBefore?: string;
}

export interface SpanEvent {
  readonly name: string;
  /** Unix nanoseconds, decimal. */
  readonly timeUnixNano: string;
  readonly attributes: Attributes;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface SpanRow {
  readonly spanId: string;
  /** Absent on a root span. The parent may not have arrived. */
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly service: string;
  /** Unix nanoseconds, decimal. */
  readonly startUnixNano: string;
  readonly durationNs: number;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version?: string };
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

export interface LogRow {
  /** Grows in the order of arrival. */
  readonly id: number;
  /** Unix nanoseconds, decimal; the observed time when the sender gave no time. */
  readonly timeUnixNano: string;
  /** 1-24, OpenTelemetry severity numbers; 0 is unspecified. */
  readonly severityNumber: number;
  readonly severityText: string;
  /** A string body as it is; any other as JSON. */
  readonly body: string;
  /** Name of the instrumentation scope: the logger. */
  readonly logger: string;
  readonly service: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes: Attributes;
}

/** Answer of `/api/traces/<trace id>`. */
export interface TraceView {
  readonly traceId: string;
  readonly requestId?: string;
  /** True when the trace is not the request's own but that of work done for it, such as a background task. */
  readonly isBackground?: true;
  /** By start time, ties in the order of arrival. */
  readonly spans: readonly SpanRow[];
  /** By time, ties in the order of arrival. With a request's own trace also those of the related ones, which have other trace ids. */
  readonly logs: readonly LogRow[];
  /** Other traces of the same request, oldest first, at most 100: its background tasks; on a task's, the request and its other tasks. */
  readonly related: readonly RequestRow[];
  /** True when the trace has more spans or log lines than one answer may carry. */
  readonly isTruncated: boolean;
}

/** Answer of `/api/find?q=`. An id that is known leads to its trace; anything else is searched as text. */
export type Found =
  | { readonly kind: 'trace'; readonly traceId: string; readonly requestId?: string }
  | { readonly kind: 'matches'; readonly requests: readonly RequestRow[]; readonly logs: readonly LogRow[] };

/** One tracked request: one whose span carries `reqlens.usage.*`. A figure that its sender did not give is absent. */
export interface UsageRow extends RequestRow {
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

/** Tracked requests of one route, or of one account. */
export interface UsageGroup {
  /** Only of a route: those of two services are two. */
  readonly service?: string;
  /** Method and route, e.g. `GET /orders/:id`; the span's name when it has neither. */
  readonly route?: string;
  /** Absent on the one group of requests without an account, and on routes. */
  readonly account?: string;
  /** All of the group. */
  readonly count: number;
  /** Those that have the figure asked for; median, 95th percentile and sum are theirs. Absent when there are none. */
  readonly figure?: { readonly count: number; readonly median: number; readonly p95: number; readonly sum: number };
}

/** Answer of `/api/usage`: `requests` or `groups`, in the order asked for. Memory and I/O are bytes, other figures milliseconds. */
export interface UsageList {
  readonly requests: readonly UsageRow[];
  readonly groups: readonly UsageGroup[];
  /** Tracked requests that the filters let through. */
  readonly requestCount: number;
  /** Groups that they make; 0 when requests were asked for. */
  readonly groupCount: number;
  /** True when there are older ones that were not looked at. */
  readonly isBounded: boolean;
}

/** Answer of `/api/stats`. */
export interface Stats {
  readonly spans: number;
  readonly logRecords: number;
  /** Data points received since the start; metrics are counted, not stored. */
  readonly metricDataPoints: number;
  readonly services: readonly string[];
  /** Bytes of the database on disk; 0 with `--memory`. */
  readonly storedBytes: number;
  /** Where OTLP is received, for the empty page's hint, e.g. `http://127.0.0.1:4318`. */
  readonly otlpEndpoint: string;
}

/** Body of every error answer (RFC 9457, `application/problem+json`). */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** `event: trace` of `/api/live`: the trace got spans or log lines. Its requests follow as `event: request`, each a RequestRow. */
export interface LiveTrace {
  readonly traceId: string;
}

/** `event: skipped` of `/api/live`: more arrived at once than one round tells of; reading the list again shows it. */
export interface LiveSkipped {
  readonly traces: number;
}
