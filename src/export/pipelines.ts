/** Builds what spans, log records and metrics go through on their way out. */
import type { Meter } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { ConsoleLogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, InstrumentType } from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

import type { BatchSettings, Config, OtlpSettings } from '../config/config.ts';
import { destinationKey } from '../spool/destination.ts';
import { Spool } from '../spool/spool.ts';
import { BatchQueue } from './batch-queue.ts';
import { Delivery } from './delivery.ts';
import { introduce } from './fellow-signals.ts';
import { recordSize, spanSize } from './item-size.ts';
import { jsonRequest } from './json-request.ts';
import { encodeLogRecords } from './log-encoder.ts';
import type { Items } from './losses.ts';
import { MemoryBudget } from './memory-budget.ts';
import { OtlpMetricExporter } from './metric-exporter.ts';
import { logsRequest, traceRequest } from './otlp-messages.ts';
import type { Message } from './otlp-messages.ts';
import { OtlpSender } from './otlp-sender.ts';
import { outcomeReporter, reportSpoolNews } from './outcome-report.ts';
import { QueueLogRecordProcessor, QueueSpanProcessor } from './queue-processors.ts';
import { RequestDurations } from './request-durations.ts';
import type { RecordDuration } from './request-durations.ts';
import type { Encoded } from './request-encoder.ts';
import { observeExport } from './sdk-metrics.ts';
import type { ExportFigures } from './sdk-metrics.ts';
import type { Payload, Route, Signal } from './sent.ts';
import { SleepingMetricReader } from './sleeping-metric-reader.ts';
import { encodeSpans } from './span-encoder.ts';
import { WaitingPlace } from './waiting-place.ts';
import type { Filed } from './waiting-place.ts';

/** What an exit needs of anything of ours that holds telemetry. */
export interface ExitQueue {
  readonly route: Route;
  readonly isUnreachable: boolean;
  readonly markUnreachable: () => void;
  /** Everything not known to have arrived, and not safe on disk. */
  readonly takeAll: () => Payload[];
  /** Some of what is on disk. */
  readonly takeFiled: () => Filed[];
  /** @returns Takes it off the disk again; undefined when it could not be kept there. */
  readonly keepNow: (payload: Payload) => (() => void) | undefined;
}

export interface Pipelines {
  readonly spanProcessors: readonly SpanProcessor[];
  readonly logProcessors: readonly LogRecordProcessor[];
  readonly metricReaders: readonly SleepingMetricReader[];
  /** For `http.server.request.duration` of our own server instrumentation. */
  readonly recordDuration: RecordDuration;
  /** No exporter, or nobody answers: log records wait or go nowhere. */
  readonly isLogReceiverAway: () => boolean;
  /** Those that hold something when the process exits. */
  readonly queues: readonly ExitQueue[];
  /** Puts the limits of what is on disk in force at once. */
  readonly limitSpool: () => void;
  /** Makes the metrics of sending itself; once there is somebody to make them with. */
  readonly observe: (meter: Meter) => void;
}

/** What the ways of all signals share. */
interface Shared {
  readonly waiting: Config['waiting'];
  readonly spool: Spool | undefined;
  readonly budget: MemoryBudget;
  /** Of every sender, for the metrics. */
  readonly figures: ExportFigures[];
  readonly deliveries: Delivery[];
}

/** @param httpScope - What the metrics of requests say they come from. */
export function pipelinesFor(config: Config, httpScope: InstrumentationScope): Pipelines {
  const { traces, logs, metrics, waiting } = config;
  const durations = new RequestDurations(httpScope);
  const spool = waiting.spool === undefined ? undefined : new Spool(waiting.spool, reportSpoolNews);
  const shared: Shared = { waiting, spool, budget: new MemoryBudget(waiting.queueBytes), figures: [], deliveries: [] };
  const spanQueue = traces.exporters.includes('otlp') ? spansQueue(traces, shared) : undefined;
  const logQueue = logs.exporters.includes('otlp') ? logRecordsQueue(logs, shared) : undefined;
  const metricsDelivery = metrics.exporters.includes('otlp')
    ? deliveryFor({ otlp: metrics.otlp, signal: 'metrics', items: 'data points' }, shared)
    : undefined;
  introduce(shared.deliveries);
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
    metricReaders: metricReadersFor({ metrics, durations, delivery: metricsDelivery, waiting }),
    recordDuration: durations.record,
    isLogReceiverAway: () => (logQueue === undefined ? !logs.exporters.includes('console') : logQueue.isUnreachable),
    queues: [spanQueue, logQueue, metricsDelivery].filter((queue) => queue !== undefined),
    limitSpool: () => spool?.limitNow(),
    observe: (meter) => {
      const queues = [spanQueue, logQueue].filter((queue) => queue !== undefined);
      observeExport(
        meter,
        shared.figures,
        queues.map((queue) => () => queue.figures),
      );
    },
  };
}

