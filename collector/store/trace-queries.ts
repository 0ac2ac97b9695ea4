/** Reads whole traces, and finds them by id. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { requestKey } from './request-ids.ts';
import { integer, optionalText, type Row, text } from './row.ts';
import { logColumns, spanColumns, storedLog, storedSpan } from './stored-rows.ts';
import type { Attributes, StoredTrace } from './telemetry-store.ts';

/** One answer carries at most this many spans and this many log lines: 20,000 spans are some 15 MB of JSON. */
const maxItemsPerTrace = 20_000;

/** A trace that an id leads to. */
export interface TraceHit {
  readonly traceId: string;
  readonly requestId?: string;
}

export class TraceQueries {
  readonly #head: StatementSync;
  readonly #spans: StatementSync;
  readonly #logs: StatementSync;
  readonly #byKey: StatementSync;

  constructor(database: DatabaseSync) {
    this.#head = database.prepare('SELECT no, trace_id, request_id FROM trace WHERE trace_id = ?');
    this.#spans = database.prepare(
      `SELECT ${spanColumns} FROM span s JOIN resource res ON res.id = s.resource_id JOIN scope c ON c.id = s.scope_id
       WHERE s.trace_no = ? ORDER BY s.start_ns, s.arrival LIMIT ${maxItemsPerTrace + 1}`,
    );
    this.#logs = database.prepare(
      `SELECT ${logColumns} FROM log l JOIN resource res ON res.id = l.resource_id JOIN scope c ON c.id = l.scope_id
       JOIN trace t ON t.no = l.trace_no WHERE l.trace_no = ? ORDER BY l.time_ns, l.id LIMIT ${maxItemsPerTrace + 1}`,
    );
    this.#byKey = database.prepare(
      `SELECT trace_id, request_id FROM trace WHERE trace_id = ? OR no IN (SELECT trace_no FROM trace_key WHERE key = ?)
       ORDER BY no DESC LIMIT ?`,
    );
  }

  /** @returns undefined when nothing of that trace is kept. */
  trace(traceId: string): StoredTrace | undefined {
    const head = this.#head.get(traceId);
    if (head === undefined) return undefined;
    const no = integer(head, 'no');
    const resources = new Map<number, Attributes>();
    const spans = this.#spans.all(no).map((row) => storedSpan(row, resources));
    const logs = this.#logs.all(no).map(storedLog);
    return {
      ...traceHit(head),
      spans: spans.slice(0, maxItemsPerTrace),
      logs: logs.slice(0, maxItemsPerTrace),
      isTruncated: spans.length > maxItemsPerTrace || logs.length > maxItemsPerTrace,
    };
  }

  /** Traces of a request id or trace id in any spelling, newest first. */
  byId(id: string, limit: number): TraceHit[] {
    const key = requestKey(id);
    return this.#byKey.all(key, key, limit).map(traceHit);
  }
}

function traceHit(row: Row): TraceHit {
  const requestId = optionalText(row, 'request_id');
  return { traceId: text(row, 'trace_id'), ...(requestId !== undefined && { requestId }) };
}
