/** Writes one row for each span that says what its request used. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { storable } from './row.ts';
import type { Attributes, SpanRecord } from './telemetry-store.ts';
import { usageIn, type UsageFigures } from './usage-attributes.ts';

const statusError = 2;

/** What the row needs to know beside the span. */
export interface UsageOrigin {
  readonly service: string;
  /** False for a span sent again, which replaces what it said before. */
  readonly isNew: boolean;
}

export class UsageWriter {
  readonly #replace: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#replace = database.prepare(
      `REPLACE INTO usage (trace_no, span_id, start_ns, service, route, account, is_error, duration_ms, cpu_ms, wait_ms,
         memory_bytes, io_bytes, is_complete, method) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = database.prepare('DELETE FROM usage WHERE trace_no = ? AND span_id = ?');
  }

  /** @param span - One that the list of requests has too: a root, or of kind server or consumer. */
  write(traceNo: number, span: SpanRecord, { service, isNew }: UsageOrigin): void {
    const usage = usageIn(span.attributes);
    if (usage !== undefined) this.#writeRow(traceNo, span, { service, usage });
    else if (!isNew) this.#remove.run(traceNo, span.spanId);
  }

  #writeRow(
    traceNo: number,
    span: SpanRecord,
    { service, usage }: { readonly service: string; readonly usage: UsageFigures },
  ): void {
    this.#replace.run(
      traceNo,
      span.spanId,
      span.startUnixNano,
      service,
      storable(routeOf(span)),
      accountOf(span.attributes),
      span.status === statusError ? 1 : 0,
      Math.max(0, Number(span.endUnixNano - span.startUnixNano) / 1e6),
      usage.cpuMs ?? null,
      usage.waitMs ?? null,
      usage.memoryBytes ?? null,
      usage.ioBytes ?? null,
      usage.isComplete ? 1 : 0,
      usage.method === undefined ? null : storable(usage.method),
    );
  }
}

/** `GET /orders/:id`; without a route the path, without both the span's name. */
function routeOf({ attributes, name }: SpanRecord): string {
  const method = attributes['http.request.method'];
  const target = attributes['http.route'] ?? attributes['url.path'];
  if (typeof target !== 'string' || target === '') return name;
  return typeof method === 'string' ? `${method} ${target}` : target;
}

function accountOf(attributes: Attributes): string | null {
  const account = attributes['reqlens.account.id'];
  return typeof account === 'string' && account !== '' ? storable(account) : null;
}
