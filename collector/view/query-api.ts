/** The viewer's query API: reads parameters, asks the store, answers JSON as api-types.ts says. */
import type { ServerResponse } from 'node:http';
import type { RequestCursor, RequestQuery, TelemetryStore } from '../store/telemetry-store.ts';
import type { Found, RequestList, Stats, TraceView, UsageList } from './api-types.ts';
import { errorsOnly, limitOf, shown } from './parameters.ts';
import { ProblemError, sendJson } from './problem.ts';
import { usageQuery } from './usage-parameters.ts';

/** What answers are made from. */
export interface QueryContext {
  readonly store: TelemetryStore;
  readonly otlpEndpoint: string;
}

/** A request's path as it came, and its parameters. */
export interface ApiTarget {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

/** Longer texts are no search but a mistake. */
const maxTextLength = 1000;
const maxUnixNano = 9_223_372_036_854_775_807n;

/** @throws ProblemError 400 for a parameter that cannot be used, 404 for what is not there. */
export async function answerQuery(target: ApiTarget, response: ServerResponse, context: QueryContext): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await answerTo(target, context, gone.signal);
  if (!response.destroyed) sendJson(response, 200, answer);
}

async function answerTo(
  { pathname, searchParams }: ApiTarget,
  context: QueryContext,
  signal: AbortSignal,
): Promise<object> {
  switch (pathname) {
    case '/api/requests':
      return listRequests(requestQuery(searchParams), context, signal);
    case '/api/usage':
      return listUsage(searchParams, context, signal);
    case '/api/find':
      return find(searchParams, context, signal);
    case '/api/stats':
      return stats(context);
    default:
      return trace(pathname, context);
  }
}

async function listRequests(query: RequestQuery, { store }: QueryContext, signal: AbortSignal): Promise<RequestList> {
  const { requests, next } = await store.listRequests(query, signal);
  return next === undefined ? { requests } : { requests, nextBefore: formatCursor(next) };
}

async function listUsage(
  parameters: URLSearchParams,
  { store }: QueryContext,
  signal: AbortSignal,
): Promise<UsageList> {
  return store.usage(usageQuery(parameters), signal);
}

async function find(parameters: URLSearchParams, { store }: QueryContext, signal: AbortSignal): Promise<Found> {
  const wanted = textOf(parameters)?.trim() ?? '';
  if (wanted === '') throw new ProblemError(400, 'q: expected a request id, a trace id or a text, got nothing');
  return store.find(wanted, signal);
}

function stats({ store, otlpEndpoint }: QueryContext): Stats {
  return { ...store.totals(), otlpEndpoint };
}

function trace(pathname: string, { store }: QueryContext): TraceView {
  const [, traceId] = /^\/api\/traces\/([^/]*)$/.exec(pathname) ?? [];
  if (traceId === undefined) {
    throw new ProblemError(
      404,
      'expected /api/requests, /api/traces/<trace id>, /api/usage, /api/find, /api/stats or /api/live',
    );
  }
  if (!/^[\da-f]{32}$/i.test(traceId)) throw new ProblemError(400, 'trace id: expected 32 hex digits');
  const found = store.trace(traceId.toLowerCase());
  if (found === undefined) throw new ProblemError(404, `no trace ${traceId.toLowerCase()} is kept`);
  return found;
}

function requestQuery(parameters: URLSearchParams): RequestQuery {
  const before = cursorOf(parameters);
  const service = parameters.get('service') ?? '';
  const text = textOf(parameters);
  return {
    limit: limitOf(parameters),
    isErrorOnly: errorsOnly(parameters),
    ...(before !== undefined && { before }),
    ...(service !== '' && { service }),
    ...(text !== undefined && { text }),
  };
}

function textOf(parameters: URLSearchParams): string | undefined {
  const given = parameters.get('q') ?? '';
  if (given.length > maxTextLength)
    throw new ProblemError(400, `q: expected at most ${maxTextLength} characters, got ${given.length}`);
  return given === '' ? undefined : given;
}

const formatCursor = ({ startUnixNano, traceNo, spanId }: RequestCursor): string =>
  `${startUnixNano}.${traceNo}.${spanId}`;

function cursorOf(parameters: URLSearchParams): RequestCursor | undefined {
  const given = parameters.get('before') ?? '';
  if (given === '') return undefined;
  const [, start = '0', traceNo = '0', spanId = ''] = /^(\d{1,19})\.(\d{1,15})\.([\da-f]{16})$/.exec(given) ?? [];
  if (spanId === '' || BigInt(start) > maxUnixNano) {
    throw new ProblemError(400, `before: expected the nextBefore of an earlier answer, got ${shown(given)}`);
  }
  return { startUnixNano: BigInt(start), traceNo: Number(traceNo), spanId };
}
