/** One request that the server is answering: its span, its id, and how both end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';

import { SpanStatusCode } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import type { RPCMetadata } from '@opentelemetry/core';

import type { RequestScope } from '../identity/request-scope.ts';
import type { TrackedRequest } from '../identity/tracked-request.ts';

/** Request and response carry it under this key, so that their prototypes' hooks find it without a lookup. */
export const inFlightKey: unique symbol = Symbol('reqlens in-flight request');

/** One request as `http.server.request.duration` tells requests apart; its end fills in what the beginning leaves open. */
export interface RequestSeries {
  readonly method: string;
  readonly scheme: string;
  readonly protocolVersion: string;
  statusCode: number | undefined;
  route: string | undefined;
  errorType: string | undefined;
}

/** Records how long a request took, in seconds (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration). */
export type RecordDuration = (durationS: number, request: Readonly<RequestSeries>) => void;

export interface InFlightParts {
  readonly scope: RequestScope;
  readonly span: Span;
  readonly context: Context;
  readonly rpc: RPCMetadata;
  readonly series: RequestSeries;
  readonly recordDuration: RecordDuration;
  /** Undefined for a request that is not measured, as nearly all are. */
  readonly tracked: TrackedRequest | undefined;
  /** When the request ends, however it ends. */
  readonly onEnd: (request: InFlightRequest) => void;
}

/** Ends exactly once: with the response's status, with an error, or with the process. */
export class InFlightRequest {
  readonly scope: RequestScope;
  readonly span: Span;
  readonly context: Context;
  readonly tracked: TrackedRequest | undefined;
  readonly #parts: InFlightParts;
  readonly #startMs = performance.now();
  #hasEnded = false;
  #isClosed = false;

  constructor(parts: InFlightParts) {
    this.scope = parts.scope;
    this.span = parts.span;
    this.context = parts.context;
    this.tracked = parts.tracked;
    this.#parts = parts;
  }

  /** The response was closed: handed over whole, or given up by the client. */
  end(request: IncomingMessage, response: ServerResponse): void {
    if (this.#hasEnded) return;
    const { span } = this;
    const { rpc, series } = this.#parts;
    const { statusCode } = response;
    span.setAttribute('http.response.status_code', statusCode);
    series.statusCode = statusCode;
    if (rpc.route !== undefined) {
      span.setAttribute('http.route', rpc.route);
      series.route = rpc.route;
      if (rpc.route !== '') span.updateName(`${request.method ?? 'GET'} ${rpc.route}`);
    }
    // https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: for a server 4xx is the client's error.
    if (statusCode < 100 || statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    if (statusCode >= 500 && statusCode < 600) {
      span.setAttribute('error.type', String(statusCode));
      series.errorType = String(statusCode);
    }
    this.#close(response.writableFinished);
  }

  /** Answered in the application's place, under this route. */
  setRoute(route: string): void {
    this.#parts.rpc.route = route;
  }

  /** The handler threw, or the response failed while it was written. */
  fail(error: unknown): void {
    if (this.#hasEnded) return;
    const { span } = this;
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    span.setAttribute('error.type', name);
    this.#parts.series.errorType = name;
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    span.recordException(error instanceof Error ? error : message);
    this.#close(false);
  }

  /** The process goes away first. Without this its child spans would have a parent that never arrives. */
  abandon(): void {
    if (!this.#hasEnded) {
      this.span.setAttribute('error.type', 'process_exit');
      this.span.setStatus({
        code: SpanStatusCode.ERROR,
        message: 'the process exited before the response was finished',
      });
      this.#close(false);
    }
    // One whose token is still being verified is nobody's.
    if (!this.#isClosed) this.#finish();
  }

  #close(isComplete: boolean): void {
    this.#hasEnded = true;
    const endMs = performance.now();
    const { series, recordDuration, rpc } = this.#parts;
    if (this.tracked === undefined) this.#finish();
    else {
      const { method, statusCode } = series;
      this.tracked.end({ isComplete, method, route: rpc.route, statusCode }, () => this.#finish(endMs));
    }
    recordDuration((endMs - this.#startMs) / 1000, series);
  }

  #finish(endMs?: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.span.end(endMs);
    this.#parts.onEnd(this);
  }
}
