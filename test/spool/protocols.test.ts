/** The same over protobuf and gRPC, and through our own collector: nothing lost, nothing doubled. */
import { once } from 'node:events';

import { expect, test } from 'vitest';

import { startCollectorProcess } from '../collector/collector-process.ts';
import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import { readSpans } from '../support/otlp-reader.ts';
import { startOtlpSink } from '../support/otlp-sink.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { newSpool, spanNames, spooledCount, spooledFiles, spoolEnv, spoolingApp } from './spooling.ts';
import { untilTrue } from '../support/until-true.ts';

test('http/protobuf', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp({ ...spoolEnv(port, spool), OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' });
  await app.get('/make?name=a&spans=95&lines=50');
  await untilTrue(() => spooledCount(spool, 'trace') >= 90 && spooledCount(spool, 'logs') >= 50);
  const sink = await startOtlpSink(port);
  await untilTrue(() => sink.spans.length >= 96 && sink.logs.length >= 50 && spooledFiles(spool).length === 0);
  await sink.stop();
  expect(
    sink.spans
      .map(({ name }) => name)
      .filter((name) => name.startsWith('a span'))
      .toSorted(),
  ).toEqual(spanNames('a', 95));
  expect(sink.logs).toHaveLength(50);
});

test('gRPC', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const env = { ...spoolEnv(port, spool), OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_LOGS_EXPORTER: 'none' };
  const app = await spoolingApp(env);
  await app.get('/make?name=a&spans=95');
  await untilTrue(() => spooledCount(spool, 'trace') >= 90);
  const receiver = await startGrpcReceiver(undefined, { port });
  await untilTrue(() => receiver.calls.length >= 10 && spooledFiles(spool).length === 0);
  app.signal('SIGKILL');
  await app.exit;
  await receiver.close();
  const arrived = receiver.calls.flatMap(({ body }) => readSpans(body.subarray(5))).map(({ name }) => name);
  expect(arrived.filter((name) => name.startsWith('a span')).toSorted()).toEqual(spanNames('a', 95));
});

test('our collector is stopped in the middle of it all and started again: each span and record is there once', async () => {
  const spool = newSpool();
  const first = await startCollectorProcess('--memory');
  const port = Number(new URL(first.otlpUrl).port);
  const env = { ...spoolEnv(port, spool), OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
  const apps = await Promise.all([spoolingApp(env), spoolingApp(env)]);
  await first.stop('SIGKILL');
  await Promise.all(apps.map(async (app, index) => app.get(`/make?name=p${index}&spans=300&lines=300`)));
  await untilTrue(() => spooledCount(spool, 'trace') >= 580 && spooledCount(spool, 'logs') >= 580);
  const second = await startCollectorProcess('--memory', `--otlp-port=${port}`);
  await Promise.all(apps.map(async (app) => app.get('/end')));
  await Promise.all(apps.map(async (app) => app.exit));
  // What is still on disk when they are gone is for the next one, which makes spans alone.
  const last = await spoolingApp(env);
  await last.get('/make?name=last&spans=10');
  await untilTrue(() => spooledFiles(spool).length === 0);
  await last.get('/end');
  await last.exit;
  // Each request has a span; three ended a process, one asked for the last ten.
  expect(await countsOf(second.viewerUrl)).toMatchObject({ spans: 600 + 10 + 6, logRecords: 600 });
  second.child.kill();
  await once(second.child, 'exit');
});

async function countsOf(viewerUrl: string): Promise<unknown> {
  const response = await fetch(`${viewerUrl}/api/stats`);
  return response.json();
}
