/** Encodes metrics as an OTLP ExportMetricsServiceRequest by the stock serializer, of what it can make valid OTLP of. */
import { diag } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { DataPoint, MetricData, ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';

export interface EncodedMetrics {
  /** Undefined when nothing of them can be encoded. */
  readonly body: Uint8Array | undefined;
  /** Data points in it. */
  readonly itemCount: number;
  /** Data points of metrics that no OTLP can be made of; they are gone. */
  readonly unencodableCount: number;
}

/** The SDK takes any attributes for metrics, without a look at them: https://opentelemetry.io/docs/specs/otel/common/#attribute. */
export function encodeMetrics(metrics: ResourceMetrics): EncodedMetrics {
  const { scopeMetrics } = metrics;
  const pointCount = pointsIn(scopeMetrics);
  const body = encodedAll(metrics);
  if (body !== undefined) return { body, itemCount: pointCount, unencodableCount: 0 };
  // One of them cannot be encoded; which one is found out here, and said.
  const encodable = scopeMetrics.map((entry) => ({ ...entry, metrics: encodableOf(metrics, entry) }));
  const itemCount = pointsIn(encodable);
  return {
    body:
      itemCount === 0 ? undefined : ProtobufMetricsSerializer.serializeRequest({ ...metrics, scopeMetrics: encodable }),
    itemCount,
    unencodableCount: pointCount - itemCount,
  };
}

function pointsIn(scopeMetrics: readonly ScopeMetrics[]): number {
  return scopeMetrics.flatMap(({ metrics }) => metrics).reduce((count, { dataPoints }) => count + dataPoints.length, 0);
}

function encodedAll(metrics: ResourceMetrics): Uint8Array | undefined {
  try {
    return ProtobufMetricsSerializer.serializeRequest({
      ...metrics,
      scopeMetrics: metrics.scopeMetrics.map(cleanScope),
    });
  } catch {
    // Each is tried alone then, and what the error was is said of the one that has it.
    return undefined;
  }
}

/** Each metric alone: what cannot be encoded is dropped, the others are sent. */
function encodableOf(of: ResourceMetrics, entry: ScopeMetrics): MetricData[] {
  return entry.metrics.flatMap((metric) => {
    try {
      const clean = cleanMetric(metric);
      const alone = { ...of, scopeMetrics: [{ ...entry, metrics: [clean] }] };
      return ProtobufMetricsSerializer.serializeRequest(alone) === undefined ? [] : [clean];
    } catch (error) {
      diag.error('export: a metric cannot be encoded and is dropped, the others are sent', error);
      return [];
    }
  });
}

function cleanScope(entry: ScopeMetrics): ScopeMetrics {
  return { ...entry, metrics: entry.metrics.map(cleanMetric) };
}

function cleanMetric(metric: MetricData): MetricData {
  if (metric.dataPoints.every(isClean)) return metric;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same kind of points, with other attributes
  return { ...metric, dataPoints: metric.dataPoints.map(cleanPoint) } as MetricData;
}

function isClean({ attributes }: DataPoint<unknown>): boolean {
  for (const key of Object.keys(attributes)) if (key === '' || !isPlain(attributes[key])) return false;
  return true;
}

function cleanPoint(point: DataPoint<unknown>): DataPoint<unknown> {
  return { ...point, attributes: plainAttributes(point.attributes) };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
}

/** Texts, numbers, booleans and lists of them stay as they are; of anything else the text is sent. */
function plainAttributes(attributes: Attributes): Attributes {
  const named = Object.entries(attributes).filter(([key, value]) => key !== '' && value !== undefined);
  return Object.fromEntries(
    named.map(([key, value]) => [key, isPlain(value) || isPlainList(value) ? value : textOf(value)]),
  );
}

function isPlainList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isPlain);
}

function textOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value === 'bigint' ? String(value) : typeof value;
  try {
    return JSON.stringify(value);
  } catch {
    // Circular, or with a getter that throws: there is no better word for it.
    return '[Object]';
  }
}
