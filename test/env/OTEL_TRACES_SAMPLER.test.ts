/** Which traces are recorded: of a new trace, of a caller that samples, of one that does not. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_TRACES_SAMPLER';
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
const visitors = [{}, { traceparent: `${parent}-01` }, { traceparent: `${parent}-00` }];

/** Spans that arrived of each visitor. */
async function sampled(value: string, env = {}): Promise<number[]> {
  const sightings = await Promise.all(
    visitors.map(async (headers) => visit({ ...env, [variable]: value }, { headers })),
  );
  for (const { stderr } of sightings) expect(stderr).toBe('');
  return sightings.map(({ spans }) => spans.length);
}

test('unset and blank mean parentbased_always_on', async () => {
  for (const { spans } of await visitByDefault(variable)) expect(spans).toHaveLength(1);
  const [, , unsampled] = visitors;
  for (const { spans } of await visitByDefault(variable, { headers: unsampled ?? {} })) expect(spans).toEqual([]);
});

test.each([
  ['always_on', [1, 1, 1]],
  ['Always_Off', [0, 0, 0]],
  ['parentbased_always_on', [1, 1, 0]],
  ['parentbased_always_off', [0, 1, 0]],
])('%s records %j', async (value, expected) => {
  expect(await sampled(value)).toEqual(expected);
});

test.each([
  ['traceidratio', [0, 0, 0]],
  ['parentbased_traceidratio', [0, 1, 0]],
])('%s with 0 records %j', async (value, expected) => {
  expect(await sampled(value, { OTEL_TRACES_SAMPLER_ARG: '0' })).toEqual(expected);
});

test('what is not recorded has a request id all the same', async () => {
  const { response } = await visit({ [variable]: 'always_off' });
  expect(response.headers).toHaveProperty('x-request-id');
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint =
    'expected always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or parentbased_traceidratio; parentbased_always_on is used';
  const { spans } = await visitWithBad({ variable, value: 'jaeger_remote', complaint });
  expect(spans).toHaveLength(1);
});