interface Way {
  readonly otlp: OtlpSettings;
  readonly signal: Signal;
  /** What is in it, for what is said. */
  readonly items: Items;
}

function deliveryFor({ otlp, signal, items }: Way, { spool, budget, figures, deliveries }: Shared): Delivery {
  const sender = new OtlpSender(otlp, signal);
  figures.push(sender.figures);
  const contentType = otlp.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const destination = destinationKey(sender.route);
  const delivery = new Delivery({
    sender,
    contentType,
    place: new WaitingPlace({ signal, destination, contentType, spool, budget }),
    onOutcome: outcomeReporter(items),
  });
  deliveries.push(delivery);
  return delivery;
}

function spansQueue({ otlp, batch }: Config['traces'], shared: Shared): BatchQueue<ReadableSpan> {
  return new BatchQueue<ReadableSpan>({
    settings: batch,
    delivery: deliveryFor({ otlp: withinExport(otlp, batch), signal: 'trace', items: 'spans' }, shared),
    encode: otlp.protocol === 'http/json' ? inJson(encodeSpans, traceRequest) : encodeSpans,
    sizeOf: spanSize,
    maxBatchBytes: shared.waiting.batchBytes,
    budget: shared.budget,
  });
}

function logRecordsQueue({ otlp, batch }: Config['logs'], shared: Shared): BatchQueue<ReadableLogRecord> {
  return new BatchQueue<ReadableLogRecord>({
    settings: batch,
    delivery: deliveryFor({ otlp: withinExport(otlp, batch), signal: 'logs', items: 'log records' }, shared),
    encode: otlp.protocol === 'http/json' ? inJson(encodeLogRecords, logsRequest) : encodeLogRecords,
    sizeOf: recordSize,
    maxBatchBytes: shared.waiting.batchBytes,
    budget: shared.budget,
  });
}

type Encode<Item> = (items: readonly Item[]) => Encoded;

function inJson<Item>(encode: Encode<Item>, message: Message): Encode<Item> {
  return (items) => {
    const { body, unencodableCount } = encode(items);
    return { body: body && jsonRequest(body, message), unencodableCount };
  };
}

/** A try has two limits, the exporter's for a request and the processor's for an export; the shorter one holds. */
function withinExport(otlp: OtlpSettings, { exportTimeoutMs }: BatchSettings): OtlpSettings {
  return { ...otlp, timeoutMs: Math.min(otlp.timeoutMs, exportTimeoutMs) };
}

interface MetricsWay {
  readonly metrics: Config['metrics'];
  readonly durations: RequestDurations;
  /** Undefined: they do not go to a receiver. */
  readonly delivery: Delivery | undefined;
  readonly waiting: Config['waiting'];
}

function metricReadersFor({ metrics, durations, delivery, waiting }: MetricsWay): SleepingMetricReader[] {
  const { exportIntervalMs: exportIntervalMillis, exporters } = metrics;
  // The SDK refuses a time-out longer than the interval.
  const exportTimeoutMillis = Math.min(metrics.exportTimeoutMs, exportIntervalMillis);
  const otlp = delivery === undefined ? [] : [new OtlpMetricExporter(delivery, metrics, waiting.batchBytes)];
  const terminal = exporters.includes('console') ? [new ConsoleMetricExporter()] : [];
  return [...otlp, ...terminal].map((exporter) => {
    const temporality = exporter.selectAggregationTemporality(InstrumentType.HISTOGRAM);
    return new SleepingMetricReader({
      exporter,
      exportIntervalMillis,
      exportTimeoutMillis,
      metricProducers: [durations.producerFor(temporality)],
    });
  });
}
