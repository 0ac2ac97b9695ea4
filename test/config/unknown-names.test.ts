/** Names that look like ours. */
import { expect, test } from 'vitest';

import { problemLine } from '../../src/config/problem-lines.ts';
import { unknownNames } from '../../src/config/unknown-names.ts';
import { variables } from '../../src/config/variables.ts';

test.each([
  ['REQLENS_SHUTDOWN_TIMEOT', 'REQLENS_SHUTDOWN_TIMEOUT'],
  ['REQLENS_TURST_REQUEST_ID', 'REQLENS_TRUST_REQUEST_ID'],
  ['REQLENS_LOGLEVEL', 'REQLENS_LOG_LEVEL'],
  ['reqlens_log_level', 'REQLENS_LOG_LEVEL'],
  ['REQLENS_LOGERS', 'REQLENS_LOGGERS'],
  ['REQLENS_LOG_LEVEL_wordpress-api', 'REQLENS_LOG_LEVEL_WORDPRESS_API'],
  ['reqlens_log_level_webhooks', 'REQLENS_LOG_LEVEL_WEBHOOKS'],
  ['OTEL_SERVICE_NAMES', 'OTEL_SERVICE_NAME'],
  ['OTEL_METRIC_EXPORTER', 'OTEL_METRICS_EXPORTER'],
  ['OTEL_EXPORTER_OTLP_ENDPIONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
])('%s is answered with %s', (name, meant) => {
  expect(unknownNames({ [name]: '1' }).map(problemLine)).toEqual([
    `reqlens: ${name} is not a known variable (did you mean ${meant}?); it is ignored`,
  ]);
});

test('a REQLENS name like none of ours is reported too', () => {
  expect(unknownNames({ REQLENS_MAGIC: '1', 'REQLENS_\n': '1' }).map(problemLine)).toEqual([
    'reqlens: REQLENS_\\u{a} is not a known variable (docs/configuration.md lists the names); it is ignored',
    'reqlens: REQLENS_MAGIC is not a known variable (docs/configuration.md lists the names); it is ignored',
  ]);
});

test.each([
  'REQLENS_COLLECTOR_PORT',
  'REQLENS_TEST_NODE',
  'OTEL_NODE_RESOURCE_DETECTORS',
  'OTEL_INSTRUMENTATION_HTTP_ENABLED',
  'OTEL_SEMCONV_STABILITY_OPT_IN',
  'OTEL_EXPORTER_PROMETHEUS_PORT',
  'OTEL_EXPORTER_OTLP_METRIC_INSECURE',
  'OTEL_METRICS_EXEMPLAR_FILTER',
  'OTEL_PYTHON_LOG_LEVEL',
  'OTEL_SOMETHING_ELSE',
  'OTELCOL_PORT',
  'PATH',
])('%s is none of our business', (name) => {
  expect(unknownNames({ [name]: '1' })).toEqual([]);
});

test('blank variables and known names are passed over', () => {
  const known = Object.fromEntries(variables.map(({ name }) => [name.replace('<NAME>', 'ANY_LOGGER_2'), '1']));
  expect(unknownNames({ ...known, REQLENS_MAGIC: ' ', REQLENS_OTHER: undefined })).toEqual([]);
});
