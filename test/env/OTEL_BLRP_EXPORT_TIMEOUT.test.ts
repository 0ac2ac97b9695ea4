/** How long one export of log records may take. The receiver answers late. */
import { expect, test } from 'vitest';

import type { OtlpReceiver } from '../support/otlp-receiver.ts';
import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_BLRP_EXPORT_TIMEOUT';
const env = { OTEL_BLRP_SCHEDULE_DELAY: '20' };
const path = '/logs?count=1&stay';
const receiver = { isHolding: true, releaseAfterMs: 700 };
const options = {
  env,
  path,
  receiver,
  until: async (otlp: OtlpReceiver) => otlp.until(({ answered }) => answered.includes('/v1/logs')),
};

test('unset and blank mean 30000: a late answer is waited for', async () => {
  for (const { aborted } of await visitByDefault(variable, options)) expect(aborted).toEqual([]);
});

test('a short time gives the export up while the application runs', async () => {
  const { aborted } = await visit(
    { ...env, [variable]: '100' },
    { path, receiver: { isHolding: true, releaseAfterMs: 2000 }, until: async (otlp) => otlp.until(gaveUpOrAnswered) },
  );
  expect(aborted).toContain('/v1/logs');
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647 (milliseconds); 30000 is used';
  expect((await visitWithBad({ variable, value: '1s', complaint }, options)).aborted).toEqual([]);
});

function gaveUpOrAnswered({ aborted, answered }: OtlpReceiver): boolean {
  return [...aborted, ...answered].includes('/v1/logs');
}
