/** The ids that every log line carries, in the names that log searches use. */
import { context, isSpanContextValid, trace } from '@opentelemetry/api';

import { requestScope } from '../identity/request-scope.ts';

/** Fields of one line; empty outside a request and a span. Names by https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/. */
export interface LogIdentity {
  readonly request_id?: string;
  /** 32 lower-case hex digits. */
  readonly trace_id?: string;
  /** 16 lower-case hex digits. */
  readonly span_id?: string;
  /** Two hex digits; `01` is sampled. */
  readonly trace_flags?: string;
}

/** Read anew for every line: two lines of one request may belong to different spans. */
export function logIdentity(): LogIdentity {
  const active = context.active();
  const spanContext = trace.getSpanContext(active);
  const scope = requestScope(active);
  const request = scope === undefined ? {} : { request_id: scope.requestId };
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return request;
  const { traceId, spanId, traceFlags } = spanContext;
  return { ...request, trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, '0') };
}
