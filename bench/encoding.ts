/**
 * What is left of a request's telemetry beside its span: encoding it, recording its duration, and the way of a log line to the collector.
 * Ours beside the stock pieces, in one process, turn by turn, by CPU time. `node bench/encoding.ts`; with --dry-run docs/benchmarks.md
 * stays as it is.
 */
import { createRequire } from 'node:module';

import type * as Api from '@opentelemetry/api';
import type * as Transformer from '@opentelemetry/otlp-transformer';
import type * as Resources from '@opentelemetry/resources';
import type * as SdkLogs from '@opentelemetry/sdk-logs';
import type * as SdkMetrics from '@opentelemetry/sdk-metrics';
import type * as SdkTrace from '@opentelemetry/sdk-trace';

import { encodeLogRecords } from '../src/export/log-encoder.ts';
import { RequestDurations } from '../src/export/request-durations.ts';
import { encodeSpans } from '../src/export/span-encoder.ts';
import { LineLoggerProvider } from '../src/logs/line-logger-provider.ts';
import type { LogLine } from '../src/logs/line-writer.ts';
import { emitLogLine, emitLogRecord } from '../src/logs/otlp-bridge.ts';
import { loadBefore, machineLine, publishSection } from './publish.ts';
import { spreadOf } from './statistics.ts';

const rounds = 15;
const spanCount = 512;

/** Names in this folder are looked up among the peers first, which bring other versions. */
const packageRequire = createRequire(new URL('../package.json', import.meta.url));
const { logs, SpanKind, SpanStatusCode } = own<typeof Api>('@opentelemetry/api');
const { ProtobufLogsSerializer, ProtobufTraceSerializer } = own<typeof Transformer>('@opentelemetry/otlp-transformer');
const { resourceFromAttributes } = own<typeof Resources>('@opentelemetry/resources');
const { LoggerProvider } = own<typeof SdkLogs>('@opentelemetry/sdk-logs');
const { AggregationTemporality, MeterProvider, MetricReader } = own<typeof SdkMetrics>('@opentelemetry/sdk-metrics');
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = own<typeof SdkTrace>('@opentelemetry/sdk-trace');

type Spans = ReturnType<SdkTrace.InMemorySpanExporter['getFinishedSpans']>;

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type that an import would have
function own<Package>(name: string): Package {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return packageRequire(name) as Package;
}

interface Contest {
  readonly name: string;
  /** Operations of one call, for the microseconds of each. */
  readonly operations: number;
  readonly calls: number;
  readonly stock: () => unknown;
  readonly ours: () => unknown;
}

/** @returns A row of the table. */
function compare({ name, operations, calls, stock, ours }: Contest): string {
  const times = { stock: [] as number[], ours: [] as number[] };
  for (let round = -2; round < rounds; round += 1) {
    const stockUs = cpuUs(calls, stock) / operations;
    const oursUs = cpuUs(calls, ours) / operations;
    // The first rounds belong to the compiler.
    if (round < 0) continue;
    times.stock.push(stockUs);
    times.ours.push(oursUs);
  }
  const ratio = spreadOf(times.stock.map((us, round) => us / (times.ours[round] ?? Number.NaN)));
  const [stockUs, oursUs] = [spreadOf(times.stock).median, spreadOf(times.ours).median];
  const shown = `${ratio.median.toFixed(2)} (${ratio.q1.toFixed(2)}–${ratio.q3.toFixed(2)})`;
  return `| ${name} | ${stockUs.toFixed(2)} | ${oursUs.toFixed(2)} | ${shown} |`;
}

/** Of one operation if each call has one. */
function cpuUs(calls: number, call: () => unknown): number {
  const start = process.cpuUsage();
  for (let index = 0; index < calls; index += 1) call();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / calls;
}

/** As the server instrumentation makes them: every attribute of a request with a client behind a proxy, one in ten with an error. */
function serverSpans(): Spans {
  const exporter = new InMemorySpanExporter();
  const tracers = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      'service.version': '1.2.3',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
      'process.runtime.version': process.version,
      'host.name': 'a-host-with-a-name',
    }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = tracers.getTracer('reqlens/http', '0.1.0');
  for (let index = 0; index < spanCount; index += 1) {
    const requestId = crypto.randomUUID();
    const isFailed = index % 10 === 0;
    const attributes = {
      'url.scheme': 'http',
      'http.request.method': 'GET',
      'server.address': 'shop.example.com',
      'server.port': 8080,
      'url.path': `/orders/${index * 7919}/lines`,
      'url.query': `page=${index % 7}&size=50`,
      'user_agent.original':
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'network.peer.address': '10.12.0.4',
      'network.peer.port': 40_000 + index,
      'client.address': `203.0.113.${index % 250}`,
      'network.protocol.version': '1.1',
      'reqlens.request.id': requestId,
      'http.request.header.x-request-id': [requestId],
    };
    const span = tracer.startSpan('GET', { kind: SpanKind.SERVER, attributes });
    span
      .setAttribute('http.response.status_code', isFailed ? 500 : 200)
      .setAttribute('http.route', '/orders/:id/lines');
    span.updateName('GET /orders/:id/lines');
    if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', '500');
    span.end();
  }
  return exporter.getFinishedSpans();
}

/** What one request has, of ten routes and three outcomes. */
interface Request {
  readonly method: string;
  readonly route: string;
  readonly statusCode: number;
  readonly durationS: number;
}

