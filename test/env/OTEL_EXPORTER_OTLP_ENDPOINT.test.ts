/** Where the signals go: OTEL_EXPORTER_OTLP_ENDPOINT and its three variants. */
import { expect, test } from 'vitest';

import { untilReceived, visit, visitWithBad } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const traces = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const logs = 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
const metrics = 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT';
const env = { OTEL_METRIC_EXPORT_INTERVAL: '600' };
const options = { env, path: '/all?stay', until: untilReceived('metrics') };

/** Each path that something was sent to, once. */
function paths({ requests }: Awaited<ReturnType<typeof visit>>): string[] {
  return [...new Set(requests.map(({ path }) => path))].toSorted();
}

/** What the start-up line says of the addresses. */
async function started(value: string | undefined, protocol: string): Promise<string> {
  // REQLENS_SHUTDOWN_TIMEOUT=0: whoever may listen on the standard port gets nothing from this test.
  const { stderr } = await visit({
    [all]: value,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    REQLENS_STARTUP_LINE: 'true',
    REQLENS_SHUTDOWN_TIMEOUT: '0',
  });
  return stderr;
}

test('unset and blank mean localhost and the port of the protocol', async () => {
  const http =
    'traces=otlp:http/json:http://localhost:4318/v1/traces logs=otlp:http/json:http://localhost:4318/v1/logs metrics=otlp:http/json:http://localhost:4318/v1/metrics ';
  const grpc =
    'traces=otlp:grpc:http://localhost:4317 logs=otlp:grpc:http://localhost:4317 metrics=otlp:grpc:http://localhost:4317 ';
  expect(await started(undefined, 'http/json')).toContain(http);
  expect(await started(' ', 'http/json')).toContain(http);
  expect(await started(undefined, 'grpc')).toContain(grpc);
});

test('a base gets the path of each signal', async () => {
  const sighting = await visit({ ...env, [all]: '{receiver}/team/' }, options);
  expect(sighting.stderr).toBe('');
  expect(paths(sighting)).toEqual(['/team/v1/logs', '/team/v1/metrics', '/team/v1/traces']);
});

test("a signal's own endpoint is taken as it is; blank ones leave it to the base", async () => {
  const own = { [traces]: '{receiver}/own/spans/', [logs]: ' ', [metrics]: '{receiver}/own/metrics?a=1' };
  const sighting = await visit({ ...env, [all]: '{receiver}/team', ...own }, options);
  expect(sighting.stderr).toBe('');
  expect(paths(sighting)).toEqual(['/own/metrics?a=1', '/own/spans/', '/team/v1/logs']);
  const logsOnly = await visit({ [logs]: '{receiver}' }, { path: '/logs' });
  expect(paths(logsOnly)).toEqual(['/', '/v1/traces']);
});

test("a signal's bad endpoint is reported, without credentials; the base goes on", async () => {
  const bad = 'htp://user:hunter2@host/x?token=hunter2';
  const { stderr, requests } = await visit({ [traces]: bad, [logs]: bad, [metrics]: bad });
  const lines = stderr.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').split('\n');
  expect(lines.filter((line) => line !== '')).toEqual(
    [traces, logs, metrics].map(
      (variable) =>
        `reqlens: ${variable}="htp://***@host/x?***" is not usable: expected a URL that begins with http:// or https://; http://HOST/v1/${variable.split('_').at(-2)?.toLowerCase()} is used`,
    ),
  );
  expect(requests.map(({ path }) => path)).toEqual(['/v1/traces']);
});

test('a bad base is reported, and the default goes on', async () => {
  const complaint = 'expected a URL that begins with http:// or https://; http://localhost:4318 is used';
  // Nothing is sent: on the standard port may be somebody else's collector.
  const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
  const { requests } = await visitWithBad({ variable: all, value: 'localhost:4318', complaint }, { env: quiet });
  expect(requests).toEqual([]);
});
