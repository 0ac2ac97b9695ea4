/** Counts the data points of an ExportMetricsServiceRequest; they are not stored yet. */
import { DecodeError } from './decoded.ts';
import { bytesTag, WireReader } from './wire-reader.ts';
import { isObject, listOf } from './json-values.ts';

/** Metric.data: gauge 5, sum 7, histogram 9, exponential histogram 10, summary 11; each has its points in field 1. */
const dataTags: ReadonlySet<number> = new Set([5, 7, 9, 10, 11].map(bytesTag));
const dataNames = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;

/** @throws WireError when the bytes are not such a request. */
export function countProtobufPoints(body: Buffer): number {
  return countField(new WireReader(body), bytesTag(1), (resource) =>
    countField(resource, bytesTag(2), (scope) => countField(scope, bytesTag(2), countMetric)),
  );
}

function countField(wire: WireReader, wanted: number, count: (wire: WireReader) => number): number {
  let total = 0;
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === wanted) total += wire.message(count);
    else wire.skip(tag);
  }
  return total;
}

function countMetric(wire: WireReader): number {
  let total = 0;
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (dataTags.has(tag)) total += wire.message((points) => countField(points, bytesTag(1), checkPoint));
    else wire.skip(tag);
  }
  return total;
}

/** Walks over the point so that a cut-off one is noticed. */
function checkPoint(wire: WireReader): number {
  while (wire.hasMore()) wire.skip(wire.tag());
  return 1;
}

/** @throws DecodeError when the value is not such a request. */
export function countJsonPoints(body: unknown): number {
  if (!isObject(body)) throw new DecodeError('expected a JSON object');
  let total = 0;
  for (const resource of listOf(body, 'resourceMetrics')) {
    for (const scope of listOf(resource, 'scopeMetrics')) total += countJsonMetrics(listOf(scope, 'metrics'));
  }
  return total;
}

function countJsonMetrics(metrics: readonly Record<string, unknown>[]): number {
  let total = 0;
  for (const metric of metrics) {
    for (const name of dataNames) {
      const points = metric[name];
      total += isObject(points) ? listOf(points, 'dataPoints').length : 0;
    }
  }
  return total;
}
