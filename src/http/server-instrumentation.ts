/** The server's edge put together: a request comes in, gets its id, its span and its context, and is ended. */
import { SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import type { Meter, Span, SpanContext, Tracer, TraceState } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import type { RPCMetadata } from '@opentelemetry/core';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Config } from '../config/config.ts';
import { clientFinder } from '../identity/client.ts';
import type { FindClient } from '../identity/client.ts';
import { acceptRequestId } from '../identity/request-id.ts';
import { keyReadBy, RequestContext } from '../identity/request-scope.ts';
import type { TrackedRequest } from '../identity/tracked-request.ts';
import { guarded } from '../patch.ts';
import type { RequestIdGenerator } from '../trace/id-generator.ts';
import type { LeastSampling, OverruledSampler } from '../trace/sampler.ts';
import type { NewSpan, spanMaker } from '../trace/span-maker.ts';
import { randomFlag } from '../trace/trace-context-propagator.ts';
import { InFlightRequest } from './in-flight.ts';
import type { RecordDuration, RequestSeries } from './in-flight.ts';
import { answerRejected } from './rejected-request.ts';
import { rejectedCounter } from './request-id-metric.ts';
import { requestIdentifier, scopeOf } from './request-identity.ts';
import type { IdentifyRequest, RequestIdentity } from './request-identity.ts';
import { completeHead } from './response-head.ts';
import type { AskedHead, HeadHeaders } from './response-head.ts';
import { knownMethod, requestAttributes } from './server-attributes.ts';
import type { Scheme } from './server-attributes.ts';
import type { ServerEdge } from './server-hooks.ts';
import { allowedHeaders, answerBy, leastSampling } from './tracking.ts';
import type { TrackingParts } from './tracking.ts';

export interface ServerInstrumentationParts extends TrackingParts {
  readonly config: Pick<Config, 'requestId' | 'clients' | 'http'>;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly recordDuration: RecordDuration;
  readonly sampler: OverruledSampler;
  readonly ids: RequestIdGenerator;
  /** Makes spans faster than the tracer does; undefined where it can't. */
  readonly makeSpan: ReturnType<typeof spanMaker>;
}

/**
 * An application that takes a connection and all its listeners away leaves requests whose end nobody hears. Looking through those in
 * flight whenever they have doubled costs each request one comparison.
 */
const leastSweep = 512;

/** What the application has made of its response is read then: one that fails must not cost the others their end. */
const endPlace = 'the end of an open request';

const rpcKey = keyReadBy((probe) => getRPCMetadata(probe));

export class ServerInstrumentation implements ServerEdge {
  readonly #parts: ServerInstrumentationParts;
  readonly #identify: IdentifyRequest;
  readonly #findClient: FindClient;
  /** Requests in flight, so that none of their spans is lost when the process goes away. */
  readonly #open = new Set<InFlightRequest>();
  /** So many in flight are looked through for such whose connection has gone unseen. */
  #sweepAt = leastSweep;
  readonly #allowedHeaders: readonly string[];
  readonly answer: ServerEdge['answer'];
  readonly #endIfGone = guarded(endPlace, (inFlight: InFlightRequest) => inFlight.endIfGone());
  readonly #abandon = guarded(endPlace, (inFlight: InFlightRequest) => inFlight.abandon());

