/** How long one export of metrics may take. The receiver answers late. */
import { expect, test } from 'vitest';

import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_METRIC_EXPORT_TIMEOUT';
const env = { OTEL_METRIC_EXPORT_INTERVAL: '1500' };
const options = {
  env,
  path: '/metrics?stay',
  receiver: { isHolding: true, releaseAfterMs: 700 },
  until: async (otlp: OtlpReceiver) => otlp.until(({ answered }) => answered.includes('/v1/metrics')),
};

test('unset and blank mean 30000, here cut to the interval: a late answer is waited for', async () => {
  // visitByDefault itself checks that stderr is empty.
  for (const { metrics } of await visitByDefault(variable, options)) expect(metrics).not.toEqual([]);
});

test('a short time is over before, and that is said', async () => {
  const { stderr } = await visit({ ...env, [variable]: '100' }, options);
  expect(stderr).toMatch(/^reqlens: .*(?:timed out|time-out|timeout).*\n$/i);
});

test('more than the interval is reported, and cut', async () => {
  const complaint = 'expected at most OTEL_METRIC_EXPORT_INTERVAL (1500); 1500 is used';
  expect((await visitWithBad({ variable, value: '1501', complaint }, options)).metrics).not.toEqual([]);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647 (milliseconds); 30000 is used';
  expect((await visitWithBad({ variable, value: '-1', complaint }, options)).metrics).not.toEqual([]);
});
