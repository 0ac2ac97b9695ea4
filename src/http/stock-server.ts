/** `REQLENS_HTTP_SERVER=otel`: the stock instrumentation makes the server spans, with our ids and our response headers. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type {
  Attributes,
  Context,
  Meter,
  Span,
  TextMapGetter,
  TextMapPropagator,
  TextMapSetter,
} from '@opentelemetry/api';

import type { Config } from '../config/config.ts';
import { clientFinder } from '../identity/client.ts';
import type { FindClient } from '../identity/client.ts';
import { withScope } from '../identity/request-scope.ts';
import type { RequestScope } from '../identity/request-scope.ts';
import type { TrackedRequest } from '../identity/tracked-request.ts';
import { guarded } from '../patch.ts';
import type { RequestIdGenerator } from '../trace/id-generator.ts';
import type { OverruledSampler } from '../trace/sampler.ts';
import { answerRejected } from './rejected-request.ts';
import { rejectedCounter } from './request-id-metric.ts';
import { requestIdentifier, scopeOf } from './request-identity.ts';
import type { IdentifyRequest, RequestIdentity } from './request-identity.ts';
import { completeHead } from './response-head.ts';
import { knownMethod } from './server-attributes.ts';
import type { ServerEdge } from './server-hooks.ts';
import { allowedHeaders, answerBy, leastSampling } from './tracking.ts';
import type { TrackingParts } from './tracking.ts';

interface Entered {
  readonly identity: RequestIdentity;
  readonly scope: RequestScope;
  readonly tracked: TrackedRequest | undefined;
}

export interface StockServerParts extends TrackingParts {
  readonly config: Pick<Config, 'requestId' | 'clients'>;
  readonly ids: RequestIdGenerator;
  readonly sampler: OverruledSampler;
  readonly meter: Meter;
}

/** Identities by request and by its headers object: the stock code hands one or the other to its hooks. */
const identities = new WeakMap<object, Entered>();

/** Gives the stock instrumentation the context that the trust rules allow, where it would read the headers itself. */
export class TrustedPropagator implements TextMapPropagator {
  readonly #inner: TextMapPropagator;

  constructor(inner: TextMapPropagator) {
    this.#inner = inner;
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    this.#inner.inject(context, carrier, setter);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const entered = typeof carrier === 'object' && carrier !== null ? identities.get(carrier) : undefined;
    if (entered === undefined) return this.#inner.extract(context, carrier, getter);
    return withScope(entered.identity.parent, entered.scope);
  }

  fields(): string[] {
    return this.#inner.fields();
  }
}

export class StockServer implements ServerEdge {
  readonly #parts: StockServerParts;
  readonly #identify: IdentifyRequest;
  readonly #findClient: FindClient;
  readonly #allowedHeaders: readonly string[];
  readonly answer: ServerEdge['answer'];

  constructor(parts: StockServerParts) {
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

  /** Runs before the stock code sees the request; the span is the stock code's. */
  readonly enter = (request: IncomingMessage, response: ServerResponse | undefined): undefined => {
    // The stock code makes no spans for upgrades.
    if (response === undefined || identities.has(request)) return;
    const tracked = this.#parts.tracker?.open(request, response);
    const identity = this.#identify(request);
    request.headers[this.#parts.config.requestId.headerName] = identity.requestId;
    const entered: Entered = { identity, scope: scopeOf(identity), tracked };
    identities.set(request, entered);
    identities.set(request.headers, entered);
    if (tracked !== undefined) endWithResponse(tracked, response, entered.scope);
  };

  readonly trackedOf = (request: IncomingMessage): TrackedRequest | undefined => identities.get(request)?.tracked;

  readonly isKnown = (response: ServerResponse): boolean => {
    const request: IncomingMessage | undefined = response.req;
    return request !== undefined && identities.has(request);
  };

  readonly completeHead: ServerEdge['completeHead'] = (response, asked) => {
    const entered = identities.get(response.req);
    return completeHead(response, asked, {
      headerName: this.#parts.config.requestId.headerName,
      requestId: (entered?.identity ?? this.#identify(response.req)).requestId,
      serverTiming: undefined,
      tracked: entered?.tracked,
      allowedHeaders: this.#allowedHeaders,
      onReplaced: () => undefined,
    });
  };

  readonly reject: ServerEdge['reject'] = (error, socket) => {
    answerRejected(error, socket, this.#parts.config.requestId.headerName);
  };

  /** Hook of the stock code, right before it starts the span. */
  readonly startIncomingSpanHook = (request: IncomingMessage): Attributes => {
    const { identity, tracked } = identities.get(request) ?? {};
    if (identity === undefined) return {};
    this.#parts.ids.handOver(identity.traceId);
    if (tracked !== undefined) this.#parts.sampler.overrule(leastSampling(tracked));
    // Stock takes the left-most name, which any client can choose. Undefined takes that away too.
    const { address } = identity.client ?? this.#findClient(request);
    return { ...identity.attributes, 'client.address': address };
  };

  /** Hook of the stock code, right after it has started the span. */
  readonly requestHook = (span: Span, message: object): void => {
    const entered = identities.get(message);
    if (entered === undefined) return;
    this.#parts.ids.clear();
    this.#parts.sampler.clear();
    entered.scope.span = span;
    span.addLinks([...entered.identity.links]);
  };
}

/** Heard before the stock code's listener, which comes later and ends the span. A token still being verified then is too late for the span. */
function endWithResponse(tracked: TrackedRequest, response: ServerResponse, scope: RequestScope): void {
  tracked.begin(scope);
  const end = guarded('the close of a measured response of the stock instrumentation', () => {
    const { statusCode, writableFinished, req } = response;
    const ending = { isComplete: writableFinished, method: knownMethod(req.method), route: undefined, statusCode };
    tracked.end(ending, () => undefined);
  });
  response.once('close', () => end());
}
