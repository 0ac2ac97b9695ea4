/** OTLP/JSON requests for tests. */

type Json = Record<string, unknown>;

/** A KeyValue list of strings and whole numbers. */
export const attributesJson = (attributes: Readonly<Record<string, string | number | readonly string[]>>): Json[] =>
  Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { stringValue: value } };
    if (typeof value === 'number') return { key, value: { intValue: value } };
    return { key, value: { arrayValue: { values: value.map((text) => ({ stringValue: text })) } } };
  });

/** ExportTraceServiceRequest with these spans of one service. */
export const tracesJson = (spans: readonly Json[], service = 'shop', instance = '1'): Json => ({
  resourceSpans: [
    {
      resource: { attributes: attributesJson({ 'service.name': service, 'service.instance.id': instance }) },
      scopeSpans: [{ scope: { name: 'test', version: '1' }, spans }],
    },
  ],
});

/** ExportLogsServiceRequest with these records of one service and logger. */
export const logsJson = (logRecords: readonly Json[], service = 'shop'): Json => ({
  resourceLogs: [
    {
      resource: { attributes: attributesJson({ 'service.name': service }) },
      scopeLogs: [{ scope: { name: 'publish_sync' }, logRecords }],
    },
  ],
});

/** A server span of 12 ms; `extra` overrides its fields. */
export const spanJson = (traceId: string, spanId: string, extra: Json = {}): Json => ({
  traceId,
  spanId,
  name: 'GET /cart',
  kind: 2,
  startTimeUnixNano: '1763932800000000000',
  endTimeUnixNano: '1763932800012000000',
  ...extra,
});
