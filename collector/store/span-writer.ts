/** Writes spans, and the rows of the request list that follow from them. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { InternedResource } from './interning.ts';
import { requestIdOf, requestKeysOf } from './request-ids.ts';
import { integer, storable } from './row.ts';
import type { Attributes, SpanRecord } from './telemetry-store.ts';
import type { TraceEntry, TraceLedger } from './trace-ledger.ts';
import { UsageWriter } from './usage-writer.ts';

const kindServer = 2;
const kindConsumer = 5;
const statusError = 2;

/** Where a span came from. */
export interface SpanOrigin {
  readonly resource: InternedResource;
  readonly scopeId: number;
}

interface StandIn {
  readonly span: SpanRecord;
  readonly resource: InternedResource;
}

export class SpanWriter {
  readonly #ledger: TraceLedger;
  readonly #insert: StatementSync;
  readonly #selectStatus: StatementSync;
  readonly #replace: StatementSync;
  readonly #upsertRequest: StatementSync;
  readonly #usage: UsageWriter;
  /** The earliest span of each trace that is in this transaction but not in the list of requests. */
  readonly #unlisted = new Map<TraceEntry, StandIn>();
  /** Orders spans by arrival across restarts: it starts at the clock, in microseconds, and counts on. */
  #arrival = Date.now() * 1000;

  constructor(database: DatabaseSync, ledger: TraceLedger) {
    const columns = `(trace_no, span_id, parent_span_id, arrival, resource_id, scope_id, name, kind,
      start_ns, duration_ns, status, attributes, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    this.#ledger = ledger;
    this.#usage = new UsageWriter(database);
    this.#insert = database.prepare(`INSERT INTO span ${columns} ON CONFLICT DO NOTHING`);
    this.#selectStatus = database.prepare('SELECT status FROM span WHERE trace_no = ? AND span_id = ?');
    this.#replace = database.prepare(`REPLACE INTO span ${columns}`);
    this.#upsertRequest = database.prepare(
      `REPLACE INTO request (trace_no, span_id, parent_span_id, resource_id, service, name, method, target, status_code,
         request_id, start_ns, duration_ns, is_error, is_stand_in) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /** @returns 1 for a new span, 0 for one sent again. */
  write(span: SpanRecord, origin: SpanOrigin): number {
    const entry = this.#ledger.entry(span.traceId);
    const added = this.#writeSpan(entry, span, origin);
    const requestId = requestIdOf(span.attributes);
    // The root knows best: a service that a background task calls takes the task's trace for its request.
    entry.requestId = span.parentSpanId === '' ? (requestId ?? entry.requestId) : (entry.requestId ?? requestId);
    this.#ledger.addKeys(entry, requestKeysOf(span.attributes, span.traceId));
    this.#list(entry, { span, resource: origin.resource });
    if (isOwnRequest(span)) {
      this.#usage.write(entry.no, span, { service: origin.resource.service, isNew: added === 1 });
    }
    return added;
  }

  /** A trace none of whose spans would be listed gets its earliest one listed instead; to be called before the ledger is written. */
  writeStandIns(): void {
    for (const [entry, standIn] of this.#unlisted) {
      if (entry.hasRoot || entry.hasStandIn) continue;
      this.#writeRequest(entry, standIn, true);
      entry.hasStandIn = true;
    }
    this.#unlisted.clear();
  }

  /** To be called after a rollback. */
  clear(): void {
    this.#unlisted.clear();
  }

  #writeSpan(entry: TraceEntry, span: SpanRecord, { resource, scopeId }: SpanOrigin): number {
    this.#arrival += 1;
    const columns = [
      entry.no,
      span.spanId,
      span.parentSpanId,
      this.#arrival,
      resource.id,
      scopeId,
      storable(span.name),
      span.kind,
      span.startUnixNano,
      durationNs(span),
      span.status,
      JSON.stringify(span.attributes),
      extraOf(span),
    ] as const;
    const errors = span.status === statusError ? 1 : 0;
    if (this.#insert.run(...columns).changes === 1) {
      entry.spans += 1;
      entry.errors += errors;
      return 1;
    }
    const earlier = this.#selectStatus.get(entry.no, span.spanId);
    entry.errors += errors - (earlier !== undefined && integer(earlier, 'status') === statusError ? 1 : 0);
    this.#replace.run(...columns);
    return 0;
  }

  #list(entry: TraceEntry, candidate: StandIn): void {
    const { span } = candidate;
    const isRoot = span.parentSpanId === '';
    if (isRoot) entry.hasRoot = true;
    if (isOwnRequest(span)) {
      this.#writeRequest(entry, candidate, false);
      return;
    }
    if (entry.hasRoot || entry.hasStandIn) return;
    const earliest = this.#unlisted.get(entry);
    if (earliest === undefined || span.startUnixNano < earliest.span.startUnixNano)
      this.#unlisted.set(entry, candidate);
  }

  #writeRequest(entry: TraceEntry, { span, resource }: StandIn, isStandIn: boolean): void {
    const { attributes } = span;
    this.#upsertRequest.run(
      entry.no,
      span.spanId,
      span.parentSpanId,
      resource.id,
      resource.service,
      storable(span.name),
      stringAttribute(attributes, 'http.request.method') ?? null,
      stringAttribute(attributes, 'http.route') ?? stringAttribute(attributes, 'url.path') ?? null,
      integerAttribute(attributes, 'http.response.status_code') ?? null,
      requestIdOf(attributes) ?? null,
      span.startUnixNano,
      durationNs(span),
      span.status === statusError ? 1 : 0,
      isStandIn ? 1 : 0,
    );
  }
}

/** Whether the span is listed as a request whatever else its trace has. */
const isOwnRequest = ({ parentSpanId, kind }: SpanRecord): boolean =>
  parentSpanId === '' || kind === kindServer || kind === kindConsumer;

/** Clocks can run backwards between start and end: 0 then. Never beyond what a number holds exactly (104 days). */
function durationNs({ startUnixNano, endUnixNano }: SpanRecord): number {
  if (endUnixNano <= startUnixNano) return 0;
  return Math.min(Number(endUnixNano - startUnixNano), Number.MAX_SAFE_INTEGER);
}

/** What few spans have shares one column, absent on all others. Nanoseconds become decimal strings, as the API gives them. */
function extraOf({ events, links, statusMessage }: SpanRecord): string | null {
  if (events.length === 0 && links.length === 0 && statusMessage === '') return null;
  return JSON.stringify({
    statusMessage,
    links,
    events: events.map((event) => ({ ...event, timeUnixNano: event.timeUnixNano.toString() })),
  });
}

function stringAttribute(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? storable(value) : undefined;
}

function integerAttribute(attributes: Attributes, name: string): number | undefined {
  const value = attributes[name];
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}
