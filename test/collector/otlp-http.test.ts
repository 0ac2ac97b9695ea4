/** OTLP/HTTP as senders see it: status codes, content types and bodies, byte for byte. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createOtlpServer } from '../../collector/receive/otlp-server.ts';
import { SqliteStore } from '../../collector/store/sqlite-store.ts';
import { StoreUnavailableError } from '../../collector/store/telemetry-store.ts';
import {
  api,
  ask,
  type Answer,
  type Ask,
  type CollectorProcess,
  postJson,
  startCollectorProcess,
} from './collector-process.ts';
import { attributesJson, logsJson, spanJson, tracesJson } from './otlp-samples.ts';

const traceId = '0194b2f0a1b27c3d8e4f5a6b7c8d9e0f';
const json = JSON.stringify(tracesJson([spanJson(traceId, '00f067aa0ba902b7')]));
const asJson = { 'content-type': 'application/json' };
const asProtobuf = { 'content-type': 'application/x-protobuf' };
const mib = 1024 * 1024;

const post = async (collector: CollectorProcess, how: Ask, path = '/v1/traces'): Promise<Answer> =>
  ask(collector.otlpUrl + path, { method: 'POST', ...how });
const spansIn = async (collector: CollectorProcess): Promise<unknown> => {
  const { json: stats } = await api(collector, '/api/stats');
  return stats;
};
const seen = ({ status, headers, body }: Answer): readonly unknown[] => [
  status,
  headers['content-type'],
  body.toString('utf8'),
];

test('a request is answered 200 in its own encoding, with an empty response message', async () => {
  const collector = await startCollectorProcess('--memory');
  expect(seen(await post(collector, { headers: asJson, body: json }))).toStrictEqual([200, 'application/json', '{}']);
  expect(seen(await post(collector, { headers: asProtobuf, body: Buffer.alloc(0) }))).toStrictEqual([
    200,
    'application/x-protobuf',
    '',
  ]);
  const charset = { 'content-type': 'Application/JSON; charset=utf-8' };
  expect(seen(await post(collector, { headers: charset, body: json }))).toStrictEqual([200, 'application/json', '{}']);
  expect(await spansIn(collector)).toMatchObject({ spans: 1 });
});

test('gzip, deflate and chunked bodies are taken; another content-encoding is 415', async () => {
  const collector = await startCollectorProcess('--memory');
  const bodies: Ask[] = [
    { headers: { ...asJson, 'content-encoding': 'gzip' }, body: gzipSync(json) },
    { headers: { ...asJson, 'content-encoding': 'deflate' }, body: deflateSync(json) },
    { headers: { ...asJson, 'content-encoding': 'identity' }, body: json },
    { headers: asJson, body: [json.slice(0, 10), json.slice(10, 100), json.slice(100)] },
  ];
  for (const body of bodies) expect(seen(await post(collector, body))).toStrictEqual([200, 'application/json', '{}']);
  expect(seen(await post(collector, { headers: { ...asJson, 'content-encoding': 'br' }, body: json }))).toStrictEqual([
    415,
    'application/json',
    '{"code":3,"message":"content-encoding: expected gzip, deflate or identity, got \\"br\\""}',
  ]);
});

test('what cannot be decoded is 400 with a google.rpc.Status in the encoding of the request', async () => {
  const collector = await startCollectorProcess('--memory');
  const message = 'cannot decode the body as ExportTraceServiceRequest: field of 5 bytes at byte 2, where 1 are left';
  const refused = await post(collector, { headers: asProtobuf, body: Buffer.from([0x0a, 5, 0]) });
  expect([refused.status, refused.headers['content-type']]).toStrictEqual([400, 'application/x-protobuf']);
  expect(refused.body).toStrictEqual(
    Buffer.concat([Buffer.from([0x08, 3, 0x12, message.length]), Buffer.from(message)]),
  );
  expect(seen(await post(collector, { headers: asJson, body: '[]' }))).toStrictEqual([
    400,
    'application/json',
    '{"code":3,"message":"cannot decode the body as ExportTraceServiceRequest: expected a JSON object"}',
  ]);
  const notGzip = await post(collector, { headers: { ...asJson, 'content-encoding': 'gzip' }, body: json });
  expect(notGzip.status).toBe(400);
});

test('invalid spans are counted in partial_success, valid ones beside them are kept', async () => {
  const collector = await startCollectorProcess('--memory');
  const answer = await postJson(
    collector,
    '/v1/traces',
    tracesJson([spanJson('00', '11'), spanJson(traceId, '00f067aa0ba902b7')]),
  );
  expect(seen(answer)).toStrictEqual([
    200,
    'application/json',
    '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"trace_id must be 16 bytes and not all zero"}}',
  ]);
  // resource_spans { scope_spans { spans {} } }: one span without anything.
  const reason = 'trace_id must be 16 bytes and not all zero';
  const inProtobuf = await post(collector, { headers: asProtobuf, body: Buffer.from([0x0a, 4, 0x12, 2, 0x12, 0]) });
  const partial = Buffer.concat([Buffer.from([0x08, 1, 0x12, reason.length]), Buffer.from(reason)]);
  expect(inProtobuf.body).toStrictEqual(Buffer.concat([Buffer.from([0x0a, partial.length]), partial]));
  expect(await spansIn(collector)).toMatchObject({ spans: 1 });
});

test('a wrong method is 405 with Allow, a wrong path 404, a wrong content type 415', async () => {
  const collector = await startCollectorProcess('--memory');
  const wrongMethod = await ask(`${collector.otlpUrl}/v1/traces`, { method: 'PUT', headers: asJson, body: json });
  expect([wrongMethod.status, wrongMethod.headers.allow]).toStrictEqual([405, 'POST, OPTIONS']);
  expect((await post(collector, { headers: asJson, body: json }, '/v1/profiles')).status).toBe(404);
  expect(seen(await post(collector, { headers: { 'content-type': 'text/plain' }, body: json }))).toStrictEqual([
    415,
    'application/json',
    '{"code":3,"message":"content-type: expected application/x-protobuf or application/json"}',
  ]);
});

test('a body beyond 64 MiB is 413: announced, chunked, or only after decompression', async () => {
  const collector = await startCollectorProcess('--memory');
  const bomb = gzipSync(Buffer.alloc(65 * mib, 0x20));
  const inflated = await post(collector, { headers: { ...asProtobuf, 'content-encoding': 'gzip' }, body: bomb });
  const message = 'expected a body of at most 67108864 bytes after decompression';
  expect([inflated.status, inflated.body]).toStrictEqual([
    413,
    Buffer.concat([Buffer.from([0x08, 8, 0x12, message.length]), Buffer.from(message)]),
  ]);
  const fits = gzipSync(Buffer.concat([Buffer.from(json), Buffer.alloc(63 * mib, 0x20)]));
  expect((await post(collector, { headers: { ...asJson, 'content-encoding': 'gzip' }, body: fits })).status).toBe(200);

  const announced = await rawAnswer(collector, `Content-Length: ${65 * mib}`, []);
  expect(announced).toMatch(/^HTTP\/1\.1 413 /);
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(mib, 0x20), Buffer.from('\r\n')]);
  const chunked = await rawAnswer(
    collector,
    'Transfer-Encoding: chunked',
    Array.from({ length: 65 }, () => chunk),
  );
  expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
});

/** Sends a head and then pieces, as long as the other side takes them. @returns all that it answers. */
async function rawAnswer(collector: CollectorProcess, header: string, pieces: readonly Buffer[]): Promise<string> {
  const { port } = new URL(collector.otlpUrl);
  const socket = connect(Number(port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  // The other side may close while we still write.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(`POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${header}\r\n\r\n`);
  for (const piece of pieces) {
    if (answer !== '' || socket.destroyed) break;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
  }
  await closed;
  return answer;
}

test('pages of this machine may send from any port, others may not, and only a loopback Host is served', async () => {
  const collector = await startCollectorProcess('--memory');
  for (const origin of ['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080']) {
    const { status, headers } = await post(collector, { headers: { ...asJson, origin }, body: json });
    expect([status, headers['access-control-allow-origin'], headers.vary]).toStrictEqual([200, origin, 'Origin']);
    const preflight = await ask(`${collector.otlpUrl}/v1/traces`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,traceparent,x-my-key,cookie',
      },
    });
    expect([preflight.status, preflight.headers['access-control-allow-headers']]).toStrictEqual([
      204,
      'content-type, traceparent, x-my-key',
    ]);
  }
  for (const origin of [
    'http://localhost.evil.example',
    'http://evil.example',
    'null',
    'http://127.0.0.1.evil.example:80',
  ]) {
    const { headers } = await post(collector, { headers: { ...asJson, origin }, body: json });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect((await ask(`${collector.otlpUrl}/v1/traces`, { method: 'OPTIONS', headers: { origin } })).status).toBe(403);
  }
  const rebound = await post(collector, { headers: { ...asJson, host: 'evil.example:4318' }, body: json });
  expect(rebound.status).toBe(403);
});

