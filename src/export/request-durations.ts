/**
 * `http.server.request.duration`, aggregated here and handed to the SDK's readers. The SDK's own histogram sorts and stringifies the
 * attributes of every record to find their series; a key made of known fields does the same in a fraction of the time.
 */
import { ValueType } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import type { InstrumentationScope } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, InstrumentType } from '@opentelemetry/sdk-metrics';
import type { CollectionResult, DataPoint, Histogram, MetricProducer } from '@opentelemetry/sdk-metrics';

/** What tells the series of request durations apart; undefined is left out of the attributes. */
export interface RequestSeries {
  readonly method: string;
  readonly scheme: string;
  readonly protocolVersion: string;
  readonly statusCode: number | undefined;
  readonly route: string | undefined;
  readonly errorType: string | undefined;
}

/** @param durationS - In seconds. */
export type RecordDuration = (durationS: number, request: RequestSeries) => void;

/** In seconds (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration). */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** With `type` and `advice`, as the SDK's own have them: the console exporter shows all of it. */
const descriptor = {
  name: 'http.server.request.duration',
  type: InstrumentType.HISTOGRAM,
  description: 'Duration of HTTP server requests.',
  unit: 's',
  valueType: ValueType.DOUBLE,
  advice: { explicitBucketBoundaries: boundaries },
};

/** https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits: 2000, one of which is for all others. */
const maxSeries = 1999;
const overflowKey = 'overflow';
const overflowAttributes: Attributes = { 'otel.metric.overflow': true };

/** Methods and outcomes that one route mostly has; keys of others are made each time. */
const maxKeysOfRoute = 8;

/** One series since its start. */
interface Series {
  readonly attributes: Attributes;
  readonly counts: number[];
  startMs: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

export class RequestDurations {
  readonly #scope: InstrumentationScope;
  readonly #tables: SeriesTable[] = [];
  readonly #keys = new SeriesKeys();

  /** @param scope - What the metric says it comes from. */
  constructor(scope: InstrumentationScope) {
    this.#scope = scope;
  }

  /** For one reader: what one has collected, others still have to. */
  producerFor(temporality: AggregationTemporality): MetricProducer {
    const table = new SeriesTable(temporality);
    this.#tables.push(table);
    return {
      collect: async (): Promise<CollectionResult> => {
        const dataPoints = table.collect(Date.now());
        const metric = {
          descriptor,
          aggregationTemporality: temporality,
          dataPointType: DataPointType.HISTOGRAM as const,
          dataPoints,
        };
        const scopeMetrics = dataPoints.length === 0 ? [] : [{ scope: this.#scope, metrics: [metric] }];
        // The reader puts its own resource in place of this one.
        return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
      },
    };
  }

  readonly record: RecordDuration = (durationS, request) => {
    if (this.#tables.length === 0) return;
    const key = this.#keys.keyOf(request);
    for (const table of this.#tables) table.record(key, durationS, request);
  };
}

/** The series of one reader: since the start of the program, or since it collected last. */
class SeriesTable {
  readonly #isDelta: boolean;
  #series = new Map<string, Series>();
  /** Those of the collection before, for the start of the next. */
  #last: ReadonlyMap<string, Series> = new Map<string, Series>();
  #lastMs = 0;

  constructor(temporality: AggregationTemporality) {
    this.#isDelta = temporality === AggregationTemporality.DELTA;
  }

  record(key: string, value: number, request: RequestSeries): void {
    const series = this.#series.get(key) ?? this.#newSeries(key, request);
    series.count += 1;
    series.sum += value;
    if (value < series.min) series.min = value;
    if (value > series.max) series.max = value;
    let bucket = 0;
    while (bucket < boundaries.length && value > (boundaries[bucket] ?? Infinity)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  }

  collect(nowMs: number): DataPoint<Histogram>[] {
    const series = this.#series;
    if (this.#isDelta) this.#startAnew(nowMs);
    const endTime = millisToHrTime(nowMs);
    return [...series.values()].map(({ attributes, startMs, counts, count, sum, min, max }) => ({
      attributes,
      startTime: millisToHrTime(startMs),
      endTime,
      value: { min, max, sum, buckets: { boundaries, counts: [...counts] }, count },
    }));
  }

  /** A series that goes on starts where it ended, one that was away at its first value: as with the SDK. */
  #startAnew(nowMs: number): void {
    for (const [key, series] of this.#series) if (this.#last.has(key)) series.startMs = this.#lastMs;
    this.#last = this.#series;
    this.#lastMs = nowMs;
    this.#series = new Map();
  }

  #newSeries(key: string, request: RequestSeries): Series {
    if (this.#series.size < maxSeries) return this.#add(key, attributesOf(request));
    return this.#series.get(overflowKey) ?? this.#add(overflowKey, overflowAttributes);
  }

  #add(key: string, attributes: Attributes): Series {
    const counts = Array.from({ length: boundaries.length + 1 }, () => 0);
    const series = { attributes, counts, startMs: Date.now(), count: 0, sum: 0, min: Infinity, max: -Infinity };
    this.#series.set(key, series);
    return series;
  }
}

/** Keys that were made before: to make one and hash it takes six times as long as to find it here (bench/encoding.ts). */
class SeriesKeys {
  readonly #byRoute = new Map<string | undefined, { readonly request: RequestSeries; readonly key: string }[]>();

  keyOf(request: RequestSeries): string {
    const known = this.#byRoute.get(request.route);
    if (known === undefined) return this.#firstOf(request);
    for (const each of known) if (isSame(each.request, request)) return each.key;
    const key = newKey(request);
    if (known.length < maxKeysOfRoute) known.push({ request: { ...request }, key });
    return key;
  }

  #firstOf(request: RequestSeries): string {
    const key = newKey(request);
    if (this.#byRoute.size < maxSeries) this.#byRoute.set(request.route, [{ request: { ...request }, key }]);
    return key;
  }
}

function isSame(one: RequestSeries, other: RequestSeries): boolean {
  return (
    one.statusCode === other.statusCode &&
    one.method === other.method &&
    one.errorType === other.errorType &&
    one.protocolVersion === other.protocolVersion &&
    one.scheme === other.scheme
  );
}

/** Routes and error types may hold any character, so the length says where one ends and the other begins. */
function newKey({ method, scheme, protocolVersion, statusCode, route, errorType }: RequestSeries): string {
  const fixed = `${method} ${scheme} ${protocolVersion} ${statusCode ?? ''}`;
  if (route === undefined && errorType === undefined) return fixed;
  return `${fixed} ${route?.length ?? ''} ${route ?? ''}${errorType === undefined ? '' : ` ${errorType}`}`;
}

function attributesOf({ method, scheme, protocolVersion, statusCode, route, errorType }: RequestSeries): Attributes {
  return {
    'http.request.method': method,
    'url.scheme': scheme,
    'network.protocol.version': protocolVersion,
    ...(statusCode === undefined ? {} : { 'http.response.status_code': statusCode }),
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  };
}
