/**
 * How sending goes, as metrics (https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/, status Development). Counts are kept in plain
 * numbers, by the batch, and read when metrics are collected.
 */
import type { Attributes, Histogram, Meter } from '@opentelemetry/api';

import type { Route, Sent, Signal } from './sent.ts';
import { errorTypeOf } from './trouble-reason.ts';

/** As the conventions name them. */
const kinds: Readonly<Record<Signal, { readonly name: string; readonly type: string; readonly unit: string }>> = {
  trace: { name: 'span', type: 'span', unit: '{span}' },
  logs: { name: 'log', type: 'log', unit: '{log_record}' },
  metrics: { name: 'metric_data_point', type: 'metric', unit: '{data_point}' },
};

/** Reasons that are told apart, of one exporter. */
const mostErrorTypes = 20;

/** What one sender has done so far. */
export class ExportFigures {
  readonly signal: Signal;
  readonly attributes: Attributes;
  /** Items whose request is under way. */
  inflightCount: number = 0;
  /** By error.type; '' for those that arrived. */
  readonly exportedCounts: Map<string, number> = new Map();

  constructor(route: Route) {
    const { hostname, port, protocol } = new URL(route.url);
    const type = `otlp_${transportOf(route)}_${kinds[route.signal].type}_exporter`;
    this.signal = route.signal;
    this.attributes = {
      'otel.component.name': `${type}/0`,
      'otel.component.type': type,
      'server.address': hostname.replaceAll(/[[\]]/g, ''),
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
    };
  }

  began(itemCount: number): void {
    this.inflightCount += itemCount;
  }

  /** A batch that is to be tried again is not exported yet, and counts as little as one that waits. */
  ended(itemCount: number, sent: Sent, durationMs: number): void {
    this.inflightCount -= itemCount;
    const errorType = sent.status === 'sent' ? rejectedType(sent) : errorTypeOf(sent.reason);
    durations?.record(
      durationMs / 1000,
      errorType === '' ? this.attributes : { ...this.attributes, 'error.type': errorType },
    );
    if (sent.status === 'retry') return;
    const rejectedCount = sent.status === 'sent' ? Math.min(itemCount, sent.rejected?.count ?? 0) : itemCount;
    this.#count('', itemCount - rejectedCount);
    this.#count(errorType, rejectedCount);
  }

  #count(errorType: string, count: number): void {
    if (count === 0) return;
    const hasRoom = this.exportedCounts.has(errorType) || this.exportedCounts.size < mostErrorTypes;
    const type = hasRoom ? errorType : '_OTHER';
    this.exportedCounts.set(type, (this.exportedCounts.get(type) ?? 0) + count);
  }
}

function rejectedType({ rejected }: Extract<Sent, { status: 'sent' }>): string {
  return (rejected?.count ?? 0) > 0 ? 'rejected' : '';
}

function transportOf({ isGrpc, headers }: Route): string {
  if (isGrpc) return 'grpc';
  return headers['content-type'] === 'application/json' ? 'http_json' : 'http';
}

/** What a queue tells of itself. */
export interface QueueFigures {
  readonly signal: Signal;
  readonly size: number;
  readonly capacity: number;
  /** Items that left the queue on their way to the receiver. */
  readonly processedCount: number;
  /** Items for which there was no room. */
  readonly droppedCount: number;
}

let durations: Histogram | undefined;

/** @param queues - Of spans and of log records; each is asked at every collection. */
export function observeExport(
  meter: Meter,
  exporters: readonly ExportFigures[],
  queues: readonly (() => QueueFigures)[],
): void {
  durations = meter.createHistogram('otel.sdk.exporter.operation.duration', {
    description: 'The duration of exporting a batch of telemetry records.',
    unit: 's',
  });
  for (const figures of exporters) observeExporter(meter, figures);
  for (const figuresOf of queues) observeQueue(meter, figuresOf);
}

function observeExporter(meter: Meter, figures: ExportFigures): void {
  const { name, unit } = kinds[figures.signal];
  meter
    .createObservableUpDownCounter(`otel.sdk.exporter.${name}.inflight`, {
      description: 'Items which were passed to the exporter, but that have not been exported yet.',
      unit,
    })
    .addCallback((result) => result.observe(figures.inflightCount, figures.attributes));
  meter
    .createObservableCounter(`otel.sdk.exporter.${name}.exported`, {
      description: 'Items for which the export has finished, either successful or failed.',
      unit,
    })
    .addCallback((result) => {
      for (const [errorType, count] of figures.exportedCounts) {
        result.observe(
          count,
          errorType === '' ? figures.attributes : { ...figures.attributes, 'error.type': errorType },
        );
      }
    });
}

function observeQueue(meter: Meter, figuresOf: () => QueueFigures): void {
  const { type, name, unit } = kinds[figuresOf().signal];
  const component = `batching_${type}_processor`;
  const attributes = { 'otel.component.name': `${component}/0`, 'otel.component.type': component };
  meter
    .createObservableUpDownCounter(`otel.sdk.processor.${name}.queue.size`, {
      description: 'Items in the queue of the processor.',
      unit,
    })
    .addCallback((result) => result.observe(figuresOf().size, attributes));
  meter
    .createObservableUpDownCounter(`otel.sdk.processor.${name}.queue.capacity`, {
      description: 'The most items that the queue of the processor can hold.',
      unit,
    })
    .addCallback((result) => result.observe(figuresOf().capacity, attributes));
  meter
    .createObservableCounter(`otel.sdk.processor.${name}.processed`, {
      description: 'Items for which the processing has finished, either successful or failed.',
      unit,
    })
    .addCallback((result) => {
      const { processedCount, droppedCount } = figuresOf();
      result.observe(processedCount, attributes);
      if (droppedCount > 0) result.observe(droppedCount, { ...attributes, 'error.type': 'queue_full' });
    });
}
