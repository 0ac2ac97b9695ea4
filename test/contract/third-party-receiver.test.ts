/** What we send is understood by a receiver that we did not write: rotel takes it, encodes it anew, and passes it on to where we look. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Found, TraceView } from '../../collector/view/api-types.ts';
import { startOtlpSink, type OtlpSink } from '../support/otlp-sink.ts';
import { rotelMissing, startRotel, type Rotel } from '../support/rotel.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const why = rotelMissing === undefined ? '' : ` (skipped: ${rotelMissing})`;

describe.skipIf(rotelMissing !== undefined)(`stock telemetry through rotel${why}`, () => {
  let sink: OtlpSink;
  let rotel: Rotel;

  beforeAll(async () => {
    sink = await startOtlpSink();
    rotel = await startRotelSurely(sink.url);
  });

  afterAll(async () => {
    await rotel.stop();
    await sink.stop();
  });

  test.for([
    ['http/protobuf', ProtobufTraceSerializer, 'application/x-protobuf'],
    ['http/json', JsonTraceSerializer, 'application/json'],
  ] as const)(
    'a span sent as %s arrives with its ids, name and attributes',
    async ([name, serializer, contentType]) => {
      const exporter = new InMemorySpanExporter();
      const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
      const span = provider
        .getTracer('contract')
        .startSpan(`stock ${name}`, { attributes: { 'reqlens.request.id': name, retries: 3 } });
      span.end();
      const request = serializer.serializeRequest(exporter.getFinishedSpans());

      expect(await post(`${rotel.httpUrl}/v1/traces`, request, contentType)).toBe(200);

      const arrived = await sink.waitForSpan((each) => each.name === `stock ${name}`);
      const { traceId, spanId } = span.spanContext();
      expect(arrived).toMatchObject({ traceId, spanId, parentSpanId: '' });
      expect(Object.fromEntries(arrived.attributes)).toEqual({ 'reqlens.request.id': name, retries: 3n });
    },
  );

  test.for([
    ['http/protobuf', ProtobufLogsSerializer, 'application/x-protobuf'],
    ['http/json', JsonLogsSerializer, 'application/json'],
  ] as const)(
    'a log record sent as %s arrives with its body and attributes',
    async ([name, serializer, contentType]) => {
      const exporter = new InMemoryLogRecordExporter();
      const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
      provider.getLogger('contract').emit({ body: `stock ${name}`, attributes: { 'reqlens.request.id': name } });
      await provider.forceFlush();
      const request = serializer.serializeRequest(exporter.getFinishedLogRecords());

      expect(await post(`${rotel.httpUrl}/v1/logs`, request, contentType)).toBe(200);

      const arrived = await sink.waitForLog((each) => each.body === `stock ${name}`);
      expect(Object.fromEntries(arrived.attributes)).toEqual({ 'reqlens.request.id': name });
    },
  );

  test('a span sent over gRPC arrives', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    provider.getTracer('contract').startSpan('stock grpc').end();

    const status = await postGrpc(rotel.grpcUrl, ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans()));

    expect(status).toBe('0');
    const [span] = exporter.getFinishedSpans();
    expect((await sink.waitForSpan((each) => each.name === 'stock grpc')).traceId).toBe(span?.spanContext().traceId);
  });
});

describe.skipIf(rotelMissing !== undefined)(`an application under the preload, through rotel${why}`, () => {
  let sink: OtlpSink;
  let rotel: Rotel;

  beforeAll(async () => {
    sink = await startOtlpSink();
    rotel = await startRotelSurely(sink.url);
  });

  afterAll(async () => {
    await rotel.stop();
    await sink.stop();
  });

  test.for(['http/protobuf', 'http/json', 'grpc'] as const)(
    'over %s its span and its log line arrive with the request id of the response',
    async (protocol) => {
      const requestId = `contract-${protocol}`;
      const endpoint = protocol === 'grpc' ? rotel.grpcUrl : rotel.httpUrl;
      expect(await visitApp({ endpoint, protocol, requestId })).toBe(requestId);

      const span = await sink.waitForSpan(({ attributes }) => attributes.get('reqlens.request.id') === requestId);
      const log = await sink.waitForLog(({ attributes }) => attributes.get('reqlens.request.id') === requestId);
      expect({ body: log.body, traceId: log.traceId, spanId: log.spanId }).toEqual({
        body: 'published',
        traceId: span.traceId,
        spanId: span.spanId,
      });
      expect(span.resource.get('service.name')).toBe('contract');
    },
  );
});

describe.skipIf(rotelMissing !== undefined)(
  `an application under the preload, through rotel, to the embedded collector${why}`,
  () => {
    let collector: EmbeddedCollector;
    let rotel: Rotel;

    beforeAll(async () => {
      collector = await startEmbeddedCollector();
      rotel = await startRotelSurely(collector.otlpUrl);
    });

    afterAll(async () => {
      await rotel.stop();
      await collector.stop();
    });

    test('its request is found there by the id from the response, with its log line', async () => {
      const requestId = await visitApp({ endpoint: rotel.httpUrl, protocol: 'http/protobuf' });
      const trace = await collector.waitForTrace(requestId);
      expect(trace.requestId).toBe(requestId);
      expect(trace.spans.map(({ kind, service }) => ({ kind, service }))).toEqual([
        { kind: 'server', service: 'contract' },
      ]);
      expect(trace.logs.map(({ body, logger }) => ({ body, logger }))).toEqual([
        { body: 'published', logger: 'publish_sync' },
      ]);
    });

    test('every line of three loggers is there, in the order in which they were logged', async () => {
      const requestId = await visitApp({ endpoint: rotel.httpUrl, protocol: 'http/protobuf', path: '/many' });
      await expect
        .poll(async () => (await collector.waitForTrace(requestId)).logs.length, { timeout: 20_000 })
        .toBe(600);
      const { logs } = await collector.waitForTrace(requestId);
      const names = ['publish_sync', 'wordpress_api', 'webhooks'];
      expect(logs.map(({ body, logger }) => `${logger}: ${body}`)).toEqual(
        Array.from({ length: 600 }, (_, n) => `${names[n % 3]}: line ${n}`),
      );
    });
  },
);

async function startRotelSurely(forwardTo: string): Promise<Rotel> {
  const rotel = await startRotel(forwardTo);
  if (rotel === undefined) throw new Error('cannot start rotel: it was there a moment ago');
  return rotel;
}

interface Visit {
  readonly endpoint: string;
  readonly protocol: string;
  readonly requestId?: string;
  readonly path?: string;
}

/** Starts the application, sends one request, and lets it end. @returns The X-Request-ID of the response. */
async function visitApp({ endpoint, protocol, requestId, path = '/' }: Visit): Promise<string> {
  const app = fork(fileURLToPath(new URL('traced-app.mjs', import.meta.url)), {
    cwd: root,
    execArgv: ['--import', './register.js'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_SERVICE_NAME: 'contract',
      REQLENS_LOGGERS: 'publish_sync:file=none,wordpress_api:file=none,webhooks:file=none',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(app, 'exit');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- traced-app.mjs sends it
  const [{ port }] = (await once(app, 'message')) as [{ readonly port: number }];
  const headers: Record<string, string> = requestId === undefined ? {} : { 'x-request-id': requestId };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await response.text();
  // Not a wait for the batch timer: what an application has at SIGTERM must arrive too.
  app.kill('SIGTERM');
  await ended;
  return response.headers.get('x-request-id') ?? 'none';
}

interface EmbeddedCollector {
  readonly otlpUrl: string;
  /** Asks the query API as the viewer does, until the request is there with its log line. */
  waitForTrace(requestId: string): Promise<TraceView>;
  stop(): Promise<void>;
}

async function startEmbeddedCollector(): Promise<EmbeddedCollector> {
  const command = ['dist/src/cli/main.js', 'collector', '--memory', '--otlp-port', '0', '--viewer-port', '0'];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let said = '';
  const urls = (): string[] => said.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (urls().length >= 2) break;
  }
  const [otlpUrl, viewerUrl] = urls();
  if (otlpUrl === undefined || viewerUrl === undefined) throw new Error(`cannot start the collector, it said: ${said}`);
  return {
    otlpUrl,
    waitForTrace: (requestId) => pollForTrace(viewerUrl, requestId),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function pollForTrace(viewerUrl: string, requestId: string): Promise<TraceView> {
  for (;;) {
    const found = await getJson<Found>(`${viewerUrl}/api/find?q=${encodeURIComponent(requestId)}`);
    const trace =
      found.kind === 'trace' ? await getJson<TraceView>(`${viewerUrl}/api/traces/${found.traceId}`) : undefined;
    if (trace !== undefined && trace.spans.length > 0 && trace.logs.length > 0) return trace;
    await pause(50);
  }
}

async function getJson<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`expected 200 from ${url}, got ${response.status}: ${await response.text()}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API's types are the collector's promise
  return (await response.json()) as Answer;
}

async function post(url: string, body: Uint8Array | undefined, contentType: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: new Uint8Array(body ?? []),
  });
  return response.status;
}

/** One unary call by hand: five bytes of framing before the message. @returns grpc-status, '0' for OK. */
async function postGrpc(url: string, body: Uint8Array | undefined): Promise<string> {
  const session = connect(url);
  const call = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let status = 'none';
  call.on('trailers', (trailers) => (status = String(trailers['grpc-status'])));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(body?.length ?? 0, 1);
  call.end(Buffer.concat([frame, body ?? Buffer.alloc(0)]));
  await buffer(call);
  session.close();
  return status;
}
