/** Removes the oldest telemetry, in steps of a few milliseconds, from the front of each table. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { useMarkMs } from './interning.ts';
import { integer } from './row.ts';

/** What may be kept. */
export interface RetentionLimits {
  /** Whole traces that arrived earlier than this go, and log lines. */
  readonly maxAgeMs: number;
  /** Bytes of the database in use. */
  readonly maxBytes: number;
}

/** Time for one step; other work waits at most about this long. */
const stepMs = 4;
/** Rows removed between two looks at the clock. */
const rowsAtOnce = 100;
/** Pages given back to the file system between two looks at the clock. */
const pagesAtOnce = 20;
/** Later than any time. */
const never = 9e15;

/** What one step has removed from what readers see. */
export interface Pruned {
  readonly spans: number;
  readonly logs: number;
  readonly hasMore: boolean;
}

const nothing: Pruned = { spans: 0, logs: 0, hasMore: false };

const sum = (earlier: Pruned, later: Pruned): Pruned => ({
  spans: earlier.spans + later.spans,
  logs: earlier.logs + later.logs,
  hasMore: later.hasMore,
});

export class Retention {
  readonly #database: DatabaseSync;
  readonly #limits: RetentionLimits;
  readonly #pages: StatementSync;
  readonly #oldest: StatementSync;
  readonly #dropNames: readonly StatementSync[];
  readonly #dropTrace: StatementSync;
  readonly #dropSpans: StatementSync;
  readonly #dropLogs: StatementSync;
  readonly #dropUnused: readonly StatementSync[];
  #unusedCheckedMs = 0;

  constructor(database: DatabaseSync, limits: RetentionLimits) {
    this.#database = database;
    this.#limits = limits;
    this.#pages = database.prepare(
      `SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    );
    this.#oldest = database.prepare(
      `SELECT ifnull((SELECT no FROM trace ORDER BY no LIMIT 1), 0) AS trace_no,
         ifnull((SELECT first_ms FROM trace ORDER BY no LIMIT 1), ${never}) AS trace_ms,
         ifnull((SELECT received_ms FROM log ORDER BY id LIMIT 1), ${never}) AS log_ms,
         ifnull((SELECT trace_no FROM span ORDER BY trace_no LIMIT 1), 0) AS span_trace_no`,
    );
    this.#dropNames = ['request', 'usage', 'trace_key'].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE trace_no = ?`),
    );
    this.#dropTrace = database.prepare('DELETE FROM trace WHERE no = ? RETURNING span_count');
    this.#dropSpans = database.prepare(
      `DELETE FROM span WHERE (trace_no, span_id) IN
         (SELECT trace_no, span_id FROM span WHERE trace_no < ? ORDER BY trace_no, span_id LIMIT ${rowsAtOnce})`,
    );
    this.#dropLogs = database.prepare(
      `DELETE FROM log WHERE id IN (SELECT id FROM log WHERE received_ms <= ? ORDER BY id LIMIT ${rowsAtOnce})`,
    );
    this.#dropUnused = ['resource', 'scope'].map((table) => database.prepare(`DELETE FROM ${table} WHERE used_ms < ?`));
  }

  /** Bytes of pages in use, and of the whole file. */
  size(): { readonly usedBytes: number; readonly fileBytes: number } {
    const row = this.#pages.get();
    if (row === undefined) return { usedBytes: 0, fileBytes: 0 };
    const pageBytes = integer(row, 'page_size');
    const pages = integer(row, 'page_count');
    return { usedBytes: (pages - integer(row, 'freelist_count')) * pageBytes, fileBytes: pages * pageBytes };
  }

  /** One step; call it again, after other work, while there is more. */
  step(nowMs: number): Pruned {
    const endMs = performance.now() + stepMs;
    let removed = nothing;
    // One transaction for all: on its own each trace would cost more to commit than to remove.
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      do removed = sum(removed, this.#removeSome(nowMs));
      while (removed.hasMore && performance.now() < endMs);
      this.#database.exec('COMMIT');
      return removed;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #removeSome(nowMs: number): Pruned {
    const row = this.#oldest.get();
    if (row === undefined) return nothing;
    const traceNo = integer(row, 'trace_no');
    const spanTraceNo = integer(row, 'span_trace_no');
    // Spans whose trace is gone already, perhaps since before a restart.
    if (spanTraceNo !== 0 && (traceNo === 0 || spanTraceNo < traceNo)) return this.#dropOrphans(traceNo);
    const { usedBytes, fileBytes } = this.size();
    const cutoffMs = usedBytes > this.#limits.maxBytes ? Number.MAX_SAFE_INTEGER : nowMs - this.#limits.maxAgeMs;
    const traceMs = integer(row, 'trace_ms');
    const logMs = integer(row, 'log_ms');
    if (traceNo !== 0 && traceMs < cutoffMs && traceMs <= logMs) return this.#drop(traceNo);
    if (logMs < never && logMs < cutoffMs) return this.#dropOldLogs(Math.min(cutoffMs, traceMs, logMs));
    if (fileBytes > this.#limits.maxBytes && fileBytes > usedBytes) return this.#shrink();
    this.#dropUnusedNames(nowMs);
    return nothing;
  }

  #dropOrphans(firstTraceNo: number): Pruned {
    const before = firstTraceNo === 0 ? Number.MAX_SAFE_INTEGER : firstTraceNo;
    this.#dropSpans.run(before);
    return { spans: 0, logs: 0, hasMore: true };
  }

  /** The trace disappears at once, and its spans with it from every answer; their rows, which may be many, go piece by piece. */
  #drop(traceNo: number): Pruned {
    for (const statement of this.#dropNames) statement.run(traceNo);
    const dropped = this.#dropTrace.get(traceNo);
    return { spans: dropped === undefined ? 0 : integer(dropped, 'span_count'), logs: 0, hasMore: true };
  }

  #dropOldLogs(untilMs: number): Pruned {
    return { spans: 0, logs: Number(this.#dropLogs.run(untilMs).changes), hasMore: true };
  }

  #shrink(): Pruned {
    this.#database.exec(`PRAGMA incremental_vacuum(${pagesAtOnce})`);
    return { spans: 0, logs: 0, hasMore: true };
  }

  /** Nothing kept is older than the age limit, so nothing kept refers to what was last used before it. */
  #dropUnusedNames(nowMs: number): void {
    if (nowMs - this.#unusedCheckedMs < useMarkMs) return;
    this.#unusedCheckedMs = nowMs;
    for (const statement of this.#dropUnused) statement.run(nowMs - this.#limits.maxAgeMs - 2 * useMarkMs);
  }
}
