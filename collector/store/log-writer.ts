/** Writes log records. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SpanOrigin } from './span-writer.ts';
import { storable } from './row.ts';
import { requestIdOf, requestKeysOf } from './request-ids.ts';
import type { LogRecord } from './telemetry-store.ts';
import type { TraceLedger } from './trace-ledger.ts';

/** Identity of a log record (https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/). */
const uidAttribute = 'log.record.uid';

export class LogWriter {
  readonly #ledger: TraceLedger;
  readonly #insert: StatementSync;

  constructor(database: DatabaseSync, ledger: TraceLedger) {
    this.#ledger = ledger;
    this.#insert = database.prepare(
      `INSERT INTO log (trace_no, span_id, resource_id, scope_id, time_ns, received_ms, severity_number, severity_text, body,
         attributes, uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
  }

  /** @returns 1 for a new record, 0 for one that is kept already. */
  write(log: LogRecord, { resource, scopeId }: SpanOrigin, nowMs: number): number {
    const entry = log.traceId === '' ? undefined : this.#ledger.entry(log.traceId);
    const uid = log.attributes[uidAttribute];
    const added = this.#insert.run(
      entry?.no ?? null,
      log.spanId,
      resource.id,
      scopeId,
      timeOf(log, nowMs),
      nowMs,
      log.severityNumber,
      storable(log.severityText),
      storable(log.body),
      JSON.stringify(log.attributes),
      typeof uid === 'string' && uid !== '' ? uid : null,
    ).changes;
    if (entry === undefined || added === 0) return Number(added);
    entry.logs += 1;
    entry.requestId ??= requestIdOf(log.attributes);
    this.#ledger.addKeys(entry, requestKeysOf(log.attributes, log.traceId));
    return 1;
  }
}

/** "Use time if it is there, else observed time" (logs data model); a sender that gave neither gets our clock. */
function timeOf({ timeUnixNano, observedTimeUnixNano }: LogRecord, nowMs: number): bigint {
  if (timeUnixNano !== 0n) return timeUnixNano;
  return observedTimeUnixNano === 0n ? BigInt(nowMs) * 1_000_000n : observedTimeUnixNano;
}
