/** Where metrics go. */
import { expect, test } from 'vitest';

import { untilReceived, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_METRICS_EXPORTER';
const env = { OTEL_METRIC_EXPORT_INTERVAL: '100' };
const path = '/metrics?stay';

test('unset and blank mean otlp', async () => {
  const options = { env, path, until: untilReceived('metrics') };
  for (const { metrics, stdout } of await visitByDefault(variable, options)) {
    expect(metrics.map(({ name }) => name)).toContain('env_app.calls');
    expect(stdout).not.toContain('env_app.calls');
  }
});

test('console prints them and sends none', async () => {
  const { metrics, stderr } = await visit(
    { ...env, [variable]: 'console' },
    { path, until: async (_receiver, app) => app.until(({ stdout }) => stdout().includes('env_app.calls')) },
  );
  expect({ metrics, stderr }).toEqual({ metrics: [], stderr: '' });
});

test('none sends none, while spans go on', async () => {
  const { metrics, stdout, stderr } = await visit(
    { ...env, [variable]: 'none', OTEL_BSP_SCHEDULE_DELAY: '300' },
    { path, until: untilReceived('traces') },
  );
  expect({ metrics, stderr }).toEqual({ metrics: [], stderr: '' });
  expect(stdout).not.toContain('env_app.calls');
});

test('prometheus is reported with what to use, and the default goes on', async () => {
  const complaint =
    'expected a list of otlp or console, or none alone (for Prometheus send otlp to it, or to an OpenTelemetry Collector with its prometheus exporter); otlp is used';
  const options = { env, path, until: untilReceived('metrics') };
  const { metrics } = await visitWithBad({ variable, value: 'prometheus', complaint }, options);
  expect(metrics.map(({ name }) => name)).toContain('env_app.calls');
});
