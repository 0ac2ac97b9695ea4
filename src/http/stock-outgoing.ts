/**
 * `REQLENS_HTTP_CLIENT=otel` and `REQLENS_HTTP_SERVER=otel`: OpenTelemetry's own instrumentations of outgoing and of incoming requests.
 * Keeps from calls what the stock ones would do to their headers.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';
import { createRequire, syncBuiltinESMExports } from 'node:module';

import { context, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type * as StockHttp from '@opentelemetry/instrumentation-http';
import type * as StockUndici from '@opentelemetry/instrumentation-undici';

import { guarded } from '../patch.ts';
import { headersOf } from './http-headers.ts';
import type { OutgoingHeaders } from './outgoing-headers.ts';
import { undiciHeaders } from './undici-headers.ts';
import type { UndiciRequest } from './undici-headers.ts';

type HttpConfig = NonNullable<ConstructorParameters<typeof StockHttp.HttpInstrumentation>[0]>;

/** Set when the stock instrumentation answers for incoming requests. */
export type StockIncoming = Pick<HttpConfig, 'startIncomingSpanHook' | 'requestHook' | 'responseHook'>;

export interface StockHttpParts {
  readonly incoming: StockIncoming | undefined;
  /** Undefined when outgoing requests are not the stock ones' business. */
  readonly headers: OutgoingHeaders | undefined;
}

/**
 * The stock code injects into a copy of the application's headers, or appends to them without looking. Between its hook and that
 * nothing else runs, so one slot is enough to tell that injection from any other; the headers are completed in our own way.
 * The upstream issues: open-telemetry/opentelemetry-js-contrib#2796 and #3711.
 */
let isNextInjectionOurs = false;

/** Leaves out the injections that the stock instrumentations make. */
export class HeldPropagator implements TextMapPropagator {
  readonly #inner: TextMapPropagator;

  constructor(inner: TextMapPropagator) {
    this.#inner = inner;
  }

  inject(of: Context, carrier: unknown, setter: TextMapSetter): void {
    const isHeld = isNextInjectionOurs;
    isNextInjectionOurs = false;
    if (!isHeld) this.#inner.inject(of, carrier, setter);
  }

  extract(of: Context, carrier: unknown, getter: TextMapGetter): Context {
    return this.#inner.extract(of, carrier, getter);
  }

  fields(): string[] {
    return this.#inner.fields();
  }
}

/** @returns Takes the stock code off again. */
export function runStockHttp({ incoming, headers }: StockHttpParts): () => void {
  // Loaded only here, at once, and in the package from a file of its own (docs/decisions/bundled.md).
  const { HttpInstrumentation }: typeof StockHttp = createRequire(import.meta.url)(
    '@opentelemetry/instrumentation-http',
  );
  const http = new HttpInstrumentation({
    ...incoming,
    disableIncomingRequestInstrumentation: incoming === undefined,
    disableOutgoingRequestInstrumentation: headers === undefined,
    // A list as `headers` would become header names 0, 1, 2 (seen by apify/proxy-chain#585); a method that is no string an error of its own.
    // What is suppressed makes no spans, but would be counted: our own exports.
    ignoreOutgoingRequestHook: ({ headers: given, method }) =>
      isTracingSuppressed(context.active()) ||
      Array.isArray(given) ||
      (method !== undefined && method !== null && typeof method !== 'string'),
    startOutgoingSpanHook: () => {
      isNextInjectionOurs = true;
      return {};
    },
  });
  patchBuiltins();
  const stop = [(): void => http.disable()];
  if (headers !== undefined) stop.push(completeStockCalls(headers));
  return () => {
    for (const each of stop) each();
  };
}

/** A call that the stock code left alone has no span of its own: what it belongs to goes along. */
function completeStockCalls(headers: OutgoingHeaders): () => void {
  const { UndiciInstrumentation }: typeof StockUndici = createRequire(import.meta.url)(
    '@opentelemetry/instrumentation-undici',
  );
  const undici = new UndiciInstrumentation({
    ignoreRequestHook: () => isTracingSuppressed(context.active()),
    requestHook: (span, request) => {
      complete(span, request);
      isNextInjectionOurs = true;
    },
  });
  const complete = guarded(
    'undici:request:create for the stock instrumentation',
    (span: Span, request: UndiciRequest) => {
      const host = URL.parse(String(request.origin))?.hostname ?? '';
      const departure = { context: trace.setSpan(context.active(), span), host, target: request.path };
      note(span, headers.complete(undiciHeaders(request), departure));
    },
  );
  // The stock code makes the request within the context of its span.
  const created = guarded('http.client.request.created for the stock instrumentation', (message: unknown) => {
    const active = context.active();
    const request: unknown =
      typeof message === 'object' && message !== null ? Reflect.get(message, 'request') : undefined;
    if (!(request instanceof ClientRequest) || isTracingSuppressed(active)) return;
    const current = headersOf(request);
    if (current === undefined) return;
    const departure = { context: active, host: request.host, target: request.path };
    note(trace.getSpan(active), headers.complete(current, departure));
  });
  subscribe('http.client.request.created', created);
  return () => {
    undici.disable();
    unsubscribe('http.client.request.created', created);
  };
}

function note(span: Span | undefined, attributes: Attributes | undefined): void {
  if (attributes !== undefined) span?.setAttributes(attributes);
}

/**
 * The stock hook runs when somebody requires the module; `import { request } from 'node:http'` never does, so it is required
 * here, and the names that ES modules import are brought up to date.
 */
function patchBuiltins(): void {
  const require = createRequire(import.meta.url);
  for (const name of ['http', 'https']) require(name);
  syncBuiltinESMExports();
}
