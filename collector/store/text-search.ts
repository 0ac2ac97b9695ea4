/** Searches span names, attribute values and log lines for a text, newest first, without an index and without holding up other work. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListedRequest, RequestQueries } from './request-queries.ts';
import { integer, optionalText, type Row, text } from './row.ts';
import { logColumns, parseAttributes, parseExtra, storedLog } from './stored-rows.ts';
import type { AttributeValue, RequestQuery, StoredLog } from './telemetry-store.ts';

/** Work between two looks at the clock stays short: a row is some 10 us, a trace some 100 us. */
const requestsPerSlice = 25;
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
      `SELECT name, attributes, extra FROM span
       WHERE trace_no = ?1 AND (${mayHave('name')} OR attributes LIKE ?3 ESCAPE '\\' OR extra LIKE ?3 ESCAPE '\\')`,
    );
    this.#logsWith = database.prepare(
      `SELECT body, attributes FROM log
       WHERE trace_no = ?1 AND (${mayHave('body')} OR attributes LIKE ?3 ESCAPE '\\')`,
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
    const known = new Map<number, boolean>();
    const breath = new Breath(signal);
    let before = query.before;
    while (found.length < query.limit) {
      const page = this.#requests.page({ ...query, limit: requestsPerSlice, ...(before !== undefined && { before }) });
      found.push(...page.filter(({ cursor: { traceNo } }) => this.#traceHas(traceNo, needle, known)));
      if (page.length < requestsPerSlice || (await breath.isOver())) break;
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
      if (await breath.isOver()) break;
      const rows = this.#logSlice.all(last, needle.pattern, needle.jsonPattern);
      found.push(...rows.filter((row) => logHas(row, needle)).map(storedLog));
    }
    return found.slice(0, limit);
  }

  /** @param known - Answers given so far: a trace may have several requests. */
  #traceHas(traceNo: number, needle: Needle, known: Map<number, boolean>): boolean {
    const has = known.get(traceNo) ?? this.#searchTrace(traceNo, needle);
    known.set(traceNo, has);
    return has;
  }

  #searchTrace(traceNo: number, needle: Needle): boolean {
    const { pattern, jsonPattern } = needle;
    for (const row of this.#spansWith.iterate(traceNo, pattern, jsonPattern)) if (spanHas(row, needle)) return true;
    for (const row of this.#logsWith.iterate(traceNo, pattern, jsonPattern)) if (logHas(row, needle)) return true;
    return false;
  }
}

/** Gives way to other work when a search has run for a while. */
class Breath {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** @returns true when nobody waits for the answer any more. */
  async isOver(): Promise<boolean> {
    if (performance.now() - this.#since < sliceMs) return false;
    await nextTurn();
    this.#since = performance.now();
    return this.#signal?.aborted ?? false;
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
