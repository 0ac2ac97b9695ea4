/**
 * Attributes of client spans: names and values of instrumentation-http 0.301 and instrumentation-undici 0.34
 * (test/http/outgoing-parity.test.ts compares them). Pure.
 */
import type { ClientRequest } from 'node:http';

import type { Attributes } from '@opentelemetry/api';

import { urlParts, withoutSecrets } from './request-url.ts';
import { knownMethod } from './server-attributes.ts';

/** Whom a request of `node:http` goes to. */
export interface CallTarget {
  readonly address: string;
  readonly port: number;
  /** False when the Host header is the application's own, so that nothing says the port before there is a connection. */
  readonly isPortKnown: boolean;
}

/** Node keeps the host on the request, but not the port; the Host header that it makes has it. */
export function targetOf(request: ClientRequest): CallTarget {
  const { host: address } = request;
  const standard = request.protocol === 'https:' ? 443 : 80;
  const header = request.getHeader('host');
  const name = bracketed(address);
  if (typeof header !== 'string' || !header.startsWith(name)) return { address, port: standard, isPortKnown: false };
  if (header === name) return { address, port: standard, isPortKnown: true };
  const port = header[name.length] === ':' ? Number(header.slice(name.length + 1)) : NaN;
  return Number.isInteger(port) && port > 0
    ? { address, port, isPortKnown: true }
    : { address, port: standard, isPortKnown: false };
}

/** No value is undefined. */
export function httpCallAttributes(request: ClientRequest, target: CallTarget): Attributes {
  const method = knownMethod(request.method);
  const attributes: Attributes = {
    'http.request.method': method,
    'server.address': target.address,
    'server.port': target.port,
    'url.full': fullUrl(request, target),
  };
  const agent = request.getHeader('user-agent');
  if (agent !== undefined) attributes['user_agent.original'] = String(agent);
  if (request.method !== method) attributes['http.request.method_original'] = request.method;
  return attributes;
}

/** A target that is not a path (an absolute URL to a proxy, the authority of CONNECT, `*`) stands by itself. */
export function fullUrl({ protocol, path }: ClientRequest, { address, port }: CallTarget): string {
  const target = recordedTarget(path);
  if (!path.startsWith('/')) return target;
  const isStandard = port === 80 || port === 443;
  return `${protocol}//${bracketed(address)}${isStandard ? '' : `:${port}`}${target}`;
}

function recordedTarget(target: string): string {
  if (!target.includes('?')) return target;
  // Behind a host, as `//a/b` alone would name one.
  const whole = /^\/[/\\]/.test(target) ? `http://localhost${target}` : target;
  const { path, query = '' } = urlParts(whole, 'http', undefined);
  if (path === undefined) return target;
  const before = target.startsWith('/') ? '' : (URL.parse(target)?.origin ?? '');
  return `${before}${path}?${query}`;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** What both undici's requests and their metric are described by. */
export interface UndiciTarget {
  readonly url: URL;
  readonly method: string;
  readonly originalMethod: string;
}

const standardPorts: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);

/** What the metric tells undici's calls apart by, at their start. */
export function undiciSeries({ url, method }: UndiciTarget): Attributes {
  const scheme = url.protocol.slice(0, -1);
  const port = url.port === '' ? standardPorts.get(scheme) : Number(url.port);
  return {
    'http.request.method': method,
    'server.address': url.hostname,
    ...(port === undefined ? {} : { 'server.port': port }),
    'url.scheme': scheme,
  };
}

/** As the stock instrumentation has them: the original method always, and the query with its question mark. */
export function undiciCallAttributes(target: UndiciTarget, userAgent: string | undefined): Attributes {
  const { url, originalMethod } = target;
  const query = url.search === '' ? '' : `?${withoutSecrets(url.search.slice(1))}`;
  return {
    ...undiciSeries(target),
    'http.request.method_original': originalMethod,
    'url.full': query === url.search ? url.href : `${url.origin}${url.pathname}${query}${url.hash}`,
    'url.path': url.pathname,
    'url.query': query,
    ...(userAgent === undefined ? {} : { 'user_agent.original': userAgent }),
  };
}
