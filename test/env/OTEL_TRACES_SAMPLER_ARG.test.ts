/** The share that the ratio samplers record. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_TRACES_SAMPLER_ARG';
const env = { OTEL_TRACES_SAMPLER: 'traceidratio' };
/** Trace ids whose last 7 bytes decide: the stock sampler compares the id with the ratio. */
const low = { 'x-request-id': '00000001000000010000000100000001' };

test('unset and blank mean 1', async () => {
  for (const { spans } of await visitByDefault(variable, { env })) expect(spans).toHaveLength(1);
});

test.each([
  ['0', 0],
  ['0.01', 1],
  ['1', 1],
])('%s records %i of a trace whose id is low', async (value, expected) => {
  const { spans, stderr } = await visit({ ...env, [variable]: value }, { headers: low });
  expect(stderr).toBe('');
  expect(spans).toHaveLength(expected);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a number from 0 to 1; 1 is used';
  expect((await visitWithBad({ variable, value: '50%', complaint }, { env })).spans).toHaveLength(1);
});

test('without a sampler that takes it, it is reported and ignored', async () => {
  const complaint = 'expected OTEL_TRACES_SAMPLER to be traceidratio or parentbased_traceidratio; it is ignored';
  expect((await visitWithBad({ variable, value: '0', complaint })).spans).toHaveLength(1);
});
