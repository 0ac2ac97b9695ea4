/** Outgoing requests: who makes their spans, ours or the stock instrumentations, and what goes along with them. */
import { ValueType } from '@opentelemetry/api';
import type { Meter } from '@opentelemetry/api';

import type { Config } from '../config/config.ts';
import { callSpans } from './call-span.ts';
import type { CallSpanParts } from './call-span.ts';
import { watchHttpCalls } from './http-calls.ts';
import { OpenCalls } from './outgoing-call.ts';
import type { RecordCall } from './outgoing-call.ts';
import { OutgoingHeaders } from './outgoing-headers.ts';
import { runStockHttp } from './stock-outgoing.ts';
import type { StockIncoming } from './stock-outgoing.ts';
import { watchUndiciCalls } from './undici-calls.ts';

export interface OutgoingParts extends CallSpanParts {
  readonly config: Pick<Config, 'requestId' | 'http' | 'sendsAccount'>;
  readonly meter: Meter;
  /** Set when the stock instrumentation answers for incoming requests. */
  readonly incoming?: StockIncoming;
}

export interface RunningOutgoing {
  /** The process is about to exit: ends every span that is still open. */
  readonly abandonOpen: () => void;
  readonly stop: () => void;
}

export function instrumentOutgoing(parts: OutgoingParts): RunningOutgoing {
  const { config, incoming } = parts;
  const headers = new OutgoingHeaders(config);
  const open = new OpenCalls();
  const isStock = config.http.client === 'otel';
  const stop: (() => void)[] = [];
  if (isStock || incoming !== undefined) stop.push(runStockHttp({ incoming, headers: isStock ? headers : undefined }));
  if (!isStock) {
    const calling = { startSpan: callSpans(parts), headers, open, record: recorderOf(parts.meter) };
    stop.push(watchHttpCalls(calling), watchUndiciCalls(calling));
  }
  return {
    abandonOpen: () => open.abandon(),
    stop: () => {
      for (const each of stop) each();
    },
  };
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration */
function recorderOf(meter: Meter): RecordCall {
  const histogram = meter.createHistogram('http.client.request.duration', {
    description: 'Duration of HTTP client requests.',
    unit: 's',
    valueType: ValueType.DOUBLE,
    advice: {
      explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    },
  });
  return (durationS, attributes) => histogram.record(durationS, attributes);
}
