/** How long one request may take: OTEL_EXPORTER_OTLP_TIMEOUT and its three variants. The receiver answers late. */
import { expect, test } from 'vitest';

import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { visit, visitByDefault, visitWithBadOnes } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_TIMEOUT';
const variants = ['TRACES', 'LOGS', 'METRICS'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`);
const quiet = { OTEL_BSP_SCHEDULE_DELAY: '20', OTEL_BLRP_SCHEDULE_DELAY: '20' };
const env = { ...quiet, OTEL_METRIC_EXPORT_INTERVAL: '600' };
const paths = ['/v1/logs', '/v1/metrics', '/v1/traces'];
const options = {
  env,
  path: '/all?stay',
  receiver: { isHolding: true, releaseAfterMs: 1500 },
  until: async (otlp: OtlpReceiver) =>
    otlp.until(({ answered, aborted }) => paths.every((path) => [...answered, ...aborted].includes(path))),
};

async function untilTwoAnswered(otlp: OtlpReceiver): Promise<void> {
  await otlp.until(({ answered }) => ['/v1/logs', '/v1/traces'].every((path) => answered.includes(path)));
}

test('unset and blank mean 10000: a late answer is waited for', async () => {
  // Without metrics, whose reader would give up at the end of its short interval.
  for (const { aborted } of await visitByDefault(all, { ...options, env: quiet, until: untilTwoAnswered }))
    expect(aborted).toEqual([]);
});

test.each(['TRACES', 'LOGS', 'METRICS'])('a short time gives each request up: %s', async (signal) => {
  // One at a time: what is known of a receiver is known to all signals, and one that does not answer is asked by one of them alone.
  const others = ['TRACES', 'LOGS', 'METRICS'].filter((other) => other !== signal);
  const none = Object.fromEntries(others.map((other) => [`OTEL_${other}_EXPORTER`, 'none']));
  const own = `/v1/${signal.toLowerCase()}`;
  const until = async (otlp: OtlpReceiver): Promise<void> => otlp.until(({ aborted }) => aborted.includes(own));
  const { aborted } = await visit({ ...env, ...none, [all]: '100' }, { ...options, until });
  expect(new Set(aborted)).toEqual(new Set([own]));
});

test.each(variants)('%s wins for its signal', async (variable) => {
  const own = `/v1/${variable.split('_').at(-2)?.toLowerCase()}`;
  const { aborted } = await visit({ ...env, [variable]: '100' }, options);
  expect(new Set(aborted)).toEqual(new Set([own]));
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647 (milliseconds); 10000 is used';
  const bad = [all, ...variants].map((variable) => ({ variable, value: '10s', complaint }));
  const sighting = await visitWithBadOnes(bad);
  expect(sighting.requests).toHaveLength(1);
});
