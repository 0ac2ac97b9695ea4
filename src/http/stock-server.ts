/** `REQLENS_HTTP_SERVER=otel`: the stock instrumentation makes the server spans, with our ids and our response headers. */
import type { IncomingMessage } from 'node:http';

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
import { withScope } from '../identity/request-scope.ts';
import type { RequestScope } from '../identity/request-scope.ts';
import type { RequestIdGenerator } from '../trace/id-generator.ts';
import { answerRejected } from './rejected-request.ts';
import { rejectedCounter } from './request-id-metric.ts';
import { requestIdentifier } from './request-identity.ts';
import type { IdentifyRequest, RequestIdentity } from './request-identity.ts';
import { completeHead } from './response-head.ts';
import type { ServerEdge } from './server-hooks.ts';

interface Entered {
  readonly identity: RequestIdentity;
  readonly scope: RequestScope;
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
  readonly #config: Pick<Config, 'requestId'>;
  readonly #ids: RequestIdGenerator;
  readonly #identify: IdentifyRequest;

  constructor(config: Pick<Config, 'requestId'>, ids: RequestIdGenerator, meter: Meter) {
    this.#config = config;
    this.#ids = ids;
    const rejected = rejectedCounter(meter);
    this.#identify = requestIdentifier(config.requestId, () => rejected.add(1));
  }

  /** Runs before the stock code sees the request; the span is the stock code's. */
  readonly enter = (request: IncomingMessage): undefined => {
    const identity = this.#identify(request);
    request.headers[this.#config.requestId.headerName] = identity.requestId;
    const entered = { identity, scope: { requestId: identity.requestId } };
    identities.set(request, entered);
    identities.set(request.headers, entered);
  };

  readonly completeHead: ServerEdge['completeHead'] = (response, given) =>
    completeHead(response, given, {
      headerName: this.#config.requestId.headerName,
      requestId: (identities.get(response.req)?.identity ?? this.#identify(response.req)).requestId,
      serverTiming: undefined,
      onReplaced: () => undefined,
    });

  readonly reject: ServerEdge['reject'] = (error, socket) => {
    answerRejected(error, socket, this.#config.requestId.headerName);
  };

  /** Hook of the stock code, right before it starts the span. */
  readonly startIncomingSpanHook = (request: IncomingMessage): Attributes => {
    const identity = identities.get(request)?.identity;
    if (identity === undefined) return {};
    this.#ids.handOver(identity.traceId);
    return identity.attributes;
  };

  /** Hook of the stock code, right after it has started the span. */
  readonly requestHook = (span: Span, message: object): void => {
    const entered = identities.get(message);
    if (entered === undefined) return;
    this.#ids.clear();
    entered.scope.span = span;
    span.addLinks([...entered.identity.links]);
  };
}
