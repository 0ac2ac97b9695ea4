/** Where each signal goes, by which protocol and with which headers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';

const all = 'OTEL_EXPORTER_OTLP';
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'reqlens-config-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test.each([
  [{}, 'http://localhost:4318/v1/traces'],
  [{ [`${all}_ENDPOINT`]: 'http://a:1' }, 'http://a:1/v1/traces'],
  [{ [`${all}_ENDPOINT`]: 'https://a/team/' }, 'https://a/team/v1/traces'],
  [{ [`${all}_ENDPOINT`]: 'https://a/team//?key=1' }, 'https://a/team/v1/traces?key=1'],
  [{ [`${all}_ENDPOINT`]: 'http://[::1]:1/x' }, 'http://[::1]:1/x/v1/traces'],
  [{ [`${all}_ENDPOINT`]: 'http://a', [`${all}_TRACES_ENDPOINT`]: 'http://b:2' }, 'http://b:2/'],
  [{ [`${all}_TRACES_ENDPOINT`]: 'http://b:2/in/' }, 'http://b:2/in/'],
  [{ [`${all}_PROTOCOL`]: 'grpc' }, 'http://localhost:4317'],
  [{ [`${all}_PROTOCOL`]: 'grpc', [`${all}_ENDPOINT`]: 'https://a:1/x' }, 'https://a:1'],
  [{ [`${all}_TRACES_PROTOCOL`]: 'GRPC', [`${all}_TRACES_ENDPOINT`]: 'a:1' }, 'https://a:1'],
  [{ [`${all}_PROTOCOL`]: 'grpc', [`${all}_ENDPOINT`]: 'a:1', [`${all}_INSECURE`]: 'true' }, 'http://a:1'],
  [
    {
      [`${all}_PROTOCOL`]: 'grpc',
      [`${all}_ENDPOINT`]: 'a:1',
      [`${all}_INSECURE`]: 'true',
      [`${all}_TRACES_INSECURE`]: 'false',
    },
    'https://a:1',
  ],
])('%j sends traces to %s', (env, endpoint) => {
  const { config, problems } = readConfig(env);
  expect(config.traces.otlp.endpoint).toBe(endpoint);
  expect(problems).toEqual([]);
});

test.each([
  ['localhost:4318', 'localhost:4318'],
  ['/v1/traces', '/v1/traces'],
  ['ftp://user:pa/ss@a/?token=1', 'ftp://***@a/?***'],
  ['http://', 'http://'],
  ['http://user:p@ss@[::/x', 'http://***@[::/x'],
])('an endpoint %s is reported once, without its credentials', (value, shown) => {
  expect(readConfig({ [`${all}_ENDPOINT`]: value }).problems.map(problemLine)).toEqual([
    `reqlens: ${all}_ENDPOINT="${shown}" is not usable: expected a URL that begins with http:// or https://; http://localhost:4318 is used`,
  ]);
});

test("a signal's bad endpoint falls back to the general one", () => {
  const env = { [`${all}_ENDPOINT`]: 'http://me:pw@a:1', [`${all}_LOGS_ENDPOINT`]: 'b' };
  const { config, problems } = readConfig(env);
  expect(config.logs.otlp.endpoint).toBe('http://me:pw@a:1/v1/logs');
  expect(problems.map(problemLine)).toEqual([
    `reqlens: ${all}_LOGS_ENDPOINT="b" is not usable: expected a URL that begins with http:// or https://; http://***@a:1/v1/logs is used`,
  ]);
});

test("a signal's protocol, compression, time-out and headers win over the general ones", () => {
  const { config, problems } = readConfig({
    [`${all}_PROTOCOL`]: 'http/json',
    [`${all}_METRICS_PROTOCOL`]: 'http/protobuf',
    [`${all}_COMPRESSION`]: 'gzip',
    [`${all}_METRICS_COMPRESSION`]: 'none',
    [`${all}_TIMEOUT`]: '1',
    [`${all}_METRICS_TIMEOUT`]: '2',
    [`${all}_HEADERS`]: 'A=1,b=2',
    [`${all}_METRICS_HEADERS`]: 'B=3,__proto__=x',
  });
  expect(problems).toEqual([]);
  expect(config.traces.otlp).toMatchObject({ protocol: 'http/json', compression: 'gzip', timeoutMs: 1 });
  expect(config.metrics.otlp).toMatchObject({ protocol: 'http/protobuf', compression: 'none', timeoutMs: 2 });
  expect(Object.entries(config.traces.otlp.headers)).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
  expect(Object.entries(config.metrics.otlp.headers)).toEqual([
    ['a', '1'],
    ['b', '3'],
    ['__proto__', 'x'],
  ]);
});

test('certificates must be files that can be read', () => {
  const file = join(directory, 'ca.pem');
  writeFileSync(file, 'pem');
  const { config, problems } = readConfig({
    [`${all}_CERTIFICATE`]: file,
    [`${all}_TRACES_CERTIFICATE`]: directory,
    [`${all}_CLIENT_CERTIFICATE`]: join(directory, 'missing.pem'),
    [`${all}_LOGS_CLIENT_KEY`]: file,
  });
  expect(config.traces.otlp.certificate).toBe(file);
  expect(config.logs.otlp).toMatchObject({ certificate: file, clientKey: file });
  expect(config.metrics.otlp).not.toHaveProperty('clientKey');
  const tail = 'is not usable: expected the path of a readable file; it is ignored';
  expect(problems.map(problemLine).map((line) => line.replace(directory, 'DIR'))).toEqual([
    `reqlens: ${all}_TRACES_CERTIFICATE="DIR" ${tail}`,
    `reqlens: ${all}_CLIENT_CERTIFICATE="DIR/missing.pem" ${tail}`,
  ]);
});
