/** Names in the environment that are not variables of ours. */
import { expect, test } from 'vitest';

import { visit } from '../support/env-visit.ts';
import { runApp } from '../support/run-app.ts';

test('names that look like ours are reported with the one that was meant, others are left alone', async () => {
  const { stderr, code } = await visit({
    REQLENS_SHUTDOWN_TIMEOT: '5',
    REQLENS_MAGIC: '1',
    REQLENS_BLANK: '',
    REQLENS_COLLECTOR_PORT: '4318',
    REQLENS_TEST_ANYTHING: '1',
    OTEL_SERVICE_NAMES: 'shop',
    OTEL_SEMCONV_STABILITY_OPT_IN: 'http',
    OTEL_NODE_RESOURCE_DETECTORS: 'all',
    OTEL_EXPORTER_PROMETHEUS_PORT: '9464',
  });
  expect({ stderr, code }).toEqual({
    code: 0,
    stderr:
      'reqlens: OTEL_SERVICE_NAMES is not a known variable (did you mean OTEL_SERVICE_NAME?); it is ignored\n' +
      'reqlens: REQLENS_MAGIC is not a known variable (docs/configuration.md lists the names); it is ignored\n' +
      'reqlens: REQLENS_SHUTDOWN_TIMEOT is not a known variable (did you mean REQLENS_SHUTDOWN_TIMEOUT?); it is ignored\n',
  });
});

test('complaints change neither the output nor the status of a program', async () => {
  const env = {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    REQLENS_SHUTDOWN_TIMEOUT: 'abc',
    REQLENS_LOGLEVEL: 'warn',
  };
  expect(await runApp('test/apps/plain-program.mjs', { env })).toEqual({
    code: 3,
    signal: undefined,
    stdout: 'done\n',
    stderr:
      'reqlens: REQLENS_SHUTDOWN_TIMEOUT="abc" is not usable: expected a whole number from 0 to 600000 (milliseconds); 1000 is used\n' +
      'reqlens: REQLENS_LOGLEVEL is not a known variable (did you mean REQLENS_LOG_LEVEL?); it is ignored\n',
  });
});
