/** OTLP requests in JSON. Unknown fields are ignored, as the specification asks. */
import type { Attributes, Batch, LogRecord, SpanRecord } from '../store/telemetry-store.ts';
import { BatchCollector, cleanLog, cleanSpan, type Decoded, DecodeError, logProblem, spanProblem } from './decoded.ts';
import {
  anyValue,
  attributesOf,
  enumOf,
  hexOf,
  isObject,
  listOf,
  objectOf,
  stringOf,
  unixNanoOf,
} from './json-values.ts';

type JsonObject = Record<string, unknown>;

const kinds = {
  SPAN_KIND_UNSPECIFIED: 0,
  SPAN_KIND_INTERNAL: 1,
  SPAN_KIND_SERVER: 2,
  SPAN_KIND_CLIENT: 3,
  SPAN_KIND_PRODUCER: 4,
  SPAN_KIND_CONSUMER: 5,
} as const;
const statusCodes = { STATUS_CODE_UNSET: 0, STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 } as const;
const severities: Readonly<Record<string, number>> = Object.fromEntries(
  ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, group) =>
    ['', '2', '3', '4'].map((suffix, step) => [`SEVERITY_NUMBER_${name}${suffix}`, group * 4 + step + 1]),
  ),
);

/** ExportTraceServiceRequest. @throws DecodeError when the value is not one. */
export function decodeJsonTraces(body: unknown): Decoded<SpanRecord> {
  const collector = new BatchCollector<SpanRecord>(spanProblem);
  for (const [resource, scopes] of resourceGroups(body, 'resourceSpans', 'scopeSpans')) {
    for (const scope of scopes) collector.add(resource, scopeOf(scope), listOf(scope, 'spans').map(toSpan));
  }
  return collector.finish();
}

/** ExportLogsServiceRequest. @throws DecodeError when the value is not one. */
export function decodeJsonLogs(body: unknown): Decoded<LogRecord> {
  const collector = new BatchCollector<LogRecord>(logProblem);
  for (const [resource, scopes] of resourceGroups(body, 'resourceLogs', 'scopeLogs')) {
    for (const scope of scopes) collector.add(resource, scopeOf(scope), listOf(scope, 'logRecords').map(toLog));
  }
  return collector.finish();
}

function resourceGroups(body: unknown, groups: string, scopes: string): [Attributes, readonly JsonObject[]][] {
  if (!isObject(body)) throw new DecodeError('expected a JSON object');
  return listOf(body, groups).map((group) => [
    attributesOf(objectOf(group, 'resource'), 'attributes'),
    listOf(group, scopes),
  ]);
}

function scopeOf(group: JsonObject): Batch<unknown>['scope'] {
  const scope = objectOf(group, 'scope');
  return { name: stringOf(scope, 'name'), version: stringOf(scope, 'version') };
}

function toSpan(json: JsonObject): SpanRecord {
  const status = objectOf(json, 'status');
  return cleanSpan({
    traceId: hexOf(json, 'traceId'),
    spanId: hexOf(json, 'spanId'),
    parentSpanId: hexOf(json, 'parentSpanId'),
    name: stringOf(json, 'name'),
    kind: enumOf(json, 'kind', kinds),
    startUnixNano: unixNanoOf(json, 'startTimeUnixNano'),
    endUnixNano: unixNanoOf(json, 'endTimeUnixNano'),
    status: enumOf(status, 'code', statusCodes),
    statusMessage: stringOf(status, 'message'),
    attributes: attributesOf(json, 'attributes'),
    events: listOf(json, 'events').map((event) => ({
      name: stringOf(event, 'name'),
      timeUnixNano: unixNanoOf(event, 'timeUnixNano'),
      attributes: attributesOf(event, 'attributes'),
    })),
    links: listOf(json, 'links').map((link) => ({
      traceId: hexOf(link, 'traceId'),
      spanId: hexOf(link, 'spanId'),
      attributes: attributesOf(link, 'attributes'),
    })),
  });
}

function toLog(json: JsonObject): LogRecord {
  const body = anyValue(json['body']);
  const eventName = stringOf(json, 'eventName');
  const attributes = attributesOf(json, 'attributes');
  return cleanLog({
    timeUnixNano: unixNanoOf(json, 'timeUnixNano'),
    observedTimeUnixNano: unixNanoOf(json, 'observedTimeUnixNano'),
    severityNumber: enumOf(json, 'severityNumber', severities),
    severityText: stringOf(json, 'severityText'),
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: eventName === '' ? attributes : { 'event.name': eventName, ...attributes },
    traceId: hexOf(json, 'traceId'),
    spanId: hexOf(json, 'spanId'),
  });
}
