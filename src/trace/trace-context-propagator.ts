/** `traceparent` and `tracestate`, by W3C Trace Context level 2 (https://www.w3.org/TR/trace-context-2/). */
import { isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, SpanContext, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import { isTracingSuppressed, parseTraceParent, TRACE_PARENT_HEADER, TRACE_STATE_HEADER } from '@opentelemetry/core';

import { requestScope } from '../identity/request-scope.ts';
import { acceptTraceState } from './trace-state.ts';

/** Level 2's flag of a trace id whose last 56 bits are random. */
export const randomFlag = 0b10;

/** Flags that are defined; a sender must set all others to 0. */
const definedFlags = TraceFlags.SAMPLED | randomFlag;

/**
 * In place of the stock one, which passes on what is left of an invalid `tracestate`, knows no random flag, and writes flags above
 * 15 with three digits.
 */
export class TraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = trace.getSpanContext(context);
    if (spanContext === undefined || isTracingSuppressed(context) || !isSpanContextValid(spanContext)) return;
    const { traceId, spanId, traceState } = spanContext;
    setter.set(carrier, TRACE_PARENT_HEADER, `00-${traceId}-${spanId}-0${flagsFor(spanContext, context)}`);
    const state = traceState?.serialize();
    if (state) setter.set(carrier, TRACE_STATE_HEADER, state);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = getter.get(carrier, TRACE_PARENT_HEADER);
    const [traceparent] = Array.isArray(header) ? header : [header];
    const parsed = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
    if (parsed === null) return context;
    const states = getter.get(carrier, TRACE_STATE_HEADER);
    const traceState = states === undefined ? undefined : acceptTraceState([states].flat().join(','));
    const { traceId, spanId, traceFlags } = parsed;
    const remote: SpanContext = { traceId, spanId, traceFlags: traceFlags & definedFlags, isRemote: true };
    if (traceState !== undefined) remote.traceState = traceState;
    return trace.setSpanContext(context, remote);
  }

  fields(): string[] {
    return [TRACE_PARENT_HEADER, TRACE_STATE_HEADER];
  }
}

/** The SDK's spans have lost the random flag of their trace; the request's own span, which ours is, still has it. */
function flagsFor({ traceId, traceFlags }: SpanContext, context: Context): number {
  const own = traceFlags & definedFlags;
  const scope = requestScope(context);
  return scope?.randomTraceId === traceId ? own | randomFlag : own;
}
