/** Who may send: programs on this machine, and pages that this machine serves. */
import type { IncomingHttpHeaders } from 'node:http';

const loopbackHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
const loopbackOrigin = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
/** What browsers' OpenTelemetry SDKs send, and any `x-` header that an application adds to its exporter. */
const allowedHeader =
  /^(?:content-type|content-encoding|accept|authorization|traceparent|tracestate|baggage|b3|x-[\w-]+)$/;

/** A name that resolves to 127.0.0.1 but is not ours means DNS rebinding: a foreign page talking to this machine. */
export const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && loopbackHost.test(host);

/** @returns headers that let a page of this machine read the answer; none for any other page, or no page. */
export function corsHeaders({ origin }: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (origin === undefined) return {};
  if (!loopbackOrigin.test(origin)) return { vary: 'Origin' };
  return { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': 'Retry-After' };
}

/** @returns headers of the answer to a preflight; undefined when the page may not send. */
export function preflightHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> | undefined {
  const allowed = corsHeaders(headers);
  if (!('access-control-allow-origin' in allowed)) return undefined;
  const asked = (headers['access-control-request-headers'] ?? '').toLowerCase().split(',');
  return {
    ...allowed,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': asked
      .map((name) => name.trim())
      .filter((name) => allowedHeader.test(name))
      .join(', '),
    'access-control-max-age': '7200',
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true',
    }),
  };
}
