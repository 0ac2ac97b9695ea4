/** One request that the server is answering: its span, its id, and how both end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';

import { SpanStatusCode } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import type { RPCMetadata } from '@opentelemetry/core';

import { thrownException } from '../errors.ts';
import type { RequestScope } from '../identity/request-scope.ts';
import type { TrackedRequest } from '../identity/tracked-request.ts';

/** Request and response carry it under this key, so that their prototypes' hooks find it without a lookup. */
export const inFlightKey: unique symbol = Symbol('reqlens in-flight request');

/** What may be a request or a response of ours. */
export interface Carrier {
  [inFlightKey]?: InFlightRequest;
}

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
  readonly request: IncomingMessage;
  /** Undefined for an upgrade or CONNECT, where the application has the bare connection. */
  readonly response: ServerResponse | undefined;
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

/** Ends exactly once: with the exchange, or with the process. */
export class InFlightRequest {
  readonly scope: RequestScope;
  readonly span: Span;
  readonly context: Context;
  readonly tracked: TrackedRequest | undefined;
  /** No connection of a server carries it (a request emitted by hand), so nothing but `finish` tells that it is over. */
  endsAtFinish = false;
  /** Called when it ends, by those who wait for that elsewhere. */
  released: (() => void) | undefined;
  readonly #parts: InFlightParts;
  /** Kept apart: the application may take it from its request. */
  readonly #connection: IncomingMessage['socket'];
  readonly #startMs = performance.now();
  /** Written past the response, on the bare connection. */
  #rawStatus: number | undefined;
  #error: unknown;
  #hasFailed = false;
  #hasEnded = false;
  #isClosed = false;

  constructor(parts: InFlightParts) {
    this.scope = parts.scope;
    this.span = parts.span;
    this.context = parts.context;
    this.tracked = parts.tracked;
    this.#parts = parts;
    this.#connection = parts.request.socket;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * The exchange is over: the response was handed over whole, or given up by either side.
   *
   * @param response - The one that ended, should the application have made another in place of the first.
   */
  end(response: ServerResponse | undefined = this.#parts.response): void {
    if (this.#hasEnded) return;
    const isComplete = response === undefined ? this.#rawStatus !== undefined : response.writableFinished;
    this.#setRoute();
    this.#setStatus(response, isComplete);
    // What went wrong after the client had everything, or was made good by an answer, took nothing away from the client.
    if (this.#hasFailed && !isComplete) this.#setError();
    this.#close(isComplete);
  }

  /** Ends it if its connection is gone: the application has taken away what would have told that. */
  endIfGone(): void {
    if (this.#connection.destroyed) this.end();
  }

  /** The status line was written on the bare connection. */
  answeredRaw(statusCode: number): void {
    this.#rawStatus ??= statusCode;
  }

  /** Answered in the application's place, under this route. */
  setRoute(route: string): void {
    this.#parts.rpc.route = route;
  }

  /** The handler threw, or the response failed. It may still be answered. */
  note(error: unknown): void {
    if (this.#hasEnded || (this.#hasFailed && this.#error === error)) return;
    this.span.recordException(thrownException(error));
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#error = error;
  }

  /** The handler threw, and the process ends by that: nobody will answer. */
  fail(error: unknown): void {
    if (this.#hasEnded) return;
    this.note(error);
    this.#setError();
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

  /** Could not be made known to the application: as if it had never been. */
  drop(): void {
    this.#hasEnded = true;
    this.#isClosed = true;
    this.tracked?.end({ isComplete: false, method: '', route: undefined, statusCode: undefined }, () => undefined);
    this.#parts.onEnd(this);
  }

  #setRoute(): void {
    const { rpc, series, request } = this.#parts;
    if (rpc.route === undefined) return;
    this.span.setAttribute('http.route', rpc.route);
    series.route = rpc.route;
    if (rpc.route !== '') this.span.updateName(`${request.method ?? 'GET'} ${rpc.route}`);
  }

  /** The one that the client got; none when it got none. */
  #setStatus(response: ServerResponse | undefined, isComplete: boolean): void {
    const { series } = this.#parts;
    const isSent = response?.headersSent === true && (isComplete || hasReachedConnection(response));
    const statusCode = isSent ? response.statusCode : this.#rawStatus;
    if (statusCode === undefined) return;
    const { span } = this;
    span.setAttribute('http.response.status_code', statusCode);
    series.statusCode = statusCode;
    // https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: for a server 4xx is the client's error.
    if (statusCode < 100 || statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    if (statusCode < 500 || statusCode >= 600) return;
    span.setAttribute('error.type', String(statusCode));
    series.errorType = String(statusCode);
  }

  #setError(): void {
    const error = this.#error;
    const exception = thrownException(error);
    const { name, message } = typeof exception === 'string' ? { name: 'Error', message: exception } : exception;
    this.span.setAttribute('error.type', name);
    this.#parts.series.errorType = name;
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  #close(isComplete: boolean): void {
    this.#hasEnded = true;
    this.released?.();
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

/** `headersSent` is true already when a head was made and not one byte of it written. */
function hasReachedConnection(response: ServerResponse & { readonly _headerSent?: boolean }): boolean {
  // Written while it waited for its turn on a pipelined connection, and never had it.
  const isHeldBack = response.socket === null && response.writableLength > 0;
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  return response._headerSent === true && !isHeldBack;
}
