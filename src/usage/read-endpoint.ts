/**
 * `GET <REQLENS_USAGE_PATH>/<request id>`: what that request used, for holders of a token of a privileged role. Nobody else can tell an
 * id that is known from one that is not: both get the same 404, byte for byte.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import { bearerToken, debugAsk, debugHeader, isPrivileged } from '../identity/access.ts';
import type { AccessParts } from '../identity/access.ts';
import { acceptRequestId } from '../identity/request-id.ts';
import type { OwnEndpoint } from '../identity/tracked-request.ts';
import type { UsageStore } from './store.ts';

export interface ReadEndpointParts {
  /** `REQLENS_USAGE_PATH`. */
  readonly path: string;
  readonly access: AccessParts;
  readonly store: UsageStore;
}

export function readEndpoint(parts: ReadEndpointParts): OwnEndpoint {
  const prefix = `${parts.path}/`;
  return {
    route: `${prefix}{request_id}`,
    takes: (request) => segmentAfter(prefix, request) !== undefined && isOurs(request),
    answer: (request, response) => {
      const { method } = request;
      if (method === 'OPTIONS') answerPreflight(response);
      else void answerRead(parts, request, response).catch(() => response.destroy());
    },
  };
}

/** Other methods are left to the application, as are deeper and shallower paths. */
function isOurs({ method, headers }: IncomingMessage): boolean {
  if (method === 'OPTIONS') return headers['access-control-request-method'] !== undefined;
  return method === 'GET' || method === 'HEAD';
}

/** @returns The one segment behind the path, still encoded; undefined when it is any other address. */
function segmentAfter(prefix: string, { url = '' }: IncomingMessage): string | undefined {
  if (!url.startsWith(prefix)) return undefined;
  const [path = ''] = url.split('?', 1);
  const segment = path.slice(prefix.length);
  return segment === '' || segment.includes('/') ? undefined : segment;
}

/**
 * Any page may ask, because a browser sends nothing along by itself that would open this door: no cookie does, and who holds a token
 * needs no browser.
 */
const forEveryPage: OutgoingHttpHeaders = { 'Access-Control-Allow-Origin': '*' };

function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    ...forEveryPage,
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': 'Authorization, X-Debug-Resource-Tracking, X-Request-ID',
    'Access-Control-Max-Age': '600',
  });
  response.end();
}

// oxlint-disable-next-line max-params -- the two that every handler has
async function answerRead(parts: ReadEndpointParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await outcomeOf(parts, request);
  if (response.destroyed) return;
  response.writeHead(status, {
    ...forEveryPage,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  // Node leaves the body of an answer to HEAD out.
  response.end(body);
}

interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function outcomeOf(parts: ReadEndpointParts, request: IncomingMessage): Promise<Outcome> {
  const requestId = requestIdIn(segmentAfter(`${parts.path}/`, request) ?? '');
  if (!(await isAllowed(parts.access, request)) || requestId === undefined) return notFound;
  const kept = await parts.store.get(requestId);
  if (kept.status === 'found') return { status: 200, type: 'application/json', body: kept.json };
  return kept.status === 'unknown' ? notFound : unavailable;
}

async function isAllowed({ settings, verifier }: AccessParts, { headers }: IncomingMessage): Promise<boolean> {
  const tokens = [bearerToken(headers), debugAsk(headers[debugHeader])?.token];
  const callers = tokens.map(async (token) => (token === undefined ? undefined : verifier.verify(token)));
  return (await Promise.all(callers)).some((caller) => isPrivileged(caller, settings.privilegedRoles));
}

function requestIdIn(segment: string): string | undefined {
  try {
    return acceptRequestId(decodeURIComponent(segment));
  } catch {
    // A lone % or bytes that are not UTF-8: no request has such an id.
    return undefined;
  }
}

/** https://www.rfc-editor.org/rfc/rfc9457. Without the id, so that it is the same for every one. */
const notFound: Outcome = problem(404, 'Not Found', 'No usage is kept under this request id.');
/** Only privileged callers get to see it. */
const unavailable: Outcome = problem(503, 'Service Unavailable', 'The usage store cannot be reached; try again later.');

function problem(status: number, title: string, detail: string): Outcome {
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  return { status, type: 'application/problem+json', body };
}
