/**
 * The messages of OTLP's requests by field number, as JSON names them. Written from
 * https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto; only what a request of ours can hold.
 */

/** How a value stands on the wire, and what it is in JSON. `hex` is what OTLP makes of the bytes of ids. */
export type ScalarKind =
  | 'string'
  | 'bytes'
  | 'hex'
  | 'bool'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'enum'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

export interface MessageField {
  readonly name: string;
  readonly kind: ScalarKind | Message;
  /** Lists of numbers are packed: all in one value. */
  readonly isList: boolean;
}

/** Fields by number. */
export type Message = ReadonlyMap<number, MessageField>;

type Fields = Readonly<Record<number, readonly [name: string, kind: ScalarKind | Message, isList?: 'list']>>;

function message(fields: Fields): Map<number, MessageField> {
  return new Map(
    Object.entries(fields).map(([number, [name, kind, list]]) => [
      Number(number),
      { name, kind, isList: list !== undefined },
    ]),
  );
}

const anyValue = message({
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
  7: ['bytesValue', 'bytes'],
});
const keyValue: Message = message({ 1: ['key', 'string'], 2: ['value', anyValue] });
// The two that hold values themselves.
anyValue.set(5, { name: 'arrayValue', kind: message({ 1: ['values', anyValue, 'list'] }), isList: false });
anyValue.set(6, { name: 'kvlistValue', kind: message({ 1: ['values', keyValue, 'list'] }), isList: false });

const resource = message({ 1: ['attributes', keyValue, 'list'], 2: ['droppedAttributesCount', 'uint32'] });
const scope = message({
  1: ['name', 'string'],
  2: ['version', 'string'],
  3: ['attributes', keyValue, 'list'],
  4: ['droppedAttributesCount', 'uint32'],
});

/** All three signals: resources, in each of them scopes, in each of them the items. */
function request(names: readonly [resources: string, scopes: string, items: string], item: Message): Message {
  const [resources, scopes, items] = names;
  const ofScope = message({ 1: ['scope', scope], 2: [items, item, 'list'], 3: ['schemaUrl', 'string'] });
  const ofResource = message({ 1: ['resource', resource], 2: [scopes, ofScope, 'list'], 3: ['schemaUrl', 'string'] });
  return message({ 1: [resources, ofResource, 'list'] });
}

const event = message({
  1: ['timeUnixNano', 'fixed64'],
  2: ['name', 'string'],
  3: ['attributes', keyValue, 'list'],
  4: ['droppedAttributesCount', 'uint32'],
});
const link = message({
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['attributes', keyValue, 'list'],
  5: ['droppedAttributesCount', 'uint32'],
  6: ['flags', 'fixed32'],
});
const span = message({
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'enum'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', keyValue, 'list'],
  10: ['droppedAttributesCount', 'uint32'],
  11: ['events', event, 'list'],
  12: ['droppedEventsCount', 'uint32'],
  13: ['links', link, 'list'],
  14: ['droppedLinksCount', 'uint32'],
  15: ['status', message({ 2: ['message', 'string'], 3: ['code', 'enum'] })],
  16: ['flags', 'fixed32'],
});

const logRecord = message({
  1: ['timeUnixNano', 'fixed64'],
  2: ['severityNumber', 'enum'],
  3: ['severityText', 'string'],
  5: ['body', anyValue],
  6: ['attributes', keyValue, 'list'],
  7: ['droppedAttributesCount', 'uint32'],
  8: ['flags', 'fixed32'],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  11: ['observedTimeUnixNano', 'fixed64'],
  12: ['eventName', 'string'],
});

const numberPoint = message({
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['asDouble', 'double'],
  6: ['asInt', 'sfixed64'],
  7: ['attributes', keyValue, 'list'],
  8: ['flags', 'uint32'],
});
const histogramPoint = message({
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', 'fixed64', 'list'],
  7: ['explicitBounds', 'double', 'list'],
  9: ['attributes', keyValue, 'list'],
  10: ['flags', 'uint32'],
  11: ['min', 'double'],
  12: ['max', 'double'],
});
const buckets = message({ 1: ['offset', 'sint32'], 2: ['bucketCounts', 'uint64', 'list'] });
const exponentialPoint = message({
  1: ['attributes', keyValue, 'list'],
  2: ['startTimeUnixNano', 'fixed64'],
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['scale', 'sint32'],
  7: ['zeroCount', 'fixed64'],
  8: ['positive', buckets],
  9: ['negative', buckets],
  10: ['flags', 'uint32'],
  12: ['min', 'double'],
  13: ['max', 'double'],
});
const temporality = ['aggregationTemporality', 'enum'] as const;
const metric = message({
  1: ['name', 'string'],
  2: ['description', 'string'],
  3: ['unit', 'string'],
  5: ['gauge', message({ 1: ['dataPoints', numberPoint, 'list'] })],
  7: ['sum', message({ 1: ['dataPoints', numberPoint, 'list'], 2: temporality, 3: ['isMonotonic', 'bool'] })],
  9: ['histogram', message({ 1: ['dataPoints', histogramPoint, 'list'], 2: temporality })],
  10: ['exponentialHistogram', message({ 1: ['dataPoints', exponentialPoint, 'list'], 2: temporality })],
});

/** ExportTraceServiceRequest. */
export const traceRequest: Message = request(['resourceSpans', 'scopeSpans', 'spans'], span);
/** ExportLogsServiceRequest. */
export const logsRequest: Message = request(['resourceLogs', 'scopeLogs', 'logRecords'], logRecord);
/** ExportMetricsServiceRequest. */
export const metricsRequest: Message = request(['resourceMetrics', 'scopeMetrics', 'metrics'], metric);
