/** Reads OTLP in JSON into flat lists with attributes as plain objects, every field that a comparison needs included. */

export type PlainAttributes = Readonly<Record<string, unknown>>;

export interface PlainSpan {
  readonly scope: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for a root span. */
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  /** W3C trace flags in the low byte; bit 8 and 9 say whether the parent was remote. */
  readonly flags: number | undefined;
  readonly status: { readonly code: number; readonly message: string | undefined };
  readonly attributes: PlainAttributes;
  readonly events: readonly { readonly name: string; readonly attributes: PlainAttributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
}

export interface PlainHistogram {
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** 1 delta, 2 cumulative. */
  readonly temporality: number;
  readonly points: readonly PlainPoint[];
}

interface PlainPoint {
  readonly attributes: PlainAttributes;
  readonly count: number;
  /** In the histogram's unit. */
  readonly sum: number;
  readonly bounds: readonly number[];
}

/** @param bodies - Parsed `ExportTraceServiceRequest` messages. */
export function spansOf(bodies: readonly unknown[]): PlainSpan[] {
  return entries(bodies, ['resourceSpans', 'scopeSpans', 'spans']).map(({ item, scope }) => {
    const status = fieldsOf(item['status']);
    return {
      scope,
      name: String(item['name']),
      kind: Number(item['kind']),
      traceId: String(item['traceId']),
      spanId: String(item['spanId']),
      parentSpanId: text(item['parentSpanId']),
      traceState: text(item['traceState']),
      flags: item['flags'] === undefined ? undefined : Number(item['flags']),
      status: { code: Number(status['code'] ?? 0), message: text(status['message']) },
      attributes: attributesOf(item),
      events: listOf(item['events']).map((event) => ({
        name: String(event['name']),
        attributes: attributesOf(event),
      })),
      links: listOf(item['links']).map((link) => ({
        traceId: String(link['traceId']),
        spanId: String(link['spanId']),
      })),
      startNs: BigInt(String(item['startTimeUnixNano'])),
    };
  });
}

/** @param bodies - Parsed `ExportMetricsServiceRequest` messages. */
export function histogramsOf(bodies: readonly unknown[]): PlainHistogram[] {
  return entries(bodies, ['resourceMetrics', 'scopeMetrics', 'metrics']).flatMap(({ item, scope }) => {
    if (item['histogram'] === undefined) return [];
    const histogram = fieldsOf(item['histogram']);
    return [
      {
        scope,
        name: String(item['name']),
        unit: String(item['unit']),
        description: String(item['description']),
        temporality: Number(histogram['aggregationTemporality']),
        points: listOf(histogram['dataPoints']).map((point) => ({
          attributes: attributesOf(point),
          count: Number(point['count']),
          sum: Number(point['sum']),
          bounds: Array.isArray(point['explicitBounds']) ? point['explicitBounds'].map(Number) : [],
        })),
      },
    ];
  });
}

/** The sum of all points of a counter in the newest export that has it; 0 when none has. */
export function counterValue(bodies: readonly unknown[], name: string): number {
  const found = entries(bodies, ['resourceMetrics', 'scopeMetrics', 'metrics']).findLast(
    ({ item }) => item['name'] === name,
  );
  const points = listOf(fieldsOf(found?.item['sum'])['dataPoints']);
  return points.reduce((total, point) => total + Number(point['asInt'] ?? point['asDouble']), 0);
}

type Fields = Readonly<Record<string, unknown>>;

/** Walks resource -> scope -> item of every message. */
function entries(
  bodies: readonly unknown[],
  [outer, middle, inner]: readonly [string, string, string],
): { readonly item: Fields; readonly scope: string }[] {
  return bodies
    .flatMap((body) => listOf(fieldsOf(body)[outer]))
    .flatMap((group) => listOf(group[middle]))
    .flatMap((group) => {
      const scope = String(fieldsOf(group['scope'])['name']);
      return listOf(group[inner]).map((item) => ({ item, scope }));
    });
}

function attributesOf(owner: Fields): PlainAttributes {
  return Object.fromEntries(listOf(owner['attributes']).map(({ key, value }) => [String(key), valueOf(value)]));
}

/** AnyValue has one field, which says the type; 64-bit integers come as strings or numbers. */
function valueOf(value: unknown): unknown {
  const fields = fieldsOf(value);
  if ('arrayValue' in fields) return listOf(fieldsOf(fields['arrayValue'])['values']).map(valueOf);
  if ('intValue' in fields) return Number(fields['intValue']);
  return fields['stringValue'] ?? fields['boolValue'] ?? fields['doubleValue'];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
