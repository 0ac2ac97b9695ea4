/** Asks the collector's query API. The only place that fetches. */
import type { Found, Problem, RequestList, Stats, TraceView, UsageList } from './contract.ts';
import { sinceMs, type UsageRoute } from './usage-route.ts';

/** An answer that is not the one hoped for, in words for the user. */
class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

/** Which requests are asked for. */
export interface RequestQuery {
  readonly limit: number;
  /** `nextBefore` of the page before; absent for the newest. */
  readonly before?: string | undefined;
  readonly service?: string | undefined;
  readonly onlyErrors: boolean;
}

/** @throws ApiError when the collector refuses or cannot be reached. */
export function fetchRequests(query: RequestQuery, signal?: AbortSignal): Promise<RequestList> {
  const search = new URLSearchParams({ limit: String(query.limit) });
  if (query.before !== undefined) search.set('before', query.before);
  if (query.service !== undefined) search.set('service', query.service);
  if (query.onlyErrors) search.set('errors', '1');
  return getJson<RequestList>(`/api/requests?${search.toString()}`, signal);
}

/**
 * @param traceId - Checked before: 32 hex digits.
 * @returns undefined when the collector does not know the trace (yet).
 * @throws ApiError as above.
 */
export async function fetchTrace(traceId: string, signal?: AbortSignal): Promise<TraceView | undefined> {
  try {
    return await getJson<TraceView>(`/api/traces/${encodeURIComponent(traceId)}`, signal);
  } catch (error) {
    if (error instanceof ApiError && error.problem.status === 404) return undefined;
    throw error;
  }
}

/** @throws ApiError as above. */
export function find(text: string, signal?: AbortSignal): Promise<Found> {
  return getJson<Found>(`/api/find?${new URLSearchParams({ q: text }).toString()}`, signal);
}

/** @throws ApiError as above. */
export function fetchUsage(route: UsageRoute, limit: number, signal?: AbortSignal): Promise<UsageList> {
  const { view, by, order, service, onlyErrors } = route;
  const search = new URLSearchParams({ view, by, order, limit: String(limit) });
  const since = sinceMs(route.range, Date.now());
  if (since !== undefined) search.set('since', String(since));
  if (service !== undefined) search.set('service', service);
  if (route.route !== undefined) search.set('route', route.route);
  if (route.account !== undefined) search.set('account', route.account);
  if (onlyErrors) search.set('errors', '1');
  return getJson<UsageList>(`/api/usage?${search.toString()}`, signal);
}

/** @throws ApiError as above. */
export function fetchStats(signal?: AbortSignal): Promise<Stats> {
  return getJson<Stats>('/api/stats', signal);
}

/** What to show for anything thrown here; undefined when the page itself gave the request up. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof DOMException && error.name === 'AbortError') return undefined;
  throw error;
}

async function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(path, { headers: { accept: 'application/json' }, signal: signal ?? null }).catch(
    (error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(unreachable);
    },
  );
  if (!response.ok) throw new ApiError(await problemIn(response));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server shares the type of this answer
  return (await response.json()) as Answer;
}

const unreachable: Problem = {
  title: 'The collector does not answer',
  status: 0,
  detail: 'It may have been stopped. Start it again with `npx reqlens collector`; this page then goes on by itself.',
};

async function problemIn(response: Response): Promise<Problem> {
  const fallback = {
    title: `The collector answered ${response.status}`,
    status: response.status,
    detail: response.statusText || 'It gave no reason.',
  };
  if (!(response.headers.get('content-type') ?? '').includes('json')) return fallback;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field may be missing, hence Partial
  const body = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return { ...fallback, ...body };
}