test('a span sent again replaces the first, and counts once', async () => {
  const collector = await startCollectorProcess('--memory');
  const failed = spanJson(traceId, '00f067aa0ba902b7', { status: { code: 2 }, name: 'first' });
  await postJson(collector, '/v1/traces', tracesJson([failed, failed]));
  await postJson(collector, '/v1/traces', tracesJson([spanJson(traceId, '00f067aa0ba902b7', { name: 'second' })]));
  const { json: trace } = await api(collector, `/api/traces/${traceId}`);
  expect(trace).toMatchObject({ spans: [{ name: 'second', status: 'unset' }] });
  const { json: list } = await api(collector, '/api/requests');
  expect(list).toMatchObject({ requests: [{ name: 'second', isError: false, spanCount: 1, errorCount: 0 }] });
  expect(await spansIn(collector)).toMatchObject({ spans: 1 });
});

test('a log record sent again under its log.record.uid is kept once; without one it is kept each time', async () => {
  const collector = await startCollectorProcess('--memory');
  const uid = { body: { stringValue: 'once' }, attributes: attributesJson({ 'log.record.uid': '01JD' }), traceId };
  const logs = logsJson([uid, { body: { stringValue: 'each time' }, traceId }]);
  for (let round = 0; round < 3; round += 1) expect((await postJson(collector, '/v1/logs', logs)).status).toBe(200);
  const { json: trace } = await api(collector, `/api/traces/${traceId}`);
  expect(trace).toMatchObject({
    logs: [
      { body: 'once', logger: 'publish_sync' },
      { body: 'each time' },
      { body: 'each time' },
      { body: 'each time' },
    ],
  });
  expect(await spansIn(collector)).toMatchObject({ logRecords: 4 });
});

