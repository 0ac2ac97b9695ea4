/** Searches span names, attribute values and log lines for a text, newest first, without an index and without holding up other work. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListedRequest, RequestQueries } from './request-queries.ts';
import { integer, optionalText, type Row, text } from './row.ts';
import { logColumns, parseAttributes, parseExtra, storedLog } from './stored-rows.ts';
import type { AttributeValue, RequestQuery, StoredLog } from './telemetry-store.ts';

/** Requests read from the list at a time. */
const requestsPerPage = 100;
/** Spans and log lines searched between two looks at the clock: some 2 ms. */
const rowsPerSlice = 2000;
const logsPerSlice = 500;
/** Requests that come in wait at most about this long for a search. */
const sliceMs = 5;

/** Ends early, with what was found so far, when the signal says so. */
export interface SearchLimits {
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** LIKE narrows down: it also sees attribute names and stops at a NUL. `spanHas` and `logHas` decide. */
const mayHave = (column: string): string => `(${column} LIKE ?2 ESCAPE '\\' OR instr(${column}, char(0)) > 0)`;

export class TextSearch {
  readonly #requests: RequestQueries;
  readonly #spansWith: StatementSync;
  readonly #logsWith: StatementSync;
  readonly #logSlice: StatementSync;
  readonly #lastLog: StatementSync;

  constructor(database: DatabaseSync, requests: RequestQueries) {
    this.#requests = requests;
    this.#spansWith = database.prepare(
      `SELECT s.trace_no, s.name, s.attributes, s.extra FROM json_each(?1) wanted CROSS JOIN span s ON s.trace_no = wanted.value
       WHERE (${mayHave('s.name')} OR s.attributes LIKE ?3 ESCAPE '\\' OR s.extra LIKE ?3 ESCAPE '\\')`,
    );
    this.#logsWith = database.prepare(
      `SELECT l.trace_no, l.body, l.attributes FROM json_each(?1) wanted CROSS JOIN log l ON l.trace_no = wanted.value
       WHERE (${mayHave('l.body')} OR l.attributes LIKE ?3 ESCAPE '\\')`,
    );
    this.#logSlice = database.prepare(
      `SELECT ${logColumns} FROM log l JOIN resource res ON res.id = l.resource_id JOIN scope c ON c.id = l.scope_id
       LEFT JOIN trace t ON t.no = l.trace_no
       WHERE l.id <= ?1 AND l.id > ?1 - ${logsPerSlice} AND (${mayHave('l.body')} OR l.attributes LIKE ?3 ESCAPE '\\')
       ORDER BY l.id DESC`,
    );
    this.#lastLog = database.prepare('SELECT ifnull(max(id), 0) AS last, ifnull(min(id), 1) AS first FROM log');
  }

  /** Requests whose trace has the query's text; at most `query.limit`, newest first. */
  async requests(query: RequestQuery, signal: AbortSignal | undefined): Promise<ListedRequest[]> {
    const needle = needleFor(query.text ?? '');
    const found: ListedRequest[] = [];
    const breath = new Breath(signal);
    let before = query.before;
    while (found.length < query.limit) {
      const page = this.#requests.page({ ...query, limit: requestsPerPage, ...(before !== undefined && { before }) });
      found.push(...(await this.#matchingPage(page, needle, breath)));
      if (page.length < requestsPerPage || breath.isOver) break;
      before = page.at(-1)?.cursor;
    }
    return found.slice(0, query.limit);
  }

  /** Log lines with the text, newest arrival first. */
  async logs(wanted: string, { limit, signal }: SearchLimits): Promise<StoredLog[]> {
    const needle = needleFor(wanted);
    const breath = new Breath(signal);
    const bounds = this.#lastLog.get();
    const found: StoredLog[] = [];
    if (bounds === undefined) return found;
    const first = integer(bounds, 'first');
    for (let last = integer(bounds, 'last'); last >= first && found.length < limit; last -= logsPerSlice) {
      await breath.take();
      if (breath.isOver) break;
      const rows = this.#logSlice.all(last, needle.pattern, needle.jsonPattern);
      found.push(...rows.filter((row) => logHas(row, needle)).map(storedLog));
    }
    return found.slice(0, limit);
  }

  async #matchingPage(page: readonly ListedRequest[], needle: Needle, breath: Breath): Promise<ListedRequest[]> {
    const found: ListedRequest[] = [];
    for (const slice of slices(page)) {
      await breath.take();
      if (breath.isOver) break;
      found.push(...this.#matching(slice, needle));
    }
    return found;
  }

  #matching(slice: readonly ListedRequest[], needle: Needle): ListedRequest[] {
    const traces = JSON.stringify(slice.map(({ cursor }) => cursor.traceNo));
    const { pattern, jsonPattern } = needle;
    const matching = new Set<number>();
    for (const row of this.#spansWith.iterate(traces, pattern, jsonPattern)) {
      if (spanHas(row, needle)) matching.add(integer(row, 'trace_no'));
    }
    for (const row of this.#logsWith.iterate(traces, pattern, jsonPattern)) {
      if (logHas(row, needle)) matching.add(integer(row, 'trace_no'));
    }
    return slice.filter(({ cursor }) => matching.has(cursor.traceNo));
  }
}

