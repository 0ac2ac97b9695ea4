/** The telemetry store on SQLite: one file, one process, one transaction for each request. */
import type { DatabaseSync } from 'node:sqlite';
import { Interning } from './interning.ts';
import { LogWriter } from './log-writer.ts';
import { openDatabase, type OpenedDatabase } from './open-database.ts';
import { RequestQueries } from './request-queries.ts';
import { Retention, type RetentionLimits } from './retention.ts';
import { integer, text } from './row.ts';
import { SpanWriter } from './span-writer.ts';
import {
  type Batch,
  type ChangeListener,
  type FoundInStore,
  type LogRecord,
  type RequestPage,
  type RequestQuery,
  type RequestSummary,
  type SpanRecord,
  type StoredTrace,
  type StoreTotals,
  StoreUnavailableError,
  type TelemetryStore,
} from './telemetry-store.ts';
import { TextSearch } from './text-search.ts';
import { TraceLedger } from './trace-ledger.ts';
import { type TraceHit, TraceQueries } from './trace-queries.ts';
import type { UsageAnswer, UsageQuery } from './usage-port.ts';
import { UsageQueries } from './usage-queries.ts';

export interface SqliteStoreOptions extends RetentionLimits {
  /** The database file; undefined keeps everything in memory. */
  readonly path: string | undefined;
  /** Milliseconds since 1970; a test may bring its own. */
  readonly now?: () => number;
}

/** `find` gives at most this many requests and this many log lines. */
const maxMatches = 50;

export class SqliteStore implements TelemetryStore {
  /** Where an unusable file went; absent when there was none. */
  readonly movedAside: OpenedDatabase['movedAside'];
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #isInMemory: boolean;
  readonly #interning: Interning;
  readonly #ledger: TraceLedger;
  readonly #spans: SpanWriter;
  readonly #logs: LogWriter;
  readonly #requests: RequestQueries;
  readonly #traces: TraceQueries;
  readonly #search: TextSearch;
  readonly #usage: UsageQueries;
  readonly #retention: Retention;
  readonly #listeners = new Set<ChangeListener>();
  #spanTotal: number;
  #logTotal: number;
  #metricDataPoints = 0;
  #isOpen = true;

  /** @throws DatabaseInUseError when another process has the file; the system's error when it cannot be made. */
  constructor({ path, now = Date.now, ...limits }: SqliteStoreOptions) {
    const opened = openDatabase(path);
    this.movedAside = opened.movedAside;
    this.#database = opened.database;
    this.#now = now;
    this.#isInMemory = path === undefined;
    this.#interning = new Interning(this.#database);
    this.#ledger = new TraceLedger(this.#database);
    this.#spans = new SpanWriter(this.#database, this.#ledger);
    this.#logs = new LogWriter(this.#database, this.#ledger);
    this.#requests = new RequestQueries(this.#database);
    this.#traces = new TraceQueries(this.#database);
    this.#search = new TextSearch(this.#database, this.#requests);
    this.#usage = new UsageQueries(this.#database);
    this.#retention = new Retention(this.#database, limits);
    this.#spanTotal = countOf(this.#database, 'span');
    this.#logTotal = countOf(this.#database, 'log');
  }

  addSpans(batches: readonly Batch<SpanRecord>[]): void {
    this.#spanTotal += this.#store(batches, (span, origin) => this.#spans.write(span, origin));
  }

  addLogs(batches: readonly Batch<LogRecord>[]): void {
    this.#logTotal += this.#store(batches, (log, origin, nowMs) => this.#logs.write(log, origin, nowMs));
  }

  countMetrics(dataPoints: number): void {
    this.#metricDataPoints += dataPoints;
  }

  async listRequests(query: RequestQuery, signal?: AbortSignal): Promise<RequestPage> {
    const isSearch = query.text !== undefined && query.text !== '';
    const oneMore = { ...query, limit: query.limit + 1 };
    const listed = isSearch ? await this.#search.requests(oneMore, signal) : this.#requests.page(oneMore);
    const page = listed.slice(0, query.limit);
    const last = page.at(-1);
    const requests = page.map(({ summary }) => summary);
    return listed.length > query.limit && last !== undefined ? { requests, next: last.cursor } : { requests };
  }

