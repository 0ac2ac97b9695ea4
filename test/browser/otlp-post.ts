/** Builds OTLP/JSON and posts it to a collector, as an application's exporter would. */
import { randomBytes } from 'node:crypto';

/** A span in the short form of these tests. */
export interface TestSpan {
  readonly id?: string;
  readonly parent?: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. Default 1. */
  readonly kind?: number;
  /** From the start of the trace. */
  readonly atMs: number;
  readonly forMs: number;
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly events?: readonly TestEvent[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** An event of a span. */
interface TestEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** A log line in the short form. */
export interface TestLog {
  readonly span?: string;
  readonly atMs: number;
  /** OpenTelemetry severity number. */
  readonly severity: number;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** Whose spans, of which trace. */
export interface Sender {
  readonly otlpUrl: string;
  readonly service: string;
  readonly traceId: string;
  /** Unix milliseconds of the trace's start. */
  readonly startMs: number;
}

/** 16 hex digits. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** A UUIDv4, and the trace id of the same digits. */
export function newRequest(): { readonly requestId: string; readonly traceId: string } {
  const requestId = crypto.randomUUID();
  return { requestId, traceId: requestId.replaceAll('-', '') };
}

/** @throws when the collector does not answer 200. */
export async function postSpans(sender: Sender, spans: readonly TestSpan[]): Promise<void> {
  const scopeSpans = [
    { scope: { name: 'shop', version: '1.4.0' }, spans: spans.map((span) => spanJson(sender, span)) },
  ];
  await post(`${sender.otlpUrl}/v1/traces`, { resourceSpans: [{ resource: resource(sender), scopeSpans }] });
}

/** @throws when the collector does not answer 200. */
export async function postLogs(sender: Sender, logger: string, logs: readonly TestLog[]): Promise<void> {
  const scopeLogs = [{ scope: { name: logger }, logRecords: logs.map((log) => logJson(sender, log)) }];
  await post(`${sender.otlpUrl}/v1/logs`, { resourceLogs: [{ resource: resource(sender), scopeLogs }] });
}

function spanJson({ traceId, startMs }: Sender, span: TestSpan): object {
  return {
    traceId,
    spanId: span.id ?? newSpanId(),
    ...(span.parent === undefined ? {} : { parentSpanId: span.parent }),
    name: span.name,
    kind: span.kind ?? 1,
    startTimeUnixNano: nanos(startMs + span.atMs),
    endTimeUnixNano: nanos(startMs + span.atMs + span.forMs),
    status: span.error === undefined ? {} : { code: 2, message: span.error },
    attributes: keyValues(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: nanos(startMs + event.atMs),
      attributes: keyValues(event.attributes),
    })),
    links: span.links ?? [],
  };
}

const severityTexts = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function logJson({ traceId, startMs }: Sender, log: TestLog): object {
  return {
    ...(log.span === undefined ? {} : { spanId: log.span }),
    traceId,
    timeUnixNano: nanos(startMs + log.atMs),
    severityNumber: log.severity,
    severityText: severityTexts[Math.ceil(log.severity / 4) - 1] ?? '',
    body: { stringValue: log.body },
    attributes: keyValues(log.attributes),
  };
}

function resource({ service }: Sender): object {
  const version = { 'service.version': '2026.11.3', 'host.name': 'shop-7f9c', 'process.runtime.name': 'nodejs' };
  return { attributes: keyValues({ 'service.name': service, ...version }) };
}

function keyValues(values: Readonly<Record<string, string | number | boolean>> = {}): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function nanos(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
