/** Reads the list of requests. Which rows of it are requests is decided here, when it is read: a parent may arrive after its child. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isBackground } from './request-ids.ts';
import { integer, optionalInteger, optionalText, type Row, text } from './row.ts';
import type { RequestCursor, RequestQuery, RequestSummary } from './telemetry-store.ts';

const hasLocalParent = (row: string): string =>
  `(${row}.parent_span_id <> '' AND EXISTS (SELECT 1 FROM span p
     WHERE p.trace_no = ${row}.trace_no AND p.span_id = ${row}.parent_span_id AND p.resource_id = ${row}.resource_id))`;

/** A stand-in is listed only while its trace has nothing better. */
const isListed = `CASE r.is_stand_in
  WHEN 0 THEN NOT ${hasLocalParent('r')}
  ELSE NOT EXISTS (SELECT 1 FROM request o WHERE o.trace_no = r.trace_no AND o.is_stand_in = 0 AND NOT ${hasLocalParent('o')})
  END`;

/** Columns that `listedRequest` reads; `r` is request, `t` trace. */
export const requestColumns = `r.trace_no, r.span_id, r.service, r.name, r.method, r.target, r.status_code,
  ifnull(r.request_id, t.request_id) AS request_id, CAST(r.start_ns AS TEXT) AS start_text, r.duration_ns, r.is_error,
  t.trace_id, t.span_count, t.error_count, t.log_count`;

/** A listed request and where it stands in the list. */
export interface ListedRequest {
  readonly summary: RequestSummary;
  readonly cursor: RequestCursor;
}

const top: RequestCursor = { startUnixNano: 9_223_372_036_854_775_807n, traceNo: Number.MAX_SAFE_INTEGER, spanId: 'g' };

export class RequestQueries {
  readonly #page: StatementSync;
  readonly #ofTrace: StatementSync;

  constructor(database: DatabaseSync) {
    this.#page = database.prepare(
      `SELECT ${requestColumns} FROM request r JOIN trace t ON t.no = r.trace_no
       WHERE (r.start_ns, r.trace_no, r.span_id) < (?, ?, ?)
         AND (? IS NULL OR r.service = ?) AND (? = 0 OR r.is_error = 1) AND ${isListed}
       ORDER BY r.start_ns DESC, r.trace_no DESC, r.span_id DESC LIMIT ?`,
    );
    this.#ofTrace = database.prepare(
      `SELECT ${requestColumns} FROM trace t JOIN request r ON t.no = r.trace_no WHERE t.trace_id = ? AND ${isListed}
       ORDER BY r.start_ns DESC, r.span_id DESC LIMIT 100`,
    );
  }

  /** Newest first; the query's text is not looked at. */
  page({ before = top, service, isErrorOnly, limit }: RequestQuery): ListedRequest[] {
    return this.#page
      .all(
        before.startUnixNano,
        before.traceNo,
        before.spanId,
        service ?? null,
        service ?? null,
        isErrorOnly ? 1 : 0,
        limit,
      )
      .map(listedRequest);
  }

  /** Of one trace, newest first, at most 100. */
  ofTrace(traceId: string): RequestSummary[] {
    return this.#ofTrace.all(traceId).map((row) => listedRequest(row).summary);
  }
}

/** Reads a row of `requestColumns`. */
export function listedRequest(row: Row): ListedRequest {
  const startUnixNano = text(row, 'start_text');
  const spanId = text(row, 'span_id');
  const traceId = text(row, 'trace_id');
  const optional = optionals(row);
  const summary: RequestSummary = {
    traceId,
    spanId,
    service: text(row, 'service'),
    name: text(row, 'name'),
    startUnixNano,
    durationNs: integer(row, 'duration_ns'),
    isError: integer(row, 'is_error') === 1,
    spanCount: integer(row, 'span_count'),
    errorCount: integer(row, 'error_count'),
    logCount: integer(row, 'log_count'),
    ...optional,
    ...(isBackground({ traceId, ...optional }) && { isBackground: true }),
  };
  return { summary, cursor: { startUnixNano: BigInt(startUnixNano), traceNo: integer(row, 'trace_no'), spanId } };
}

function optionals(row: Row): Pick<RequestSummary, 'requestId' | 'method' | 'target' | 'statusCode'> {
  const requestId = optionalText(row, 'request_id');
  const method = optionalText(row, 'method');
  const target = optionalText(row, 'target');
  const statusCode = optionalInteger(row, 'status_code');
  return {
    ...(requestId !== undefined && { requestId }),
    ...(method !== undefined && { method }),
    ...(target !== undefined && { target }),
    ...(statusCode !== undefined && { statusCode }),
  };
}
