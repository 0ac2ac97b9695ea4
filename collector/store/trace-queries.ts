/** Reads whole traces, and finds them by id. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isBackground, ownTraceIds, requestKey } from './request-ids.ts';
import { integer, optionalText, type Row, text } from './row.ts';
import { logColumns, spanColumns, storedLog, storedSpan } from './stored-rows.ts';
import type { Attributes, StoredLog, StoredTrace } from './telemetry-store.ts';

/** One answer carries at most this many spans and this many log lines: 20,000 spans are some 15 MB of JSON. */
const maxItemsPerTrace = 20_000;

/** Other traces of a request that are looked at: a request with more tasks is one to be searched by text. */
const maxRelated = 100;

/** A trace that an id leads to. */
export interface TraceHit {
  readonly traceId: string;
  readonly requestId?: string;
  readonly isBackground?: true;
}

/** A trace without the rows of the list of requests. */
export interface BareTrace extends Omit<StoredTrace, 'related'> {
  /** Ids of the other traces of its request, in the order of their arrival. */
  readonly relatedIds: readonly string[];
}

export class TraceQueries {
  readonly #head: StatementSync;
  readonly #spans: StatementSync;
  readonly #logs: StatementSync;
  readonly #related: StatementSync;
  readonly #byKey: StatementSync;

  constructor(database: DatabaseSync) {
    this.#head = database.prepare('SELECT no, trace_id, request_id FROM trace WHERE trace_id = ?');
    this.#spans = database.prepare(
      `SELECT ${spanColumns} FROM span s JOIN resource res ON res.id = s.resource_id JOIN scope c ON c.id = s.scope_id
       WHERE s.trace_no = ? ORDER BY s.start_ns, s.arrival LIMIT ${maxItemsPerTrace + 1}`,
    );
    this.#logs = database.prepare(
      `SELECT ${logColumns} FROM log l JOIN resource res ON res.id = l.resource_id JOIN scope c ON c.id = l.scope_id
       JOIN trace t ON t.no = l.trace_no WHERE l.trace_no IN (SELECT value FROM json_each(?))
       ORDER BY l.time_ns, l.id LIMIT ${maxItemsPerTrace + 1}`,
    );
    // A key may also come from a header that anyone can send: only traces whose own request id it is are of the same request.
    this.#related = database.prepare(
      `SELECT no, trace_id FROM trace WHERE no <> ?
         AND (trace_id IN (?, ?) OR (no IN (SELECT trace_no FROM trace_key WHERE key = ?) AND request_id = ?))
       ORDER BY no LIMIT ${maxRelated}`,
    );
    this.#byKey = database.prepare(
      `SELECT trace_id, request_id FROM trace WHERE trace_id IN (?, ?) OR no IN (SELECT trace_no FROM trace_key WHERE key = ?)
       ORDER BY trace_id IN (?, ?) DESC, no DESC LIMIT ?`,
    );
  }

  /** @returns undefined when nothing of that trace is kept. */
  trace(traceId: string): BareTrace | undefined {
    const head = this.#head.get(traceId);
    if (head === undefined) return undefined;
    const no = integer(head, 'no');
    const hit = traceHit(head);
    const related = this.#relatedTo(no, hit.requestId);
    const resources = new Map<number, Attributes>();
    const spans = this.#spans.all(no).map((row) => storedSpan(row, resources));
    // A task's page shows the task; its request's page everything that was done for it.
    const logs = this.#logsOf(hit.isBackground ? [no] : [no, ...related.map((row) => integer(row, 'no'))]);
    return {
      ...hit,
      relatedIds: related.map((row) => text(row, 'trace_id')),
      spans: spans.slice(0, maxItemsPerTrace),
      logs: logs.slice(0, maxItemsPerTrace),
      isTruncated: spans.length > maxItemsPerTrace || logs.length > maxItemsPerTrace,
    };
  }

  /** Traces of a request id or trace id in any spelling: the request's own first, then the newest. */
  byId(id: string, limit: number): TraceHit[] {
    const own = ownTraceIds(id);
    return this.#byKey.all(...own, requestKey(id), ...own, limit).map(traceHit);
  }

  #relatedTo(no: number, requestId: string | undefined): Row[] {
    return requestId === undefined
      ? []
      : this.#related.all(no, ...ownTraceIds(requestId), requestKey(requestId), requestId);
  }

  #logsOf(traceNos: readonly number[]): StoredLog[] {
    return this.#logs.all(JSON.stringify(traceNos)).map(storedLog);
  }
}

function traceHit(row: Row): TraceHit {
  const requestId = optionalText(row, 'request_id');
  const ids = { traceId: text(row, 'trace_id'), ...(requestId !== undefined && { requestId }) };
  return { ...ids, ...(isBackground(ids) && { isBackground: true }) };
}
