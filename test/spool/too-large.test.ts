/** A batch that is too large for its receiver is halved, until what cannot be smaller is dropped and named. */
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { firstName, halves } from '../../src/export/otlp-parts.ts';
import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import { readLogs, readSpans } from '../support/otlp-reader.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { fiveLogRecords } from './five-records.ts';
import { untilTrue } from '../support/until-true.ts';
import {
  arrivedLines,
  arrivedSpans,
  lineNames,
  newSpool,
  receiverOn,
  spanNames,
  spooledCount,
  spooledFiles,
  spoolEnv,
  spoolingApp,
} from './spooling.ts';

/** 413 for what is larger. */
const limit = 20_000;
const env = { OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '64', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '64' };

test.each(['http/json'])(
  'over %s: every line that fits arrives once, the one that does not is named once',
  async (protocol) => {
    const spool = newSpool();
    const receiver = await receiverOn(0, { maxBytes: limit });
    const app = await spoolingApp({ ...spoolEnv(receiver.port, spool), ...env, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
    await app.get('/make?name=small&lines=63&spans=64&size=300');
    await app.get('/make?name=huge&lines=1&size=30000');
    await app.get('/make?name=after&lines=5');
    await receiver.until(
      () => arrivedLines(receiver, 'small').length === 63 && arrivedLines(receiver, 'after').length === 5,
    );
    await receiver.until(() => arrivedSpans(receiver, 'small').length === 64);
    await untilTrue(() => app.stderr().includes('for its size'));
    await app.get('/make?name=huge&lines=1&size=30000');
    await app.get('/end');
    const { stderr } = await app.exit;
    expect(arrivedLines(receiver, 'small')).toEqual(lineNames('small', 63));
    expect(arrivedSpans(receiver, 'small')).toEqual(spanNames('small', 64));
    expect(arrivedLines(receiver, 'huge')).toEqual([]);
    expect(stderr.match(/reqlens: [^\n]*/g)).toEqual([
      expect.stringMatching(
        /^reqlens: the collector refused one of the log records \(of webhooks\) for its size of \d+ KB: HTTP status 413.*; it is dropped$/,
      ),
      expect.stringMatching(/^reqlens: telemetry that did not arrive: \d log records? \(\d: too large\)$/),
    ]);
  },
);

test.each(['none', 'gzip'])(
  'over gRPC, compression %s, where the receiver says that a message is larger than its limit: the same',
  async (compression) => {
    const spool = newSpool();
    // What it may be on the wire is less, when it is compressed.
    const maxBytes = compression === 'gzip' ? 900 : limit;
    const receiver = await startGrpcReceiver(undefined, { maxBytes });
    const app = await spoolingApp({
      ...spoolEnv(0, spool),
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${receiver.host}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    });
    const unframed = (service: string): Buffer[] =>
      receiver.calls
        .filter(({ path }) => path.includes(service))
        .map(({ body }) => (body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5)));
    const lines = (name: string): string[] =>
      unframed('LogsService')
        .flatMap((body) => readLogs(body))
        .map(({ attributes }) => String(attributes.get('name')))
        .filter((each) => each.startsWith(`${name} line`))
        .toSorted();
    const spans = (): string[] =>
      unframed('TraceService')
        .flatMap((body) => readSpans(body))
        .map(({ name }) => name)
        .filter((each) => each.startsWith('small span'))
        .toSorted();
    await app.get('/make?name=small&lines=63&spans=64&size=300');
    await app.get(`/make?name=huge&lines=1&size=${compression === 'gzip' ? 900_000 : 30_000}`);
    await app.get('/make?name=after&lines=5');
    await receiver.until(() => lines('small').length === 63 && lines('after').length === 5 && spans().length === 64);
    await untilTrue(() => app.stderr().includes('for its size'));
    await app.get('/end');
    const { stderr } = await app.exit;
    await receiver.close();
    expect(lines('small')).toEqual(lineNames('small', 63));
    expect(lines('huge')).toEqual([]);
    expect(spans()).toEqual(spanNames('small', 64));
    expect(stderr.match(/reqlens: [^\n]*/g)).toEqual([
      expect.stringMatching(
        /^reqlens: the collector refused one of the log records \(of webhooks\) for its size of \d+ KB: gRPC status 8 \(RESOURCE_EXHAUSTED\): grpc: received message larger than max \(\d+ vs. \d+\); it is dropped$/,
      ),
      'reqlens: telemetry that did not arrive: 1 log record (1: too large)',
    ]);
    expect(spooledFiles(spool)).toEqual([]);
  },
);

test.each(['http/json', 'http/protobuf'])(
  'over %s: a metric whose data points are too many is dropped alone, named, and counted by them',
  async (protocol) => {
    const receiver = await receiverOn(0, { maxBytes: limit });
    const app = await spoolingApp({
      ...spoolEnv(receiver.port, newSpool()),
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_METRIC_EXPORT_TIMEOUT: '500',
      OTEL_TRACES_EXPORTER: 'none',
    });
    await app.get('/points?count=1000');
    await untilTrue(() => app.stderr().includes('for its size'));
    await app.get('/end');
    const { stderr } = await app.exit;
    const [said, atEnd, ...others] = stderr.match(/reqlens: [^\n]*/g) ?? [];
    expect(said).toMatch(
      /^reqlens: the collector refused the 1000 data points of a metric \("many\.points" of spooling\) for its size of \d+ KB: HTTP status 413; it is dropped$/,
    );
    // It is too large at each export.
    const lost = /^reqlens: telemetry that did not arrive: (\d+) data points \(\1: too large\)$/.exec(atEnd ?? '');
    expect(Number(lost?.[1]) % 1000).toBe(0);
    expect(others).toEqual([]);
  },
);

test('a batch that waited on disk is halved as well', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp({ ...spoolEnv(port, spool), ...env });
  await app.get('/make?name=waited&lines=60&size=800');
  await untilTrue(() => spooledCount(spool, 'logs') >= 60);
  const receiver = await receiverOn(port, { maxBytes: limit });
  await receiver.until(() => arrivedLines(receiver, 'waited').length >= 60);
  expect(arrivedLines(receiver, 'waited')).toEqual(lineNames('waited', 60));
  await untilTrue(() => spooledFiles(spool).length === 0);
});

test('protobuf is taken apart without a loss, and the first item has its name', () => {
  const body = fiveLogRecords();
  const [first, second] = halves(body, 'application/x-protobuf') ?? [];
  const bodies = [first, second].map((half) => readLogs(Buffer.from(half ?? [])).map((record) => record.body));
  expect(bodies).toEqual([
    ['0', '1', '2'],
    ['3', '4'],
  ]);
  expect(firstName(body, 'application/x-protobuf')).toEqual({ scope: 'webhooks', name: '' });
});

test.each(['application/json', 'application/x-protobuf'])('what is not OTLP stays whole: %s', (contentType) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('{"a":1}'), Buffer.from([0x0a, 0xff, 0xff]), Buffer.from([0x0b])]) {
    expect(halves(bytes, contentType)).toBe(undefined);
    expect(firstName(bytes, contentType)).toBe(undefined);
  }
});
