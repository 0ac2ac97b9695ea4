/** Addresses of the pages, both ways. Pure: no DOM, no History API. */
import { isRequestId, isSpanId, isTraceId } from './ids.ts';
import { usageParameters, usageRouteFor, type UsageRoute } from './usage-route.ts';

/** What the address bar asks for. */
export type Route =
  | { readonly page: 'requests'; readonly service?: string; readonly onlyErrors: boolean; readonly text?: string }
  | { readonly page: 'request'; readonly requestId: string; readonly spanId?: string }
  | { readonly page: 'trace'; readonly traceId: string; readonly spanId?: string }
  | UsageRoute
  | { readonly page: 'unknown'; readonly path: string };

/** @param search - With or without its question mark. */
export function routeFor(path: string, search: string): Route {
  const query = new URLSearchParams(search);
  if (path === '/' || path === '/index.html') return requestsRoute(query);
  if (path === '/usage') return usageRouteFor(query);
  const [, kind, encoded = ''] = /^\/([rt])\/(.+?)\/?$/.exec(path) ?? [];
  const id = decode(encoded);
  const span = query.get('span') ?? '';
  const spanId = isSpanId(span) ? { spanId: span } : {};
  if (kind === 'r' && isRequestId(id)) return { page: 'request', requestId: id, ...spanId };
  if (kind === 't' && isTraceId(id.toLowerCase())) return { page: 'trace', traceId: id.toLowerCase(), ...spanId };
  return { page: 'unknown', path };
}

/** @returns Path and query; starts with a slash. */
export function addressOf(route: Route): string {
  switch (route.page) {
    case 'requests':
      return `/${queryOf({ service: route.service, errors: route.onlyErrors ? '1' : undefined, q: route.text })}`;
    case 'request':
      return `/r/${encodeURIComponent(route.requestId)}${queryOf({ span: route.spanId })}`;
    case 'trace':
      return `/t/${encodeURIComponent(route.traceId)}${queryOf({ span: route.spanId })}`;
    case 'usage':
      return `/usage${queryOf(usageParameters(route))}`;
    case 'unknown':
      break;
  }
  return route.path;
}

/** The best address of a trace: by request id when it is the request's own and can be linked, else by trace id; undefined when neither is valid. */
export function traceAddress(ids: {
  readonly traceId: string;
  readonly requestId?: string | undefined;
  readonly isBackground?: boolean | undefined;
  readonly spanId?: string | undefined;
}): string | undefined {
  const spanId = ids.spanId !== undefined && isSpanId(ids.spanId) ? { spanId: ids.spanId } : {};
  if (ids.requestId !== undefined && ids.isBackground !== true && isRequestId(ids.requestId)) {
    return addressOf({ page: 'request', requestId: ids.requestId, ...spanId });
  }
  return isTraceId(ids.traceId) ? addressOf({ page: 'trace', traceId: ids.traceId, ...spanId }) : undefined;
}

function requestsRoute(query: URLSearchParams): Route {
  const service = query.get('service') ?? '';
  const text = (query.get('q') ?? '').trim();
  return {
    page: 'requests',
    onlyErrors: query.get('errors') === '1',
    ...(service === '' ? {} : { service }),
    ...(text === '' ? {} : { text }),
  };
}

function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // A stray percent sign in a hand-typed address: no id can look like that, so the address is unknown.
    return '';
  }
}
