/** Whether sums are since the start (2) or since the last export (1). */
import { expect, test } from 'vitest';

import { untilReceived, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';
const env = { OTEL_METRIC_EXPORT_INTERVAL: '100' };
const options = { env, path: '/metrics?stay', until: untilReceived('metrics') };

/** Of a counter and of one that is observed. */
function temporalities({ metrics }: Awaited<ReturnType<typeof visit>>): unknown {
  return ['env_app.calls', 'env_app.observed'].map(
    (name) => metrics.find((metric) => metric.name === name)?.temporality,
  );
}

test('unset and blank mean cumulative', async () => {
  expect((await visitByDefault(variable, options)).map(temporalities)).toEqual([
    [2, 2],
    [2, 2],
  ]);
});

test.each([
  ['Delta', [1, 1]],
  ['lowmemory', [1, 2]],
])('%s', async (value, expected) => {
  const sighting = await visit({ ...env, [variable]: value }, options);
  expect(sighting.stderr).toBe('');
  expect(temporalities(sighting)).toEqual(expected);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected cumulative, delta or lowmemory; cumulative is used';
  expect(temporalities(await visitWithBad({ variable, value: 'false', complaint }, options))).toEqual([2, 2]);
});
