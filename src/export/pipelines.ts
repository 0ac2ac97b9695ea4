/** Builds what spans, log records and metrics go through on their way out. */
import type { InstrumentationScope } from '@opentelemetry/core';
import { ConsoleLogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, InstrumentType, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

import type { BatchSettings, Config, OtlpSettings } from '../config/config.ts';
import { BatchQueue } from './batch-queue.ts';
import type { Outcome } from './batch-queue.ts';
import { dropped, droppedNoMore, refused, unencodable } from './delivery-report.ts';
import { jsonRequest } from './json-request.ts';
import { encodeLogRecords } from './log-encoder.ts';
import type { Items } from './losses.ts';
import { OtlpMetricExporter } from './metric-exporter.ts';
import { logsRequest, traceRequest } from './otlp-messages.ts';
import type { Message } from './otlp-messages.ts';
import { OtlpSender } from './otlp-sender.ts';
import { QueueLogRecordProcessor, QueueSpanProcessor } from './queue-processors.ts';
import { RequestDurations } from './request-durations.ts';
import type { RecordDuration } from './request-durations.ts';
import type { Encoded } from './request-encoder.ts';
import { encodeSpans } from './span-encoder.ts';

/** Any of our queues, by what an exit needs of it. */
export type ExitQueue = Pick<BatchQueue<never>, 'isUnreachable' | 'markUnreachable' | 'route' | 'takeAll' | 'flush'>;

export interface Pipelines {
  readonly spanProcessors: readonly SpanProcessor[];
  readonly logProcessors: readonly LogRecordProcessor[];
  readonly metricReaders: readonly MetricReader[];
  /** For `http.server.request.duration` of our own server instrumentation. */
  readonly recordDuration: RecordDuration;
  /** No exporter, or nobody answers: log records wait or go nowhere. */
  readonly isLogReceiverAway: () => boolean;
  /** Those that hold something when the process exits. */
  readonly queues: readonly ExitQueue[];
}

/** @param httpScope - What the metrics of requests say they come from. */
export function pipelinesFor({ traces, logs, metrics }: Config, httpScope: InstrumentationScope): Pipelines {
  const durations = new RequestDurations(httpScope);
  const spanQueue = traces.exporters.includes('otlp') ? spansQueue(traces) : undefined;
  const logQueue = logs.exporters.includes('otlp') ? logRecordsQueue(logs) : undefined;
  return {
    spanProcessors: [
      ...(spanQueue === undefined ? [] : [new QueueSpanProcessor(spanQueue)]),
      ...(traces.exporters.includes('console')
        ? [new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })]
        : []),
    ],
    logProcessors: [
      ...(logQueue === undefined ? [] : [new QueueLogRecordProcessor(logQueue)]),
      ...(logs.exporters.includes('console')
        ? [new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() })]
        : []),
    ],
    metricReaders: metricReadersFor(metrics, durations),
    recordDuration: durations.record,
    isLogReceiverAway: () => (logQueue === undefined ? !logs.exporters.includes('console') : logQueue.isUnreachable),
    queues: [spanQueue, logQueue].filter((queue) => queue !== undefined),
  };
}

function spansQueue({ otlp, batch }: Config['traces']): BatchQueue<ReadableSpan> {
  return new BatchQueue<ReadableSpan>({
    settings: batch,
    sender: new OtlpSender(withinExport(otlp, batch), 'trace'),
    encode: otlp.protocol === 'http/json' ? inJson(encodeSpans, traceRequest) : encodeSpans,
    onOutcome: reporter('spans'),
  });
}

function logRecordsQueue({ otlp, batch }: Config['logs']): BatchQueue<ReadableLogRecord> {
  return new BatchQueue<ReadableLogRecord>({
    settings: batch,
    sender: new OtlpSender(withinExport(otlp, batch), 'logs'),
    encode: otlp.protocol === 'http/json' ? inJson(encodeLogRecords, logsRequest) : encodeLogRecords,
    onOutcome: reporter('log records'),
  });
}

type Encode<Item> = (items: readonly Item[]) => Encoded;

function inJson<Item>(encode: Encode<Item>, message: Message): Encode<Item> {
  return (items) => {
    const { body, unencodableCount } = encode(items);
    return { body: body && jsonRequest(body, message), unencodableCount };
  };
}

/** A batch has two limits, the exporter's for a request and the processor's for the whole export; retries are within both. */
function withinExport(otlp: OtlpSettings, { exportTimeoutMs }: BatchSettings): OtlpSettings {
  return { ...otlp, timeoutMs: Math.min(otlp.timeoutMs, exportTimeoutMs) };
}

function metricReadersFor(metrics: Config['metrics'], durations: RequestDurations): MetricReader[] {
  const { exportIntervalMs: exportIntervalMillis, exporters } = metrics;
  // The SDK refuses a time-out longer than the interval.
  const exportTimeoutMillis = Math.min(metrics.exportTimeoutMs, exportIntervalMillis);
  const otlp = exporters.includes('otlp')
    ? [new OtlpMetricExporter(new OtlpSender(metrics.otlp, 'metrics'), metrics)]
    : [];
  const terminal = exporters.includes('console') ? [new ConsoleMetricExporter()] : [];
  return [...otlp, ...terminal].map((exporter) => {
    const temporality = exporter.selectAggregationTemporality(InstrumentType.HISTOGRAM);
    return new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis,
      exportTimeoutMillis,
      metricProducers: [durations.producerFor(temporality)],
    });
  });
}

/** What the sender cannot know; see delivery-report.ts. */
function reporter(items: Items): (outcome: Outcome) => void {
  return ({ sent, itemCount, unencodableCount, droppedCount }) => {
    if (unencodableCount > 0) unencodable(items, unencodableCount);
    if (sent.status === 'refused' && sent.isTooLarge) refused(items, itemCount, sent.reason);
    if (droppedCount > 0) dropped(items, droppedCount, 'the queue is full');
    else if (sent.status === 'sent') droppedNoMore(items);
  };
}
