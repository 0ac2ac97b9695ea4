/** The server's edge put together: a request comes in, gets its id, its span and its context, and is ended. */
import { SpanKind, TraceFlags, SamplingDecision, trace } from '@opentelemetry/api';
import type { Meter, Sampler, Span, SpanContext, Tracer } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import type { RPCMetadata } from '@opentelemetry/core';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Config } from '../config/config.ts';
import { acceptRequestId } from '../identity/request-id.ts';
import { keyReadBy, RequestContext } from '../identity/request-scope.ts';
import type { RequestIdGenerator } from '../trace/id-generator.ts';
import type { NewSpan, spanMaker } from '../trace/span-maker.ts';
import { InFlightRequest } from './in-flight.ts';
import type { RecordDuration, RequestSeries } from './in-flight.ts';
import { answerRejected } from './rejected-request.ts';
import { rejectedCounter } from './request-id-metric.ts';
import { requestIdentifier } from './request-identity.ts';
import type { IdentifyRequest, RequestIdentity } from './request-identity.ts';
import { completeHead } from './response-head.ts';
import type { HeadHeaders } from './response-head.ts';
import { knownMethod, requestAttributes } from './server-attributes.ts';
import type { Scheme } from './server-attributes.ts';
import type { ServerEdge } from './server-hooks.ts';

export interface ServerInstrumentationParts {
  readonly config: Pick<Config, 'requestId' | 'http'>;
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly recordDuration: RecordDuration;
  readonly sampler: Sampler;
  readonly ids: RequestIdGenerator;
  /** Makes spans faster than the tracer does; undefined where it can't. */
  readonly makeSpan: ReturnType<typeof spanMaker>;
}

const rpcKey = keyReadBy((probe) => getRPCMetadata(probe));

export class ServerInstrumentation implements ServerEdge {
  readonly #parts: ServerInstrumentationParts;
  readonly #identify: IdentifyRequest;
  /** Requests in flight, so that none of their spans is lost when the process goes away. */
  readonly #open = new Set<InFlightRequest>();

  constructor(parts: ServerInstrumentationParts) {
    this.#parts = parts;
    const rejected = rejectedCounter(parts.meter);
    this.#identify = requestIdentifier(parts.config.requestId, () => rejected.add(1));
  }

  readonly enter = (request: IncomingMessage, _response: ServerResponse, scheme: Scheme): InFlightRequest => {
    const identity = this.#identify(request);
    const span = this.#startSpan(request, scheme, identity);
    const scope = { requestId: identity.requestId, span };
    const rpc: RPCMetadata = { type: RPCType.HTTP, span };
    // An application that looks for the header to use the id itself finds the one that everybody else uses.
    request.headers[this.#parts.config.requestId.headerName] = identity.requestId;
    const inFlight = new InFlightRequest({
      scope,
      span,
      context: new RequestContext({ base: identity.parent, scope, span, extra: { key: rpcKey, value: rpc } }),
      rpc,
      series: seriesOf(request, scheme),
      recordDuration: this.#parts.recordDuration,
      onEnd: (ended) => this.#open.delete(ended),
    });
    this.#open.add(inFlight);
    return inFlight;
  };

  readonly completeHead = (
    response: ServerResponse,
    given: HeadHeaders,
    inFlight: InFlightRequest | undefined,
  ): HeadHeaders => {
    const { headerName } = this.#parts.config.requestId;
    const span = inFlight?.span;
    return completeHead(response, given, {
      headerName,
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
    for (const inFlight of this.#open) inFlight.abandon();
  }

  #startSpan(request: IncomingMessage, scheme: Scheme, identity: RequestIdentity): Span {
    const { sampler, ids, makeSpan } = this.#parts;
    const { parent, traceId } = identity;
    const links = [...identity.links];
    const name = request.method ?? 'GET';
    // Asked before the attributes are made, which most of the cost is; the samplers of `samplerFor` don't look at them.
    const { decision, traceState } = sampler.shouldSample(parent, traceId, name, SpanKind.SERVER, {}, links);
    const state = traceState ?? trace.getSpanContext(parent)?.traceState;
    const spanContext: SpanContext = {
      traceId,
      spanId: ids.generateSpanId(),
      traceFlags: decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE,
      ...(state === undefined ? {} : { traceState: state }),
    };
    if (decision === SamplingDecision.NOT_RECORD) return trace.wrapSpanContext(spanContext);
    const attributes = Object.assign(requestAttributes(request, scheme), identity.attributes);
    const span = { name, kind: SpanKind.SERVER, spanContext, attributes, links, parent };
    return makeSpan === undefined ? this.#startStockSpan(span) : makeSpan(span);
  }

  #startStockSpan({ name, kind, spanContext, attributes, links, parent }: NewSpan): Span {
    const { tracer, ids } = this.#parts;
    ids.handOver(spanContext.traceId);
    try {
      return tracer.startSpan(name, { kind, attributes, links: [...links] }, parent);
    } finally {
      ids.clear();
    }
  }
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
