/** Attributes of a server span: names and values of instrumentation-http 0.301 (test/http/parity.test.ts compares them). */
import type { IncomingMessage } from 'node:http';

import type { Attributes } from '@opentelemetry/api';

import { serverAddress } from './forwarded.ts';
import { urlParts } from './request-url.ts';

export type Scheme = 'http' | 'https';

/**
 * What a request says before it is handled. No value is undefined.
 *
 * @param client - Its address, as far as it can be believed (identity/client.ts).
 */
export function requestAttributes(request: IncomingMessage, scheme: Scheme, client: string | undefined): Attributes {
  const { headers } = request;
  const method = knownMethod(request.method);
  const server = serverAddress(headers, scheme);
  // The target of CONNECT is an authority, not a path.
  const target = method === 'CONNECT' ? '' : (request.url ?? '/');
  const { path, query } =
    target === '' ? noParts : urlParts(target, scheme, headers.host === '' ? undefined : headers.host);
  const attributes: Attributes = {
    'http.request.method': method,
    'url.scheme': scheme,
    'network.protocol.version': request.httpVersion,
  };
  // A request that somebody emits by hand may have none.
  const socket: IncomingMessage['socket'] | null | undefined = request.socket;
  const remoteAddress = socket?.remoteAddress;
  const remotePort = socket?.remotePort;
  if (remoteAddress !== undefined) attributes['network.peer.address'] = remoteAddress;
  if (remotePort !== undefined) attributes['network.peer.port'] = remotePort;
  if (server !== undefined) attributes['server.address'] = server.host;
  if (server?.port !== undefined) attributes['server.port'] = server.port;
  if (headers['user-agent'] !== undefined) attributes['user_agent.original'] = headers['user-agent'];
  if (path !== undefined) attributes['url.path'] = path;
  if (query !== undefined) attributes['url.query'] = query;
  if (client !== undefined) attributes['client.address'] = client;
  if (request.method !== method) attributes['http.request.method_original'] = request.method;
  return attributes;
}

const noParts: ReturnType<typeof urlParts> = { path: undefined, query: undefined };

/** Methods that may become an attribute value of a metric; any other is `_OTHER`, so that clients can't make new series. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);

/** @returns One of the known methods, or `_OTHER` (https://opentelemetry.io/docs/specs/semconv/http/http-spans/). */
export function knownMethod(method: string | undefined): string {
  if (method === undefined) return 'GET';
  if (methods.has(method)) return method;
  const upper = method.toUpperCase();
  return methods.has(upper) ? upper : '_OTHER';
}