  constructor(parts: ServerInstrumentationParts) {
    this.#parts = parts;
    this.#allowedHeaders = allowedHeaders(parts.config, parts);
    this.answer = answerBy(parts.endpoint);
    const rejected = rejectedCounter(parts.meter);
    this.#findClient = clientFinder(parts.config);
    this.#identify = requestIdentifier({
      headerName: parts.config.requestId.headerName,
      findClient: this.#findClient,
      onRejected: () => rejected.add(1),
    });
  }

  readonly enter = (
    request: IncomingMessage,
    response: ServerResponse | undefined,
    scheme: Scheme,
  ): InFlightRequest | undefined => {
    const hasServer = isOnServer(request);
    // Nobody could be told of it.
    if (!hasServer && !(Object.isExtensible(request) && Object.isExtensible(response))) return undefined;
    const tracked = hasServer && response !== undefined ? this.#parts.tracker?.open(request, response) : undefined;
    const identity = this.#identify(request);
    const span = this.#startSpan({ request, scheme, identity, tracked });
    const scope = scopeOf(identity);
    scope.span = span;
    tracked?.begin(scope);
    const rpc: RPCMetadata = { type: RPCType.HTTP, span };
    // An application that looks for the header to use the id itself finds the one that everybody else uses.
    request.headers[this.#parts.config.requestId.headerName] = identity.requestId;
    const inFlight = new InFlightRequest({
      request,
      response,
      scope,
      span,
      context: new RequestContext({ base: identity.parent, scope, span, extra: { key: rpcKey, value: rpc } }),
      rpc,
      series: seriesOf(request, scheme),
      recordDuration: this.#parts.recordDuration,
      tracked,
      onEnd: (ended) => this.#open.delete(ended),
    });
    if (hasServer) this.#keep(inFlight);
    else inFlight.endsAtFinish = true;
    return inFlight;
  };

  readonly completeHead = (
    response: ServerResponse,
    asked: AskedHead,
    inFlight: InFlightRequest | undefined,
  ): HeadHeaders => {
    const { headerName } = this.#parts.config.requestId;
    const span = inFlight?.span;
    return completeHead(response, asked, {
      headerName,
      tracked: inFlight?.tracked,
      allowedHeaders: this.#allowedHeaders,
      // Node answers some requests itself (no Host header, unknown expectation); those get an id, but no span, as with stock.
      requestId: inFlight?.scope.requestId ?? this.#identify(response.req).requestId,
      serverTiming: span !== undefined && this.#parts.config.http.hasServerTiming ? serverTiming(span) : undefined,
      onReplaced: (ownId) => {
        const accepted = acceptRequestId(ownId);
        if (accepted !== undefined) span?.setAttribute(`http.response.header.${headerName}`, [accepted]);
      },
    });
  };

  readonly reject: ServerEdge['reject'] = (error, socket) => {
    answerRejected(error, socket, this.#parts.config.requestId.headerName);
  };

  /** The process is about to exit: ends every span that is still open. */
  abandonOpen(): void {
    for (const inFlight of this.#open) {
      this.#endIfGone(inFlight);
      this.#abandon(inFlight);
    }
  }

  /** A request by hand that never ends is kept by nobody but those who made it. */
  #keep(inFlight: InFlightRequest): void {
    this.#open.add(inFlight);
    if (this.#open.size < this.#sweepAt) return;
    for (const each of this.#open) this.#endIfGone(each);
    this.#sweepAt = Math.max(leastSweep, this.#open.size * 2);
  }

  #startSpan({ request, scheme, identity, tracked }: StartOfRequest): Span {
    const { sampler, makeSpan } = this.#parts;
    const least = tracked === undefined ? undefined : leastSampling(tracked);
    const { parent, traceId } = identity;
    const links = [...identity.links];
    const name = request.method ?? 'GET';
    // Asked before the attributes are made, which most of the cost is; the samplers of `samplerFor` don't look at them.
    if (least !== undefined) sampler.overrule(least);
    const { decision, traceState } = sampler.shouldSample(parent, traceId, name, SpanKind.SERVER, {}, links);
    if (least !== undefined) sampler.clear();
    const spanContext = this.#spanContext(identity, decision, traceState);
    if (decision === SamplingDecision.NOT_RECORD) return trace.wrapSpanContext(spanContext);
    const { address } = identity.client ?? this.#findClient(request);
    const attributes = Object.assign(requestAttributes(request, scheme, address), identity.attributes);
    const span = { name, kind: SpanKind.SERVER, spanContext, attributes, links, parent };
    return makeSpan === undefined ? this.#startStockSpan(span, least) : makeSpan(span);
  }

  #spanContext(
    { parent, traceId, isTraceIdRandom }: RequestIdentity,
    decision: SamplingDecision,
    ofSampler: TraceState | undefined,
  ): SpanContext {
    const traceState = ofSampler ?? trace.getSpanContext(parent)?.traceState;
    return {
      traceId,
      spanId: this.#parts.ids.generateSpanId(),
      traceFlags:
        (decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE) |
        (isTraceIdRandom ? randomFlag : TraceFlags.NONE),
      ...(traceState === undefined ? {} : { traceState }),
    };
  }

  #startStockSpan(
    { name, kind, spanContext, attributes, links, parent }: NewSpan,
    least: LeastSampling | undefined,
  ): Span {
    const { tracer, ids, sampler } = this.#parts;
    ids.handOver(spanContext.traceId);
    if (least !== undefined) sampler.overrule(least);
    try {
      return tracer.startSpan(name, { kind, attributes, links: [...links] }, parent);
    } finally {
      ids.clear();
      sampler.clear();
    }
  }
}

interface StartOfRequest {
  readonly request: IncomingMessage;
  readonly scheme: Scheme;
  readonly identity: RequestIdentity;
  readonly tracked: TrackedRequest | undefined;
}

/** False for a request that somebody emits by hand: a test double, an adapter for functions as a service. */
function isOnServer(request: IncomingMessage): boolean {
  const socket: unknown = request.socket;
  return typeof socket === 'object' && socket !== null && 'server' in socket && Boolean(socket.server);
}

function seriesOf(request: IncomingMessage, scheme: Scheme): RequestSeries {
  return {
    method: knownMethod(request.method),
    scheme,
    protocolVersion: request.httpVersion,
    statusCode: undefined,
    route: undefined,
    errorType: undefined,
  };
}

/** `traceparent;desc="..."`, as Splunk's and other browser agents read it (https://www.w3.org/TR/server-timing/). */
function serverTiming(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `traceparent;desc="00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}"`;
}
