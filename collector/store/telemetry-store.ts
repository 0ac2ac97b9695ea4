/** The port between OTLP coming in, the database, and the viewer going out. Receivers and views know a store only by this. */
import type { UsageAnswer, UsageQuery } from './usage-port.ts';

/** Attribute values as OTLP carries them; 64-bit integers beyond 2^53, non-finite numbers and bytes (base64) are strings. */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };
/** Keyed by attribute name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** An instrumentation scope; an empty version means none was sent. */
export interface Scope {
  readonly name: string;
  readonly version: string;
}

export interface SpanEventRecord {
  readonly name: string;
  readonly timeUnixNano: bigint;
  readonly attributes: Attributes;
}

export interface SpanLinkRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

/** One span as decoded from OTLP, checked: ids are hex of the right length and not all zero, times fit 63 bits. */
export interface SpanRecord {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** 16 lower-case hex digits; empty on a root span. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startUnixNano: bigint;
  readonly endUnixNano: bigint;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string;
  readonly attributes: Attributes;
  readonly events: readonly SpanEventRecord[];
  readonly links: readonly SpanLinkRecord[];
}

/** One log record as decoded from OTLP, checked. */
export interface LogRecord {
  /** 0 when the sender gave none. */
  readonly timeUnixNano: bigint;
  /** 0 when the sender gave none. */
  readonly observedTimeUnixNano: bigint;
  /** 0-24. */
  readonly severityNumber: number;
  readonly severityText: string;
  /** A string body as it is; any other as JSON; empty when there is none. */
  readonly body: string;
  readonly attributes: Attributes;
  /** 32 lower-case hex digits; empty when the record belongs to no trace. */
  readonly traceId: string;
  /** 16 lower-case hex digits; empty when the record belongs to no span. */
  readonly spanId: string;
}

/** What one scope of one resource sent in one request. */
export interface Batch<Item> {
  readonly resource: Attributes;
  readonly scope: Scope;
  readonly items: readonly Item[];
}

/** One line of the list of requests; the fields mean what view/api-types.ts says of them. */
export interface RequestSummary {
  readonly traceId: string;
  readonly requestId?: string;
  readonly isBackground?: true;
  readonly spanId: string;
  readonly service: string;
  readonly name: string;
  readonly method?: string;
  readonly target?: string;
  readonly statusCode?: number;
  readonly startUnixNano: string;
  readonly durationNs: number;
  readonly isError: boolean;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly logCount: number;
}

export interface StoredSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly service: string;
  readonly startUnixNano: string;
  readonly durationNs: number;
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version?: string };
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string; readonly attributes: Attributes }[];
  readonly links: readonly SpanLinkRecord[];
}

export interface StoredLog {
  readonly id: number;
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly logger: string;
  readonly service: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes: Attributes;
}

export interface StoredTrace {
  readonly traceId: string;
  readonly requestId?: string;
  readonly isBackground?: true;
  readonly spans: readonly StoredSpan[];
  readonly logs: readonly StoredLog[];
  readonly related: readonly RequestSummary[];
  readonly isTruncated: boolean;
}

/** Which requests to list. */
export interface RequestQuery {
  /** 1-500. */
  readonly limit: number;
  /** From an earlier answer's `next`. */
  readonly before?: RequestCursor;
  /** Exactly this `service.name`. */
  readonly service?: string;
  /** Only requests whose own span failed. */
  readonly isErrorOnly: boolean;
  /** Only requests whose trace has this text in a span name, an attribute value, or a log line; ASCII case is ignored. */
  readonly text?: string;
}

/** A place in the list of requests; later pages start below it. */
export interface RequestCursor {
  readonly startUnixNano: bigint;
  readonly traceNo: number;
  readonly spanId: string;
}

export interface RequestPage {
  /** Newest first. */
  readonly requests: readonly RequestSummary[];
  /** Absent on the last page. */
  readonly next?: RequestCursor;
}

/** What a text or an id led to. */
export type FoundInStore =
  | { readonly kind: 'trace'; readonly traceId: string; readonly requestId?: string }
  | { readonly kind: 'matches'; readonly requests: readonly RequestSummary[]; readonly logs: readonly StoredLog[] };

export interface StoreTotals {
  readonly spans: number;
  readonly logRecords: number;
  readonly metricDataPoints: number;
  /** Sorted. */
  readonly services: readonly string[];
  readonly storedBytes: number;
}

/** Told after every commit, with the ids of the traces that got spans or log lines. */
export type ChangeListener = (traceIds: readonly string[]) => void;

/** Keeps telemetry. What `add…` has returned for is durable against a killed process, and seen by every later read. */
export interface TelemetryStore {
  /**
   * A span sent again replaces the earlier one.
   *
   * @throws StoreUnavailableError when nothing of the request was stored; sending it again later may work.
   */
  addSpans(batches: readonly Batch<SpanRecord>[]): void;
  /**
   * A record whose `log.record.uid` is known is not stored again.
   *
   * @throws StoreUnavailableError as `addSpans`.
   */
  addLogs(batches: readonly Batch<LogRecord>[]): void;
  countMetrics(dataPoints: number): void;
  /** Yields to other work while it searches text. `signal` ends the search early, with what was found so far. */
  listRequests(query: RequestQuery, signal?: AbortSignal): Promise<RequestPage>;
  /** Requests of one trace as they would be listed, newest first. */
  requestsOf(traceId: string): readonly RequestSummary[];
  /** @returns undefined when nothing of that trace is kept. */
  trace(traceId: string): StoredTrace | undefined;
  /** By request id or trace id in any spelling; anything else as text. */
  find(text: string, signal?: AbortSignal): Promise<FoundInStore>;
  /** What tracked requests used. Yields to other work while it reads; `signal` ends the reading early, with what was read so far. */
  usage(query: UsageQuery, signal?: AbortSignal): Promise<UsageAnswer>;
  totals(): StoreTotals;
  /** One small step of retention, a few milliseconds at most. @returns whether there is more to do. */
  pruneStep(): boolean;
  /** @returns a function that ends the subscription. */
  subscribe(listener: ChangeListener): () => void;
  /** Writes everything into the database file. Idempotent. */
  close(): void;
}

/** The store cannot take data now (disk full, locked, failing); `cause` is the database's error. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
