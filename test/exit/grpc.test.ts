/** The exit over OTLP/gRPC. */
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { runProgram } from './ending.ts';
import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import { deadPort, startScriptedReceiver } from '../support/scripted-receiver.ts';

const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', REQLENS_SHUTDOWN_TIMEOUT: '15000' };

for (const compression of ['none', 'gzip']) {
  test(`the last log line arrives over gRPC, compression ${compression}`, async () => {
    const receiver = await startGrpcReceiver();
    const exit = await runProgram(['log'], {
      ...grpc,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${receiver.host}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    });
    await receiver.close();
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(receiver.calls.map(({ path }) => path)).toEqual([
      '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    ]);
    const body = receiver.calls[0]?.body ?? Buffer.alloc(5);
    const message = body.subarray(5);
    expect(body.readUInt8(0)).toBe(compression === 'gzip' ? 1 : 0);
    expect(body.readUInt32BE(1)).toBe(message.byteLength);
    expect((compression === 'gzip' ? gunzipSync(message) : message).toString()).toContain('from a program');
  });
}

test('spans arrive over gRPC while the process runs, once', async () => {
  const receiver = await startGrpcReceiver();
  const exit = await runProgram(['spans', '3000'], {
    ...grpc,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${receiver.host}`,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRICS_EXPORTER: 'none',
  });
  await receiver.close();
  expect(exit).toMatchObject({ code: 0, stderr: '' });
  const text = Buffer.concat(receiver.calls.map(({ body }) => body)).toString('latin1');
  expect(text.match(/span \d/g)).toHaveLength(20);
});

test('nobody there: one line, and no wait', async () => {
  const port = await deadPort();
  const exit = await runProgram(['spans', '300'], { ...grpc, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  expect(exit.code).toBe(0);
  expect(exit.stderr).toMatch(/^reqlens: no collector answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\);.*\n$/);
});

test('an HTTP/1 server on the port of a gRPC receiver is none: the exit is not held by it', async () => {
  const receiver = await startScriptedReceiver();
  const exit = await runProgram(['log'], { ...grpc, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await receiver.close();
  expect(exit.code).toBe(0);
  expect(receiver.requests).toEqual([]);
});
