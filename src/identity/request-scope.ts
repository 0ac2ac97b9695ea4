/** What the rest of the process may know of the request it works for, carried in OpenTelemetry's Context. */
import { context, createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';

import type { RequestId } from './request-id.ts';

/** Who asks, as far as it is known. Empty texts do not occur. */
export interface Caller {
  /** `user.id`. */
  readonly id?: string;
  /** `user.roles`. */
  readonly roles?: readonly string[];
  /** The tenant: `reqlens.account.id`. */
  readonly account?: string;
}

/**
 * One per request, shared by everything done on its behalf.
 *
 * @internal
 */
export interface RequestScope {
  readonly requestId: RequestId;
  /** The request's trace id, when a trusted caller says that its last 56 bits are random (W3C Trace Context level 2): whoever is called next hears it too. */
  readonly randomTraceId?: string;
  /** The span that the request came from, believed or not: a `traceparent` handed on as it came has it still. */
  callerSpanId?: string;
  /** May become known late, and change. */
  caller?: Caller;
  /** The application has said who the caller is, if only that nobody is known: then nothing else is asked (identity/access.ts). */
  isCallerSaid?: boolean;
  /** A privileged caller asked what the request uses: its spans are sampled from the moment that this is known. */
  isSampled?: boolean;
  /** The request's or the task's own span, which learns of a caller that becomes known late. */
  span?: Span;
}

const scopeKey: symbol = createContextKey('reqlens request scope');
const spanKey = keyReadBy((probe) => trace.getSpan(probe));

/**
 * The scope that `of` carries; by default of the code that is running. Undefined outside a request.
 *
 * @internal
 */
export function requestScope(of: Context = context.active()): RequestScope | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only RequestContext and withScope set this key
  return of.getValue(scopeKey) as RequestScope | undefined;
}

/**
 * The same context, working for that request.
 *
 * @internal
 */
export function withScope(base: Context, scope: RequestScope): Context {
  return base.setValue(scopeKey, scope);
}

/**
 * The same context, working for no request.
 *
 * @internal
 */
export function withoutScope(base: Context): Context {
  return base.deleteValue(scopeKey);
}

/**
 * Extra value that a request's context answers for, such as HTTP's RPC metadata.
 *
 * @internal
 */
export interface ContextEntry {
  readonly key: symbol;
  readonly value: unknown;
}

/** @internal */
export interface RequestContextParts {
  /** What came with the request (remote span context, baggage), or the root context. */
  readonly base: Context;
  readonly scope: RequestScope;
  /** The server span. */
  readonly span: Span;
  readonly extra: ContextEntry;
}

/**
 * The context of one request. The stock context copies a Map for every value set (three per request: 0.35 us, this one 0.01;
 * bench/micro-ids.ts, Node 24);
 * this one answers for its three keys from fields, and falls back to the stock one as soon as somebody sets a further value.
 *
 * @internal
 */
export class RequestContext implements Context {
  readonly #base: Context;
  readonly #scope: RequestScope;
  readonly #span: Span;
  readonly #extra: ContextEntry;

  constructor({ base, scope, span, extra }: RequestContextParts) {
    this.#base = base;
    this.#scope = scope;
    this.#span = span;
    this.#extra = extra;
  }

  getValue(key: symbol): unknown {
    if (key === spanKey) return this.#span;
    if (key === scopeKey) return this.#scope;
    if (key === this.#extra.key) return this.#extra.value;
    return this.#base === ROOT_CONTEXT ? undefined : this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#spread().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#spread().deleteValue(key);
  }

  #spread(): Context {
    return this.#base
      .setValue(spanKey, this.#span)
      .setValue(scopeKey, this.#scope)
      .setValue(this.#extra.key, this.#extra.value);
  }
}

/**
 * Which key a reader of OpenTelemetry's looks at. The keys are private to its packages, so the reader is asked with a context
 * that remembers the question.
 *
 * @internal
 */
export function keyReadBy(read: (probe: Context) => unknown): symbol {
  let asked: symbol | undefined;
  const probe: Context = {
    getValue(key) {
      asked = key;
      return undefined;
    },
    setValue: () => probe,
    deleteValue: () => probe,
  };
  read(probe);
  return asked ?? Symbol('a key that nobody reads');
}