  requestsOf(traceId: string): readonly RequestSummary[] {
    return this.#requests.ofTrace(traceId);
  }

  trace(traceId: string): StoredTrace | undefined {
    const found = this.#traces.trace(traceId);
    if (found === undefined) return undefined;
    const { relatedIds, ...trace } = found;
    // A trace may have a row for each service; its first is where it began.
    return { ...trace, related: relatedIds.flatMap((id) => this.#requests.ofTrace(id).at(-1) ?? []) };
  }

  async find(wanted: string, signal?: AbortSignal): Promise<FoundInStore> {
    const [hit, ...others] = this.#traces.byId(wanted, maxMatches);
    if (hit !== undefined && (others.length === 0 || leadsThe(others, hit))) {
      const { isBackground: _, ...ids } = hit;
      return { kind: 'trace', ...ids };
    }
    if (hit !== undefined) {
      // A client that uses one id again and again: each of its requests, newest first.
      return {
        kind: 'matches',
        requests: [hit, ...others].flatMap(({ traceId }) => this.requestsOf(traceId)),
        logs: [],
      };
    }
    const query = { text: wanted, limit: maxMatches, isErrorOnly: false };
    const { requests } = await this.listRequests(query, signal);
    const logs = await this.#search.logs(wanted, { limit: maxMatches, signal });
    return { kind: 'matches', requests, logs };
  }

  usage(query: UsageQuery, signal?: AbortSignal): Promise<UsageAnswer> {
    return this.#usage.answer(query, signal);
  }

  totals(): StoreTotals {
    const services = this.#database.prepare('SELECT DISTINCT service FROM resource ORDER BY service').all();
    return {
      spans: this.#spanTotal,
      logRecords: this.#logTotal,
      metricDataPoints: this.#metricDataPoints,
      services: services.map((row) => text(row, 'service')),
      storedBytes: this.#isInMemory ? 0 : this.#retention.size().fileBytes,
    };
  }

  pruneStep(): boolean {
    const { spans, logs, hasMore } = this.#retention.step(this.#now());
    this.#spanTotal -= spans;
    this.#logTotal -= logs;
    // Names may have been removed; the next request writes them again.
    if (!hasMore) this.#interning.forget();
    return hasMore;
  }

  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  #store<Item>(
    batches: readonly Batch<Item>[],
    write: (item: Item, origin: Parameters<SpanWriter['write']>[1], nowMs: number) => number,
  ): number {
    const nowMs = this.#now();
    let added = 0;
    const touched = this.#transaction(() => {
      for (const { resource, scope, items } of batches) {
        const origin = {
          resource: this.#interning.resource(resource, nowMs),
          scopeId: this.#interning.scope(scope, nowMs),
        };
        for (const item of items) added += write(item, origin, nowMs);
      }
      this.#spans.writeStandIns();
      this.#ledger.write(nowMs);
    });
    for (const listener of this.#listeners) listener(touched);
    return added;
  }

  /** @returns the ids of the traces touched. */
  #transaction(work: () => void): readonly string[] {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#database.exec('COMMIT');
      return Array.from(this.#ledger.touched(), ({ traceId }) => traceId);
    } catch (cause) {
      this.#rollBack();
      throw new StoreUnavailableError('cannot store telemetry: the database refused it', { cause });
    } finally {
      this.#ledger.clear();
      this.#spans.clear();
    }
  }

  #rollBack(): void {
    this.#interning.forget();
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back already (disk full, I/O error), or BEGIN itself had failed: there is nothing to undo.
    }
  }
}

/** Whether the others are all tasks of this one's request, whose page leads to them. */
function leadsThe(others: readonly TraceHit[], { requestId, isBackground }: TraceHit): boolean {
  if (isBackground || requestId === undefined) return false;
  return others.every((other) => other.isBackground && other.requestId === requestId);
}

function countOf(database: DatabaseSync, table: 'span' | 'log'): number {
  const column = table === 'span' ? 'sum(span_count)' : 'count(*)';
  const row = database.prepare(`SELECT ifnull(${column}, 0) AS n FROM ${table === 'span' ? 'trace' : 'log'}`).get();
  return row === undefined ? 0 : integer(row, 'n');
}