test('metric data points are counted in both encodings', async () => {
  const collector = await startCollectorProcess('--memory');
  const metrics = [
    { name: 'a', gauge: { dataPoints: [{}, {}] } },
    { name: 'b', histogram: { dataPoints: [{}] } },
  ];
  const body = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
  expect(seen(await postJson(collector, '/v1/metrics', body))).toStrictEqual([200, 'application/json', '{}']);
  // resource_metrics { scope_metrics { metrics { sum { data_points {} data_points {} } } } }
  const wire = Buffer.from([0x0a, 10, 0x12, 8, 0x12, 6, 0x3a, 4, 0x0a, 0, 0x0a, 0]);
  expect((await post(collector, { headers: asProtobuf, body: wire }, '/v1/metrics')).status).toBe(200);
  expect(await spansIn(collector)).toMatchObject({ metricDataPoints: 5 });
});

test('2,000 damaged bodies over the socket are answered 200 or 400, and the collector goes on', async () => {
  const collector = await startCollectorProcess('--memory');
  const whole = Buffer.from([
    0x0a, 24, 0x12, 22, 0x12, 20, 0x0a, 4, 1, 2, 3, 4, 0x12, 2, 5, 6, 0x2a, 1, 65, 0x4a, 3, 0x0a, 1, 66, 0x30, 2,
  ]);
  const statuses = new Set<number>();
  for (let round = 0; round < 2000; round += 1) {
    const body = Buffer.from(whole.subarray(0, 1 + (round % whole.length)));
    body[(round * 7) % body.length] = (round * 31) & 0xff;
    statuses.add((await post(collector, { headers: asProtobuf, body })).status);
  }
  expect(statuses).toStrictEqual(new Set([200, 400]));
  expect((await post(collector, { headers: asJson, body: json })).status).toBe(200);
});

test('a store that refuses is 503 with Retry-After, and any other failure of ours 500 without details', async () => {
  const failures: unknown[] = [];
  const errors = [
    new StoreUnavailableError('cannot store telemetry: the database refused it'),
    new TypeError('a secret'),
  ];
  const store = Object.create(SqliteStore.prototype, {
    addSpans: {
      value: () => {
        throw errors.shift() ?? new Error('asked too often');
      },
    },
  });
  const server = createOtlpServer(store, (error) => failures.push(error)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1/traces`;
  const full = await ask(url, { method: 'POST', headers: asJson, body: json });
  expect([full.headers['retry-after'], ...seen(full)]).toStrictEqual([
    '5',
    503,
    'application/json',
    '{"code":14,"message":"cannot store telemetry: the database refused it; send again later"}',
  ]);
  const broken = await ask(url, { method: 'POST', headers: asJson, body: json });
  expect(seen(broken)).toStrictEqual([
    500,
    'application/json',
    '{"code":13,"message":"the collector has failed on this request"}',
  ]);
  expect(failures.map(String)).toStrictEqual([
    'StoreUnavailableError: cannot store telemetry: the database refused it',
    'TypeError: a secret',
  ]);
});
