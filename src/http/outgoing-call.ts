/** One outgoing request: its span and its part of `http.client.request.duration`, and how both end. Ends exactly once. */
import { performance } from 'node:perf_hooks';

import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';

import { thrownException, thrownWords } from '../errors.ts';

/** Records how long a call took, in seconds. The attributes are taken over. */
export type RecordCall = (durationS: number, attributes: Attributes) => void;

export interface CallFailure {
  /** `error.type`. */
  readonly type: string;
  readonly error: unknown;
}

/** Calls that are open, so that none of their spans is lost when the process goes away. */
export class OpenCalls {
  readonly #calls = new Set<OutgoingCall>();

  /**
   * A request that is dropped without ever getting a connection never closes. So that such ones are not kept for ever, the
   * eldest is forgotten: it just gets no span should the process end before it does.
   */
  static readonly #most = 1000;

  add(call: OutgoingCall): void {
    const [eldest] = this.#calls.size < OpenCalls.#most ? [] : this.#calls;
    if (eldest !== undefined) this.#calls.delete(eldest);
    this.#calls.add(call);
  }

  delete(call: OutgoingCall): void {
    this.#calls.delete(call);
  }

  /** The process is about to exit. */
  abandon(): void {
    for (const call of this.#calls) call.abandon();
  }
}

export interface CallParts {
  readonly span: Span;
  /** What is known of the metric's attributes so far. Taken over. */
  readonly series: Attributes;
  readonly record: RecordCall;
  readonly open: OpenCalls;
}

export class OutgoingCall {
  readonly span: Span;
  readonly #parts: CallParts;
  readonly #startMs = performance.now();
  #hasEnded = false;

  constructor(parts: CallParts) {
    this.span = parts.span;
    this.#parts = parts;
    parts.open.add(this);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Learns more about itself; what the metric tells calls apart by goes there too. */
  learn(attributes: Attributes, ofSeries: Attributes): void {
    if (this.#hasEnded) return;
    this.span.setAttributes(attributes);
    Object.assign(this.#parts.series, ofSeries);
  }

  /** Its status says that it failed, or it was cut off; it may still go on. */
  failByStatus(): void {
    if (!this.#hasEnded) this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    if (!this.#hasEnded) this.#close();
  }

  fail({ type, error }: CallFailure): void {
    if (this.#hasEnded) return;
    const { span } = this;
    // What the application aborts with may be anything, also what has no text.
    const message = thrownWords(error);
    span.setAttribute('error.type', type);
    this.#parts.series['error.type'] = type;
    span.recordException(thrownException(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    this.#close();
  }

  /** The process goes away first. */
  abandon(): void {
    if (this.#hasEnded) return;
    this.span.setAttribute('error.type', 'process_exit');
    this.#parts.series['error.type'] = 'process_exit';
    this.span.setStatus({ code: SpanStatusCode.ERROR, message: 'the process exited before the call was answered' });
    this.#close();
  }

  #close(): void {
    this.#hasEnded = true;
    const { open, record, series } = this.#parts;
    open.delete(this);
    const endMs = performance.now();
    this.span.end();
    record((endMs - this.#startMs) / 1000, series);
  }
}