/**
 * Cuts a page so that each slice has about as much to search, whatever the size of its traces.
 *
 * @yields Requests in the order of the page.
 */
function* slices(page: readonly ListedRequest[]): Generator<readonly ListedRequest[]> {
  let slice: ListedRequest[] = [];
  let rows = 0;
  for (const request of page) {
    slice.push(request);
    rows += request.summary.spanCount + request.summary.logCount;
    if (rows < rowsPerSlice) continue;
    yield slice;
    slice = [];
    rows = 0;
  }
  if (slice.length > 0) yield slice;
}

/** Gives way to other work when a search has run for a while. */
class Breath {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Whether nobody waits for the answer any more. */
  get isOver(): boolean {
    return this.#signal?.aborted ?? false;
  }

  /** Lets other work run if it is time. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < sliceMs) return;
    await nextTurn();
    this.#since = performance.now();
  }
}

interface Needle {
  /** Lower case. */
  readonly text: string;
  /** For LIKE on plain text; `%`, `_` and the escape are taken literally. */
  readonly pattern: string;
  /** For LIKE on JSON: the text as it stands inside a JSON string. */
  readonly jsonPattern: string;
}

function needleFor(wanted: string): Needle {
  return {
    text: wanted.toLowerCase(),
    pattern: likePattern(wanted),
    jsonPattern: likePattern(JSON.stringify(wanted).slice(1, -1)),
  };
}

const likePattern = (wanted: string): string => `%${wanted.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

function spanHas(row: Row, needle: Needle): boolean {
  if (hasText(text(row, 'name'), needle) || hasText(parseAttributes(text(row, 'attributes')), needle)) return true;
  const extraJson = optionalText(row, 'extra');
  if (extraJson === undefined) return false;
  const { statusMessage, events, links } = parseExtra(extraJson);
  if (hasText(statusMessage, needle)) return true;
  if (events.some(({ name, attributes }) => hasText(name, needle) || hasText(attributes, needle))) return true;
  return links.some(({ traceId, spanId, attributes }) => hasText([traceId, spanId, attributes], needle));
}

const logHas = (row: Row, needle: Needle): boolean =>
  hasText(text(row, 'body'), needle) || hasText(parseAttributes(text(row, 'attributes')), needle);

function hasText(value: AttributeValue, needle: Needle): boolean {
  if (typeof value !== 'object') return String(value).toLowerCase().includes(needle.text);
  return Object.values(value).some((inner: AttributeValue) => hasText(inner, needle));
}
