/** The rows of `trace` that one request touches: numbers given out at once, counts written once at the end. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integer, optionalText } from './row.ts';

/** One trace during one transaction. Counts are what this transaction adds. */
export interface TraceEntry {
  readonly no: number;
  readonly traceId: string;
  readonly isNew: boolean;
  requestId: string | undefined;
  spans: number;
  errors: number;
  logs: number;
  hasRoot: boolean;
  hasStandIn: boolean;
  /** Request keys already written in this transaction. */
  readonly keys: Set<string>;
}

export class TraceLedger {
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #insertKey: StatementSync;
  readonly #open = new Map<string, TraceEntry>();
  #nextNo: number;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT no, request_id, has_root, has_stand_in FROM trace WHERE trace_id = ?');
    this.#insert = database.prepare(
      `INSERT INTO trace (no, trace_id, request_id, first_ms, span_count, error_count, log_count, has_root, has_stand_in)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE trace SET request_id = ?, span_count = span_count + ?, error_count = error_count + ?,
         log_count = log_count + ?, has_root = ?, has_stand_in = ? WHERE no = ?`,
    );
    this.#insertKey = database.prepare('INSERT OR IGNORE INTO trace_key (key, trace_no) VALUES (?, ?)');
    // Above whatever retention has not removed yet: a number used twice would mix two traces.
    const last = database
      .prepare(
        `SELECT max(ifnull((SELECT max(no) FROM trace), 0), ifnull((SELECT max(trace_no) FROM span), 0),
           ifnull((SELECT max(trace_no) FROM request), 0), ifnull((SELECT max(trace_no) FROM log), 0)) AS no`,
      )
      .get();
    this.#nextNo = last === undefined ? 1 : integer(last, 'no') + 1;
  }

  /** The trace's entry in this transaction. */
  entry(traceId: string): TraceEntry {
    const open = this.#open.get(traceId) ?? this.#load(traceId);
    this.#open.set(traceId, open);
    return open;
  }

  addKeys(entry: TraceEntry, keys: readonly string[]): void {
    for (const key of keys) {
      if (entry.keys.has(key)) continue;
      entry.keys.add(key);
      this.#insertKey.run(key, entry.no);
    }
  }

  /** The traces touched since the last commit or rollback. */
  touched(): IterableIterator<TraceEntry> {
    return this.#open.values();
  }

  /** Writes the counts; to be called inside the transaction. */
  write(nowMs: number): void {
    for (const {
      no,
      traceId,
      isNew,
      requestId = null,
      spans,
      errors,
      logs,
      hasRoot,
      hasStandIn,
    } of this.#open.values()) {
      // Only a log record sent again, of a trace that retention has removed.
      if (isNew && spans === 0 && logs === 0) continue;
      if (isNew) {
        this.#insert.run(no, traceId, requestId, nowMs, spans, errors, logs, Number(hasRoot), Number(hasStandIn));
      } else {
        this.#update.run(requestId, spans, errors, logs, Number(hasRoot), Number(hasStandIn), no);
      }
    }
  }

  /** To be called after the commit or the rollback. */
  clear(): void {
    this.#open.clear();
  }

  #load(traceId: string): TraceEntry {
    const row = this.#select.get(traceId);
    const fresh = { traceId, spans: 0, errors: 0, logs: 0, keys: new Set<string>() };
    if (row === undefined) {
      this.#nextNo += 1;
      return { ...fresh, no: this.#nextNo - 1, isNew: true, requestId: undefined, hasRoot: false, hasStandIn: false };
    }
    return {
      ...fresh,
      no: integer(row, 'no'),
      isNew: false,
      requestId: optionalText(row, 'request_id'),
      hasRoot: integer(row, 'has_root') === 1,
      hasStandIn: integer(row, 'has_stand_in') === 1,
    };
  }
}
