/** How each signal is encoded and carried: OTEL_EXPORTER_OTLP_PROTOCOL and its three variants. */
import { expect, test } from 'vitest';

import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import { untilReceived, visit, visitByDefault, visitWithBad, visitWithBadOnes } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_PROTOCOL';
const variants = ['TRACES', 'LOGS', 'METRICS'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`);
const env = { OTEL_METRIC_EXPORT_INTERVAL: '600' };
const options = { env, path: '/all?stay', until: untilReceived('metrics') };

/** Content type by path. */
function types({ requests }: Awaited<ReturnType<typeof visit>>): unknown {
  return Object.fromEntries(requests.map(({ path, headers }) => [path, headers['content-type']]));
}

const json = 'application/json';
const protobuf = 'application/x-protobuf';

test('unset and blank mean http/protobuf', async () => {
  for (const sighting of await visitByDefault(all, options)) {
    expect(types(sighting)).toEqual({ '/v1/traces': protobuf, '/v1/logs': protobuf, '/v1/metrics': protobuf });
    // The body is Protobuf indeed: field 1 (resource spans), length-delimited, and the path of the request in clear.
    const body = sighting.requests.find(({ path }) => path === '/v1/traces')?.body;
    expect(body?.[0]).toBe(0x0a);
    expect(body?.includes('url.path')).toBe(true);
  }
});

test('http/json is JSON for all signals', async () => {
  const sighting = await visit({ ...env, [all]: 'HTTP/JSON' }, options);
  expect(sighting.stderr).toBe('');
  expect(types(sighting)).toEqual({ '/v1/traces': json, '/v1/logs': json, '/v1/metrics': json });
});

test.each(variants)('%s wins for its signal; blank leaves it to the general one', async (variable) => {
  const own = `/v1/${variable.split('_').at(-2)?.toLowerCase()}`;
  const expected = { '/v1/traces': json, '/v1/logs': json, '/v1/metrics': json };
  const sighting = await visit({ ...env, [all]: 'http/json', [variable]: 'http/protobuf' }, options);
  expect(sighting.stderr).toBe('');
  expect(types(sighting)).toEqual({ ...expected, [own]: protobuf });
});

test('grpc calls the three services', async () => {
  const grpc = await startGrpcReceiver();
  try {
    const { stderr } = await visit(
      { ...env, [all]: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: `http://${grpc.host}` },
      { ...options, until: async () => grpc.until((calls) => calls.some(({ path }) => path.includes('Metrics'))) },
    );
    expect(stderr).toBe('');
  } finally {
    await grpc.close();
  }
  const prefix = '/opentelemetry.proto.collector';
  expect([...new Set(grpc.calls.map(({ path }) => path))].toSorted()).toEqual([
    `${prefix}.logs.v1.LogsService/Export`,
    `${prefix}.metrics.v1.MetricsService/Export`,
    `${prefix}.trace.v1.TraceService/Export`,
  ]);
  expect(grpc.calls.every(({ headers }) => headers['content-type']?.startsWith('application/grpc'))).toBe(true);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected http/protobuf, http/json or grpc; http/protobuf is used';
  expect(types(await visitWithBad({ variable: all, value: 'http', complaint }))).toEqual({ '/v1/traces': protobuf });
});

test("a signal's bad value is reported, and the general one goes on", async () => {
  const complaint = 'expected http/protobuf, http/json or grpc; http/json is used';
  const bad = variants.map((variable) => ({ variable, value: 'json', complaint }));
  const sighting = await visitWithBadOnes(bad, { env: { [all]: 'http/json' } });
  expect(types(sighting)).toEqual({ '/v1/traces': json });
});
