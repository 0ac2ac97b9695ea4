/** Tables of the database file. A change to them raises `schemaVersion`, and says in `migrations` how a file of the version before gets there. */

/** Kept in `PRAGMA user_version`. */
export const schemaVersion = 2;

/*
 * Requests whose span says what they used: few beside the rest, as only privileged callers ask for it. What the page of usage filters,
 * groups and sorts by is all here, so that a reading of it touches no other table. The index ends, as every one does here, with the key.
 */
const usageTable = `
CREATE TABLE usage (
  trace_no INTEGER NOT NULL, span_id TEXT NOT NULL, start_ns INTEGER NOT NULL,
  service TEXT NOT NULL, route TEXT NOT NULL, account TEXT, is_error INTEGER NOT NULL,
  duration_ms REAL NOT NULL, cpu_ms REAL, wait_ms REAL, memory_bytes REAL, io_bytes REAL,
  is_complete INTEGER NOT NULL, method TEXT,
  PRIMARY KEY (trace_no, span_id)
) WITHOUT ROWID;
CREATE INDEX usage_start ON usage (start_ns);
`;

/** What brings a file of the version to the next one. A file of any version not named here is moved aside. */
export const migrations: ReadonlyMap<number, string> = new Map([[1, usageTable]]);

/*
 * `trace.no` grows in the order of first arrival and leads the key of spans and requests, so that new rows go to the end of each table whatever
 * the trace ids look like, one trace lies together on disk, and the oldest are removed from the front.
 */
export const schema: string = `
CREATE TABLE resource (
  id INTEGER PRIMARY KEY, service TEXT NOT NULL, attributes TEXT NOT NULL UNIQUE, used_ms INTEGER NOT NULL
);
CREATE TABLE scope (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, used_ms INTEGER NOT NULL, UNIQUE (name, version)
);
CREATE TABLE trace (
  no INTEGER PRIMARY KEY, trace_id TEXT NOT NULL UNIQUE, request_id TEXT, first_ms INTEGER NOT NULL,
  span_count INTEGER NOT NULL, error_count INTEGER NOT NULL, log_count INTEGER NOT NULL,
  has_root INTEGER NOT NULL, has_stand_in INTEGER NOT NULL
);
CREATE TABLE span (
  trace_no INTEGER NOT NULL, span_id TEXT NOT NULL, parent_span_id TEXT NOT NULL, arrival INTEGER NOT NULL,
  resource_id INTEGER NOT NULL, scope_id INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,
  start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL, status INTEGER NOT NULL,
  attributes TEXT NOT NULL, extra TEXT,
  PRIMARY KEY (trace_no, span_id)
) WITHOUT ROWID;
CREATE TABLE request (
  trace_no INTEGER NOT NULL, span_id TEXT NOT NULL, parent_span_id TEXT NOT NULL, resource_id INTEGER NOT NULL,
  service TEXT NOT NULL, name TEXT NOT NULL, method TEXT, target TEXT, status_code INTEGER, request_id TEXT,
  start_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL, is_error INTEGER NOT NULL, is_stand_in INTEGER NOT NULL,
  PRIMARY KEY (trace_no, span_id)
) WITHOUT ROWID;
CREATE INDEX request_start ON request (start_ns);
CREATE TABLE trace_key (key TEXT NOT NULL, trace_no INTEGER NOT NULL, PRIMARY KEY (key, trace_no)) WITHOUT ROWID;
CREATE INDEX trace_key_trace ON trace_key (trace_no);
CREATE TABLE log (
  id INTEGER PRIMARY KEY, trace_no INTEGER, span_id TEXT NOT NULL, resource_id INTEGER NOT NULL, scope_id INTEGER NOT NULL,
  time_ns INTEGER NOT NULL, received_ms INTEGER NOT NULL, severity_number INTEGER NOT NULL, severity_text TEXT NOT NULL,
  body TEXT NOT NULL, attributes TEXT NOT NULL, uid TEXT
);
CREATE INDEX log_trace ON log (trace_no) WHERE trace_no IS NOT NULL;
CREATE UNIQUE INDEX log_uid ON log (uid) WHERE uid IS NOT NULL;
${usageTable}`;
