/** traceparent and tracestate as they come in and go out. */
import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Context, SpanContext } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { expect, test } from 'vitest';

import { acceptRequestId } from '../../src/identity/request-id.ts';
import { withScope } from '../../src/identity/request-scope.ts';
import { TraceContextPropagator } from '../../src/trace/trace-context-propagator.ts';

const propagator = new TraceContextPropagator();
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

function extracted(headers: Readonly<Record<string, string | string[]>>): SpanContext | undefined {
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter));
}

function injected(context: Context): Record<string, string> {
  const carrier: Record<string, string> = {};
  propagator.inject(context, carrier, defaultTextMapSetter);
  return carrier;
}

function spanOf(traceFlags: number): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags });
}

test.each([
  ['00', 0],
  ['01', 1],
  ['02', 2],
  ['03', 3],
  ['fd', 1],
  ['ff', 3],
])('of the flags %s those are kept that are defined', (flags, traceFlags) => {
  expect(extracted({ traceparent: `00-${traceId}-${spanId}-${flags}` })).toEqual({
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
  });
});

test('an invalid tracestate is dropped whole, and the trace is kept', () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  expect(extracted({ traceparent, tracestate: 'foo=1,BAD=2' })?.traceState).toBeUndefined();
  expect(extracted({ traceparent, tracestate: 'foo=1,BAD=2' })?.traceId).toBe(traceId);
  expect(extracted({ traceparent, tracestate: ['foo=1', 'bar=2'] })?.traceState?.serialize()).toBe('foo=1,bar=2');
});

test('a tracestate without a valid traceparent is nothing', () => {
  expect(extracted({ tracestate: 'foo=1' })).toBeUndefined();
  expect(extracted({ traceparent: 'junk', tracestate: 'foo=1' })).toBeUndefined();
});

test.each([
  [0, '00'],
  [1, '01'],
  [3, '03'],
  [0xff, '03'],
])('flags %i go out as two digits, undefined ones as 0', (flags, written) => {
  expect(injected(spanOf(flags))).toEqual({ traceparent: `00-${traceId}-${spanId}-${written}` });
});

test('the random flag of the request goes out with each span of its trace, and with no other', () => {
  const requestId = acceptRequestId('order-4711');
  if (requestId === undefined) throw new Error('the id must be acceptable');
  const own = withScope(spanOf(1), { requestId, randomTraceId: traceId });
  expect(injected(own)).toEqual({ traceparent: `00-${traceId}-${spanId}-03` });
  const other = withScope(spanOf(1), { requestId, randomTraceId: traceId.replace('0', '1') });
  expect(injected(other)).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
});

test('nothing goes out without a span, with an invalid one, or where tracing is suppressed', () => {
  expect(injected(ROOT_CONTEXT)).toEqual({});
  expect(injected(trace.setSpanContext(ROOT_CONTEXT, { traceId: '0'.repeat(32), spanId, traceFlags: 1 }))).toEqual({});
  expect(injected(suppressTracing(spanOf(1)))).toEqual({});
});
