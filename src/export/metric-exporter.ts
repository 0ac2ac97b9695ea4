/** Lets the SDK's periodic reader send metrics our way. */
import { ExportResultCode } from '@opentelemetry/core';
import type { ExportResult } from '@opentelemetry/core';
import { AggregationTemporality, InstrumentType } from '@opentelemetry/sdk-metrics';
import type { PushMetricExporter, ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import type { Config } from '../config/config.ts';
import { jsonRequest } from './json-request.ts';
import { encodeMetrics } from './metric-encoder.ts';
import { metricsRequest } from './otlp-messages.ts';
import { payloadsWithin } from './payload-halves.ts';
import type { Payload } from './sent.ts';
import type { Delivery } from './delivery.ts';

/** What is not taken now waits as it is: its times are those of its data points, so that a gap is filled, with delta temporality too. */
export class OtlpMetricExporter implements PushMetricExporter {
  readonly #delivery: Delivery;
  readonly #config: Config['metrics'];
  readonly #maxBytes: number;

  /** @param maxBytes - Of one request. */
  constructor(delivery: Delivery, config: Config['metrics'], maxBytes: number) {
    this.#delivery = delivery;
    this.#config = config;
    this.#maxBytes = maxBytes;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    const scopeMetrics = mergedByScope(metrics.scopeMetrics);
    const { body, itemCount, unencodableCount } = encodeMetrics({ ...metrics, scopeMetrics });
    if (unencodableCount > 0) this.#delivery.countUnencodable(unencodableCount, body === undefined);
    if (body === undefined) {
      done({ code: ExportResultCode.FAILED, error: new Error('the metrics could not be encoded') });
      return;
    }
    const isJson = this.#config.otlp.protocol === 'http/json';
    void this.#send({ body: isJson ? jsonRequest(body, metricsRequest) : body, itemCount }, done);
  }

  async #send(payload: Payload, done: (result: ExportResult) => void): Promise<void> {
    const contentType = this.#config.otlp.protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
    await this.#delivery.sendAll(payloadsWithin(payload, { contentType, signal: 'metrics' }, this.#maxBytes));
    done({ code: ExportResultCode.SUCCESS });
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return temporality(this.#config.temporality, instrument);
  }

  async forceFlush(): Promise<void> {
    // Holds nothing.
  }

  async shutdown(): Promise<void> {
    // Holds nothing.
  }
}

/** A reader has the metrics of one scope in two entries when some of them come from a producer of ours; receivers see one scope. */
function mergedByScope(entries: readonly ScopeMetrics[]): ScopeMetrics[] {
  const merged = new Map<string, ScopeMetrics>();
  for (const { scope, metrics } of entries) {
    const key = JSON.stringify([scope.name, scope.version, scope.schemaUrl]);
    merged.set(key, { scope, metrics: [...(merged.get(key)?.metrics ?? []), ...metrics] });
  }
  return [...merged.values()];
}

/** https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/#additional-environment-variable-configuration */
function temporality(preference: Config['metrics']['temporality'], instrument: InstrumentType): AggregationTemporality {
  const { CUMULATIVE, DELTA } = AggregationTemporality;
  switch (instrument) {
    case InstrumentType.COUNTER:
    case InstrumentType.HISTOGRAM:
    case InstrumentType.GAUGE:
      return preference === 'cumulative' ? CUMULATIVE : DELTA;
    case InstrumentType.OBSERVABLE_COUNTER:
      return preference === 'delta' ? DELTA : CUMULATIVE;
    case InstrumentType.OBSERVABLE_GAUGE:
    case InstrumentType.UP_DOWN_COUNTER:
    case InstrumentType.OBSERVABLE_UP_DOWN_COUNTER:
      return CUMULATIVE;
    default:
      return instrument satisfies never;
  }
}
