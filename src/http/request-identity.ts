/** Decides, from the head of a request, which trace it belongs to and which request id it has. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { defaultTextMapGetter, isSpanContextValid, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Attributes, Context, Link, SpanContext, TextMapGetter } from '@opentelemetry/api';

import type { Config } from '../config/config.ts';
import type { Client, FindClient } from '../identity/client.ts';
import { acceptRequestId } from '../identity/request-id.ts';
import type { RequestId } from '../identity/request-id.ts';
import type { RequestScope } from '../identity/request-scope.ts';
import { requestIdAttribute } from '../trace/identity-span-processor.ts';
import { randomFlag } from '../trace/trace-context-propagator.ts';
import { acceptTraceId, newTraceId, requestIdFor, traceIdFor } from '../trace/trace-id.ts';
import type { TraceId } from '../trace/trace-id.ts';

export interface RequestIdentity {
  readonly requestId: RequestId;
  readonly traceId: TraceId;
  /** Parent of the server span: a trusted caller's context, else the root. */
  readonly parent: Context;
  /** To the trace of a caller whose `traceparent` is not trusted: seen, but not joined. */
  readonly links: readonly Link[];
  /** The request id, and the accepted header value if one came. */
  readonly attributes: Attributes;
  /** Undefined where nothing came that could be believed: then nobody has asked yet. */
  readonly client: Client | undefined;
  /** A trusted caller says so of its trace id (W3C Trace Context level 2). */
  readonly isTraceIdRandom: boolean;
}

export type IdentifyRequest = (request: IncomingMessage) => RequestIdentity;

export interface IdentifierParts {
  readonly headerName: Config['requestId']['headerName'];
  readonly findClient: FindClient;
  /** Called when a request id came that may not be used; the value itself goes nowhere. */
  readonly onRejected: () => void;
}

/**
 * @returns The rule that the configuration asks for: a trusted `traceparent` gives the trace id; else a trusted request id
 *   gives it; else both are new.
 */
export function requestIdentifier({ headerName, findClient, onRejected }: IdentifierParts): IdentifyRequest {
  const receivedAttribute = `http.request.header.${headerName}`;
  const propagated = fieldsThatBeginContext(propagation.fields());

  return (request) => {
    const { headers } = request;
    let client: Client | undefined;
    const raw = headers[headerName];
    const received = typeof raw === 'string' ? acceptRequestId(raw) : undefined;
    if (raw !== undefined && received === undefined) onRejected();
    if (received !== undefined) client = findClient(request);
    const trustedId = client?.isRequestIdTrusted === true ? received : undefined;

    const hasContext = readsContext(headers, propagated);
    if (hasContext) client ??= findClient(request);
    const isTrusted = hasContext && client?.isTraceparentTrusted === true;
    const getter = isTrusted ? defaultTextMapGetter : idsAlone;
    const remote = hasContext ? propagation.extract(ROOT_CONTEXT, headers, getter) : ROOT_CONTEXT;
    const remoteSpan = trace.getSpanContext(remote);
    const remoteTraceId =
      remoteSpan !== undefined && isSpanContextValid(remoteSpan) ? acceptTraceId(remoteSpan.traceId) : undefined;
    const joins = isTrusted && remoteTraceId !== undefined;

    const { requestId, traceId } = joins ? idsWithin(remoteTraceId, trustedId) : idsFrom(trustedId);
    const attributes: Attributes = { [requestIdAttribute]: requestId };
    if (received !== undefined) attributes[receivedAttribute] = [received];
    return {
      requestId,
      traceId,
      client,
      parent: joins ? remote : baggageOf(remote, isTrusted),
      links: remoteSpan === undefined || remoteTraceId === undefined || joins ? [] : [linkTo(remoteSpan)],
      attributes,
      isTraceIdRandom: joins && remoteSpan !== undefined && (remoteSpan.traceFlags & randomFlag) !== 0,
    };
  };
}

/** What the rest of the process gets to know of the request. */
export function scopeOf({ requestId, traceId, isTraceIdRandom, parent, links }: RequestIdentity): RequestScope {
  const scope: RequestScope = isTraceIdRandom ? { requestId, randomTraceId: traceId } : { requestId };
  const caller = parent === ROOT_CONTEXT ? links[0]?.context : trace.getSpanContext(parent);
  if (caller !== undefined) scope.callerSpanId = caller.spanId;
  return scope;
}

/** Of a stranger's context nothing but ids and flags is kept, and 15 kB of broken baggage take milliseconds to read. */
const idsAlone: TextMapGetter<IncomingHttpHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => (name === 'baggage' || name === 'tracestate' ? undefined : headers[name]),
};

/** Ids and flags alone: the `tracestate` of a caller who is not trusted goes nowhere. */
function linkTo({ traceId, spanId, traceFlags }: SpanContext): Link {
  return { context: { traceId, spanId, traceFlags, isRemote: true } };
}

/** Without one of these there is nothing to extract. Either form of B3 is read, whichever is sent (https://github.com/openzipkin/b3-propagation). */
function fieldsThatBeginContext(fields: readonly string[]): readonly string[] {
  const others = fields.filter((field) => field !== 'tracestate' && !isB3(field));
  return fields.some(isB3) ? [...others, 'b3', 'x-b3-traceid'] : others;
}

function isB3(field: string): boolean {
  return field === 'b3' || field.startsWith('x-b3-');
}

/** A trusted caller's baggage is kept when it comes without a trace, or with one that is not valid. */
function baggageOf(remote: Context, isTrusted: boolean): Context {
  return isTrusted ? trace.deleteSpan(remote) : ROOT_CONTEXT;
}

/** Extraction makes several objects; most requests at the edge carry none of the headers it reads. */
function readsContext(headers: IncomingHttpHeaders, fields: readonly string[]): boolean {
  return fields.some((field) => headers[field] !== undefined);
}

interface Ids {
  readonly requestId: RequestId;
  readonly traceId: TraceId;
}

/** A caller's own spelling (or unhashed id) is kept when it is this very trace; else the trace id rules. */
function idsWithin(traceId: TraceId, received: RequestId | undefined): Ids {
  const isOfTrace = received !== undefined && traceIdFor(received) === traceId;
  return { requestId: isOfTrace ? received : requestIdFor(traceId), traceId };
}

function idsFrom(received: RequestId | undefined): Ids {
  if (received !== undefined) return { requestId: received, traceId: traceIdFor(received) };
  const traceId = newTraceId();
  return { requestId: requestIdFor(traceId), traceId };
}
