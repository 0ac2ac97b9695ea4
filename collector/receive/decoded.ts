/** What decoding an OTLP request gives, whichever encoding it came in, and the checks that both encodings share. */
import type { Attributes, AttributeValue, Batch, LogRecord, SpanRecord } from '../store/telemetry-store.ts';

/** The body is not a request of its signal; nothing of it can be used. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** The usable part of a request, and what had to be left out. */
export interface Decoded<Item> {
  readonly batches: readonly Batch<Item>[];
  /** Items that were understood but are invalid, e.g. a span without an id. */
  readonly rejected: number;
  /** Why the first one was rejected; empty when none was. */
  readonly reason: string;
}

/** Attributes while they are being put together. */
export type OpenAttributes = Record<string, AttributeValue>;
/** A span before its checks. */
export type UncheckedSpan = { -readonly [Key in keyof SpanRecord]: SpanRecord[Key] };
/** A log record before its checks. */
export type UncheckedLog = { -readonly [Key in keyof LogRecord]: LogRecord[Key] };

/** The largest that SQLite keeps: nanoseconds until the year 2262. */
const maxUnixNano = 9_223_372_036_854_775_807n;
const traceIdShape = /^(?!0{32})[\da-f]{32}$/;
const spanIdShape = /^(?!0{16})[\da-f]{16}$/;

/** Plain assignment would change the object's prototype when a sender names an attribute `__proto__`. */
export function setAttribute(attributes: OpenAttributes, key: string, value: AttributeValue): void {
  if (key === '__proto__') {
    Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    attributes[key] = value;
  }
}

/** JSON has no NaN and no infinities: they are written as protobuf's JSON mapping names them. */
export function numberValue(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** @returns why the span cannot be kept; undefined when it can. */
export function spanProblem(span: SpanRecord): string | undefined {
  if (!traceIdShape.test(span.traceId)) return 'trace_id must be 16 bytes and not all zero';
  if (!spanIdShape.test(span.spanId)) return 'span_id must be 8 bytes and not all zero';
  if (span.startUnixNano > maxUnixNano || span.endUnixNano > maxUnixNano) return 'times must be before the year 2262';
  return undefined;
}

/** A parent id that is no id means a root span; a root must not look like an orphan. */
export function cleanSpan(span: UncheckedSpan): SpanRecord {
  if (span.parentSpanId !== '' && !spanIdShape.test(span.parentSpanId)) span.parentSpanId = '';
  if (span.kind < 0 || span.kind > 5) span.kind = 0;
  if (span.status < 0 || span.status > 2) span.status = 0;
  return span;
}

/** @returns why the record cannot be kept; undefined when it can. */
export function logProblem(log: LogRecord): string | undefined {
  if (log.timeUnixNano > maxUnixNano || log.observedTimeUnixNano > maxUnixNano) {
    return 'times must be before the year 2262';
  }
  return undefined;
}

/** "If the trace id is invalid, receivers may assume that the record is not associated with a trace" (logs.proto). */
export function cleanLog(log: UncheckedLog): LogRecord {
  if (!traceIdShape.test(log.traceId)) log.traceId = '';
  if (log.traceId === '' || !spanIdShape.test(log.spanId)) log.spanId = '';
  if (log.severityNumber < 0 || log.severityNumber > 24) log.severityNumber = 0;
  return log;
}

/** Puts batches together and counts what is left out. */
export class BatchCollector<Item> {
  readonly #batches: Batch<Item>[] = [];
  readonly #problemOf: (item: Item) => string | undefined;
  #rejected = 0;
  #reason = '';

  constructor(problemOf: (item: Item) => string | undefined) {
    this.#problemOf = problemOf;
  }

  add(resource: Attributes, scope: Batch<Item>['scope'], candidates: readonly Item[]): void {
    const items = candidates.filter((item) => this.#isUsable(item));
    if (items.length > 0) this.#batches.push({ resource, scope, items });
  }

  finish(): Decoded<Item> {
    return { batches: this.#batches, rejected: this.#rejected, reason: this.#reason };
  }

  #isUsable(item: Item): boolean {
    const problem = this.#problemOf(item);
    if (problem === undefined) return true;
    this.#rejected += 1;
    this.#reason ||= problem;
    return false;
  }
}

/** A span with nothing in it. */
export const emptySpan = (): UncheckedSpan => ({
  traceId: '',
  spanId: '',
  parentSpanId: '',
  name: '',
  kind: 0,
  startUnixNano: 0n,
  endUnixNano: 0n,
  status: 0,
  statusMessage: '',
  attributes: {},
  events: [],
  links: [],
});

/** A log record with nothing in it. */
export const emptyLog = (): UncheckedLog => ({
  timeUnixNano: 0n,
  observedTimeUnixNano: 0n,
  severityNumber: 0,
  severityText: '',
  body: '',
  attributes: {},
  traceId: '',
  spanId: '',
});
