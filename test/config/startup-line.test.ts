/** The line that says what is in force. */
import { expect, test } from 'vitest';

import { readConfig } from '../../src/config/read-config.ts';
import { startupLine } from '../../src/config/startup-line.ts';

const lineOf = (env: Readonly<Record<string, string>>): string => startupLine(readConfig(env).config);

test('the defaults fit into one line', () => {
  expect(lineOf({})).toBe(
    'reqlens: started service=unknown_service:node traces=otlp:http/protobuf:http://localhost:4318/v1/traces ' +
      'logs=otlp:http/protobuf:http://localhost:4318/v1/logs metrics=otlp:http/protobuf:http://localhost:4318/v1/metrics ' +
      'sampler=parentbased_always_on propagators=tracecontext,baggage request-id-header=x-request-id ' +
      'trust-request-id=loopback,private trust-traceparent=loopback,private ' +
      'trusted-proxies=loopback,private forwarded-header=auto ' +
      'send-request-id-to=loopback,private http-server=reqlens http-client=reqlens privileged-roles=admin,developer tokens=none ' +
      'usage-store=memory usage-path=none log-dir=logs/publish-sync-logs ' +
      'loggers=publish_sync:info,wordpress_api:info,webhooks:info',
  );
});

test('no secret comes along: neither headers nor what an endpoint holds beside its address', () => {
  const line = lineOf({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://hunter2:hunter2@a/x?token=hunter2',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2',
    OTEL_RESOURCE_ATTRIBUTES: 'license=hunter2',
  });
  expect(line).not.toContain('hunter2');
  expect(line).toContain(' traces=otlp:http/protobuf:https://***@a/x/v1/traces?*** ');
});

test('what is set shows, and a service name cannot break the line', () => {
  const line = lineOf({
    OTEL_SERVICE_NAME: 'a\nb',
    OTEL_TRACES_EXPORTER: 'console,otlp',
    OTEL_TRACES_ENDPOINT: 'http://x',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_PROPAGATORS: 'none',
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
    REQLENS_TRUST_REQUEST_ID: 'never',
    REQLENS_SEND_REQUEST_ID_TO: 'always',
    REQLENS_HTTP_SERVER: 'otel',
  });
  expect(line).toMatch(
    / service=a\\u\{a\}b traces=console,otlp:\S+ logs=none metrics=\S+ sampler=traceidratio\(0\.5\) /,
  );
  expect(line).toMatch(
    / propagators=none \S+ trust-request-id=never \S+ \S+ \S+ send-request-id-to=always http-server=otel /,
  );
});

test('of tokens and the usage store only what is no secret shows', () => {
  const line = lineOf({
    REQLENS_PRIVILEGED_ROLES: 'none',
    REQLENS_JWT_SECRET: 'hunter2'.repeat(10),
    REQLENS_JWKS_URL: 'https://id.example/keys?code=hunter2',
    REQLENS_USAGE_STORE: 'rediss://hunter2:hunter2@redis:6380/1',
    REQLENS_USAGE_PATH: '/internal/usage/',
  });
  expect(line).not.toContain('hunter2');
  expect(line).toContain(
    ' privileged-roles=none tokens=secret,https://id.example/keys?*** usage-store=rediss://***@redis:6380/1 usage-path=/internal/usage ',
  );
});

test('hosts show as they were written', () => {
  expect(lineOf({ REQLENS_SEND_REQUEST_ID_TO: '*.example.com,loopback,10.0.0.1,localhost' })).toContain(
    ' send-request-id-to=loopback,10.0.0.1/32,*.example.com ',
  );
});

test('loggers show with their level, a file elsewhere, and what is out of the ordinary', () => {
  const line = lineOf({
    REQLENS_LOG_DIR: '/var/log/shop',
    REQLENS_LOGGERS:
      'payments:level=debug:file=/var/log/pay\u001b.log:console=no,webhooks:file=none:otlp=no,audit:file=logs/a.log',
    REQLENS_LOG_LEVEL_PUBLISH_SYNC: 'warn',
  });
  expect(line).toMatch(/ log-dir=\/var\/log\/shop loggers=\S+$/);
  expect(line.split(' loggers=')[1]).toBe(
    'publish_sync:warn,wordpress_api:info,webhooks:info:no-file:no-otlp,' +
      'payments:debug:/var/log/pay\\u{1b}.log:no-console,audit:info:/var/log/shop/logs/a.log',
  );
});

test('a disabled SDK is all there is to say', () => {
  expect(lineOf({ OTEL_SDK_DISABLED: 'true' })).toBe('reqlens: disabled by OTEL_SDK_DISABLED');
});