function requests(): Request[] {
  return Array.from({ length: 1000 }, (_, index) => ({
    method: index % 4 === 0 ? 'POST' : 'GET',
    route: `/shop/${index % 10}/orders/:id`,
    statusCode: index % 50 === 0 ? 500 : 200 + (index % 2),
    durationS: ((index * 7919) % 300) / 1000,
  }));
}

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> {
    // Holds nothing.
  }
  protected override async onForceFlush(): Promise<void> {
    // Holds nothing.
  }
}

/** As the server instrumentation did it with the SDK's histogram: the attributes are completed at the end of the request. */
function stockRecord(): (request: Request) => void {
  const meter = new MeterProvider({ readers: [new Reader()] }).getMeter('reqlens/http', '0.1.0');
  const histogram = meter.createHistogram('http.server.request.duration', {
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  });
  return ({ method, route, statusCode, durationS }) => {
    const attributes: Api.Attributes = {
      'http.request.method': method,
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
    };
    attributes['http.response.status_code'] = statusCode;
    attributes['http.route'] = route;
    if (statusCode >= 500) attributes['error.type'] = String(statusCode);
    histogram.record(durationS, attributes);
  };
}

function ourRecord(): (request: Request) => void {
  const durations = new RequestDurations({ name: 'reqlens/http', version: '0.1.0' });
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the peers' copy of the same types
  durations.producerFor(AggregationTemporality.CUMULATIVE);
  return ({ method, route, statusCode, durationS }) => {
    const errorType = statusCode >= 500 ? String(statusCode) : undefined;
    durations.record(durationS, { method, scheme: 'http', protocolVersion: '1.1', statusCode, route, errorType });
  };
}

/** Lines as a named logger writes them within a request. */
function logLines(): LogLine[] {
  const identity = [
    ',"request_id":"0198c0de-1111-7222-8333-123456789abc"',
    ',"trace_id":"0198c0de111172228333123456789abc"',
    ',"span_id":"0198c0de11117222","trace_flags":"01"',
  ].join('');
  const bindings = ',"logger":"publish_sync","pid":4711,"hostname":"a-host-with-a-name"';
  const [opening, timeMs] = ['{"level":"info"', 1_763_942_765_123];
  return Array.from({ length: spanCount }, (_, index) => {
    const fields = `,"product":${index},"shop":"north","msg":"${'a product was published '.repeat(5)}"}\n`;
    const json = `${opening},"time":"${new Date(timeMs).toISOString()}"${bindings}${identity}${fields}`;
    return { json, level: 30, timeMs, sequence: index, opening, bindings, identity, own: fields };
  });
}

type Records = SdkLogs.ReadableLogRecord[];

/** Where a provider's records go until they are encoded. */
class Collecting implements SdkLogs.LogRecordProcessor {
  #records: Records = [];

  onEmit(record: SdkLogs.ReadWriteLogRecord): void {
    record.setAttribute('log.record.uid', 'a-number');
    this.#records.push(record);
  }

  take(): Records {
    const taken = this.#records;
    this.#records = [];
    return taken;
  }

  async forceFlush(): Promise<void> {
    // Holds what `take` takes.
  }

  async shutdown(): Promise<void> {
    // Holds what `take` takes.
  }
}

/** Both providers get the same lines; which one the bridge finds is switched for each call. */
function lineContest(): Contest & { readonly records: Records } {
  const lines = logLines();
  const collecting = new Collecting();
  const resource = resourceFromAttributes({ 'service.name': 'shop' });
  const providers = {
    stock: new LoggerProvider({ resource, processors: [collecting] }),
    ours: new LineLoggerProvider({ resource, processors: [collecting] }),
  };
  const through = (provider: Api.LoggerProvider, emit: (line: LogLine) => void): Records => {
    logs.disable();
    logs.setGlobalLoggerProvider(provider);
    lines.forEach(emit);
    return collecting.take();
  };
  const bySdk = (): Records => through(providers.stock, (line) => emitLogRecord('publish_sync', line.level, line.json));
  return {
    name: "a named logger's line, from its text to the bytes",
    operations: lines.length,
    calls: 40,
    stock: () => ProtobufLogsSerializer.serializeRequest(bySdk()),
    ours: () => encodeLogRecords(through(providers.ours, (line) => emitLogLine('publish_sync', line))),
    records: bySdk(),
  };
}

const spans = serverSpans();
const line = lineContest();
const made = requests();
const recorders = { stock: stockRecord(), ours: ourRecord() };
const machine = `${machineLine()}, ${loadBefore()}`;
const rows = [
  compare({
    name: 'encode a server span',
    operations: spanCount,
    calls: 40,
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the peers' copy of the same types
    stock: () => ProtobufTraceSerializer.serializeRequest(spans),
    ours: () => encodeSpans(spans),
  }),
  compare({
    name: 'record a duration',
    operations: made.length,
    calls: 40,
    stock: () => made.forEach(recorders.stock),
    ours: () => made.forEach(recorders.ours),
  }),
  compare({
    name: "encode a log record of the SDK's",
    operations: spanCount,
    calls: 40,
    stock: () => ProtobufLogsSerializer.serializeRequest(line.records),
    ours: () => encodeLogRecords(line.records),
  }),
  compare(line),
];
const report = [
  `Measured on ${machine}. ${rounds} rounds, turn by turn; medians (quartiles).`,
  ['| step | stock, µs CPU | ours, µs CPU | stock / ours |', '|---|---|---|---|', ...rows].join('\n'),
].join('\n\n');
console.log(report);
if (!process.argv.includes('--dry-run')) publishSection('encoding', report);
