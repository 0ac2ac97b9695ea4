/** Reads what tracked requests used, newest first, a slice at a time: never more rows than one answer may cost, never holding up other work. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listedRequest, requestColumns } from './request-queries.ts';
import { integer, optionalText, optionalInteger, type Row, text } from './row.ts';
import type { RequestCursor } from './telemetry-store.ts';
import { firstRows, groupsOf, type TrackedRow } from './usage-groups.ts';
import type { UsageAnswer, UsageFigure, UsageOfRequest, UsageQuery } from './usage-port.ts';

/** Rows read between two turns of other work. */
const rowsPerSlice = 1000;
/** Rows looked at for one answer, whether or not the filters let them through. */
const mostRows = 50_000;

const figureColumns: Readonly<Record<UsageFigure, string>> = {
  cpu: 'cpu_ms',
  wait: 'wait_ms',
  memory: 'memory_bytes',
  io: 'io_bytes',
  duration: 'duration_ms',
};

const newestFirst: RequestCursor = {
  startUnixNano: 9_223_372_036_854_775_807n,
  traceNo: Number.MAX_SAFE_INTEGER,
  spanId: 'g',
};

export class UsageQueries {
  readonly #slice: StatementSync;
  readonly #request: StatementSync;

  constructor(database: DatabaseSync) {
    this.#slice = database.prepare(
      `SELECT trace_no, span_id, CAST(start_ns AS TEXT) AS start_text, service, route, account, is_error,
         ${Object.values(figureColumns).join(', ')}
       FROM usage WHERE (start_ns, trace_no, span_id) < (?, ?, ?) AND start_ns >= ?
       ORDER BY start_ns DESC, trace_no DESC, span_id DESC LIMIT ${rowsPerSlice}`,
    );
    this.#request = database.prepare(
      `SELECT ${requestColumns}, u.account, u.cpu_ms, u.wait_ms, u.memory_bytes, u.io_bytes, u.is_complete, u.method AS measured_by
       FROM usage u JOIN request r ON r.trace_no = u.trace_no AND r.span_id = u.span_id JOIN trace t ON t.no = u.trace_no
       WHERE u.trace_no = ? AND u.span_id = ?`,
    );
  }

  /** Looks at the newest 50,000 tracked requests since the time asked for. */
  async answer(query: UsageQuery, signal: AbortSignal | undefined): Promise<UsageAnswer> {
    const { rows, isBounded } = await this.#read(query, signal);
    const counts = { requestCount: rows.length, isBounded };
    if (query.view === 'requests') {
      const requests = firstRows(rows, query).flatMap((row) => this.#usageOf(row) ?? []);
      return { requests, groups: [], groupCount: 0, ...counts };
    }
    const groups = groupsOf(rows, query);
    return { requests: [], groups: groups.slice(0, query.limit), groupCount: groups.length, ...counts };
  }

  async #read(
    query: UsageQuery,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly rows: readonly TrackedRow[]; readonly isBounded: boolean }> {
    const column = figureColumns[query.by];
    const rows: TrackedRow[] = [];
    let before = newestFirst;
    for (let seen = 0; seen < mostRows; seen += rowsPerSlice) {
      const slice = this.#slice.all(before.startUnixNano, before.traceNo, before.spanId, query.sinceUnixNano);
      rows.push(...slice.filter((row) => isWanted(row, query)).map((row) => trackedRow(row, column)));
      const last = slice.at(-1);
      if (slice.length < rowsPerSlice || last === undefined) return { rows, isBounded: false };
      before = cursorOf(last);
      // oxlint-disable-next-line no-await-in-loop -- one slice after the other, with other work between them
      await nextTurn();
      if (signal?.aborted === true) break;
    }
    return { rows, isBounded: true };
  }

  /** @returns undefined when retention has removed it in the meantime. */
  #usageOf({ traceNo, spanId }: TrackedRow): UsageOfRequest | undefined {
    const row = this.#request.get(traceNo, spanId);
    if (row === undefined) return undefined;
    return { ...listedRequest(row).summary, isComplete: integer(row, 'is_complete') === 1, ...optionals(row) };
  }
}

function isWanted(row: Row, { service, route, account, isErrorOnly }: UsageQuery): boolean {
  if (isErrorOnly && row['is_error'] !== 1) return false;
  if (service !== undefined && row['service'] !== service) return false;
  if (route !== undefined && row['route'] !== route) return false;
  return account === undefined || row['account'] === account;
}

const trackedRow = (row: Row, column: string): TrackedRow => ({
  traceNo: integer(row, 'trace_no'),
  spanId: text(row, 'span_id'),
  service: text(row, 'service'),
  route: text(row, 'route'),
  account: optionalText(row, 'account'),
  value: optionalInteger(row, column),
});

const cursorOf = (row: Row): RequestCursor => ({
  startUnixNano: BigInt(text(row, 'start_text')),
  traceNo: integer(row, 'trace_no'),
  spanId: text(row, 'span_id'),
});

type Optional = 'account' | 'cpuMs' | 'waitMs' | 'memoryBytes' | 'ioBytes' | 'measuredBy';

function optionals(row: Row): Pick<UsageOfRequest, Optional> {
  const account = optionalText(row, 'account');
  const measuredBy = optionalText(row, 'measured_by');
  const cpuMs = optionalInteger(row, 'cpu_ms');
  const waitMs = optionalInteger(row, 'wait_ms');
  const memoryBytes = optionalInteger(row, 'memory_bytes');
  const ioBytes = optionalInteger(row, 'io_bytes');
  return {
    ...(account !== undefined && { account }),
    ...(measuredBy !== undefined && { measuredBy }),
    ...(cpuMs !== undefined && { cpuMs }),
    ...(waitMs !== undefined && { waitMs }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(ioBytes !== undefined && { ioBytes }),
  };
}
