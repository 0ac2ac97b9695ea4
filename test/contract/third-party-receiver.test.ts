/** What we send is understood by a receiver that we did not write: rotel takes it, encodes it anew, and passes it on to where we look. */
import { connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startOtlpSink, type OtlpSink } from '../support/otlp-sink.ts';
import { rotelMissing, startRotel, type Rotel } from '../support/rotel.ts';

const why = rotelMissing === undefined ? '' : ` (skipped: ${rotelMissing})`;

describe.skipIf(rotelMissing !== undefined)(`stock telemetry through rotel${why}`, () => {
  let sink: OtlpSink;
  let rotel: Rotel;

  beforeAll(async () => {
    sink = await startOtlpSink();
    const started = await startRotel(sink.url);
    if (started === undefined) throw new Error('cannot start rotel: it was there a moment ago');
    rotel = started;
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
