/** Reads OTLP in JSON the way assertions want it: flat lists, attributes as plain objects. */
import type { ReceivedRequest } from './otlp-receiver.ts';

type PlainAttributes = Readonly<Record<string, unknown>>;

export interface PlainSpan {
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: PlainAttributes;
  readonly events: readonly { readonly name: string; readonly attributes: PlainAttributes }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: PlainAttributes;
  }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string | undefined };
  /** Name of the instrumentation. */
  readonly scope: string;
  readonly resource: PlainAttributes;
}

export interface PlainLogRecord {
  readonly body: unknown;
  readonly severityText: string | undefined;
  readonly severityNumber: number;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  /** Name of the logger. */
  readonly scope: string;
  /** Unix milliseconds; NaN when the sender gave none. */
  readonly timeMs: number;
  readonly attributes: PlainAttributes;
  readonly resource: PlainAttributes;
}

export interface PlainMetric {
  readonly name: string;
  /** 1 delta, 2 cumulative; undefined for gauges. */
  readonly temporality: number | undefined;
  readonly resource: PlainAttributes;
}

export function spansOf(requests: readonly ReceivedRequest[]): PlainSpan[] {
  return entries(requests, ['resourceSpans', 'scopeSpans', 'spans']).map(({ item, scope, resource }) => ({
    name: text(item['name']) ?? '',
    kind: Number(item['kind']),
    traceId: text(item['traceId']) ?? '',
    spanId: text(item['spanId']) ?? '',
    parentSpanId: text(item['parentSpanId']) || undefined,
    attributes: attributesOf(item),
    events: objects(item['events']).map((event) => ({
      name: text(event['name']) ?? '',
      attributes: attributesOf(event),
    })),
    links: objects(item['links']).map((link) => ({
      traceId: text(link['traceId']) ?? '',
      spanId: text(link['spanId']) ?? '',
      attributes: attributesOf(link),
    })),
    status: {
      code: Number(object(item['status'])['code'] ?? 0),
      message: text(object(item['status'])['message']),
    },
    scope,
    resource,
  }));
}

export function logsOf(requests: readonly ReceivedRequest[]): PlainLogRecord[] {
  return entries(requests, ['resourceLogs', 'scopeLogs', 'logRecords']).map(({ item, scope, resource }) => ({
    body: valueOf(item['body']),
    severityText: text(item['severityText']),
    severityNumber: Number(item['severityNumber'] ?? 0),
    traceId: text(item['traceId']) || undefined,
    spanId: text(item['spanId']) || undefined,
    scope,
    timeMs: Number(item['timeUnixNano']) / 1e6,
    attributes: attributesOf(item),
    resource,
  }));
}

export function metricsOf(requests: readonly ReceivedRequest[]): PlainMetric[] {
  return entries(requests, ['resourceMetrics', 'scopeMetrics', 'metrics']).map(({ item, resource }) => {
    const points = object(item['sum'] ?? item['histogram'] ?? item['gauge']);
    const temporality = points['aggregationTemporality'];
    return {
      name: text(item['name']) ?? '',
      temporality: temporality === undefined ? undefined : Number(temporality),
      resource,
    };
  });
}

type Fields = Readonly<Record<string, unknown>>;

interface Entry {
  readonly item: Fields;
  readonly scope: string;
  readonly resource: PlainAttributes;
}

/** Walks resource -> scope -> item of every request that has them. */
function entries(
  requests: readonly ReceivedRequest[],
  [outer, middle, inner]: readonly [string, string, string],
): readonly Entry[] {
  const groups = requests.flatMap(({ json }) => objects(object(json)[outer]));
  return groups.flatMap((group) => {
    const resource = attributesOf(object(group['resource']));
    return objects(group[middle]).flatMap((scoped) => {
      const scope = text(object(scoped['scope'])['name']) ?? '';
      return objects(scoped[inner]).map((item) => ({ item, scope, resource }));
    });
  });
}

function attributesOf(owner: Fields): PlainAttributes {
  return Object.fromEntries(objects(owner['attributes']).map(({ key, value }) => [String(key), valueOf(value)]));
}

/** AnyValue: one field that says its type; 64-bit integers come as strings or numbers. */
function valueOf(value: unknown): unknown {
  const fields = object(value);
  if ('arrayValue' in fields) return objects(object(fields['arrayValue'])['values']).map(valueOf);
  if ('kvlistValue' in fields) return attributesOf({ attributes: object(fields['kvlistValue'])['values'] });
  if ('intValue' in fields) return Number(fields['intValue']);
  return fields['stringValue'] ?? fields['boolValue'] ?? fields['doubleValue'];
}

function object(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function objects(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
