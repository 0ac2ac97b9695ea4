/** The most spans in one export. */
import { expect, test } from 'vitest';

import { spansOf } from '../support/otlp-json.ts';
import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE';
const path = '/spans?count=5';

/** Spans in each export. */
function sizes({ requests }: Awaited<ReturnType<typeof visit>>): number[] {
  return requests.filter((request) => request.path === '/v1/traces').map((request) => spansOf([request]).length);
}

test('unset and blank mean 512: all in one', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(sizes(sighting)).toHaveLength(1);
});

test('a small batch is never exceeded, and nothing is lost', async () => {
  const sighting = await visit({ [variable]: '2' }, { path });
  expect(sighting.stderr).toBe('');
  expect(Math.max(...sizes(sighting))).toBe(2);
  const { spans } = sighting;
  // A batch that is under way when the process exits is sent once more: ids tell.
  expect(new Set(spans.filter(({ name }) => name.startsWith('child')).map(({ spanId }) => spanId)).size).toBe(5);
});

test('more than the queue holds is reported, and cut', async () => {
  const complaint = 'expected at most OTEL_BSP_MAX_QUEUE_SIZE (100); 100 is used';
  const options = { path, env: { OTEL_BSP_MAX_QUEUE_SIZE: '100' } };
  expect(sizes(await visitWithBad({ variable, value: '101', complaint }, options))).toHaveLength(1);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 1 to 2147483647; 512 is used';
  expect(sizes(await visitWithBad({ variable, value: '2.5', complaint }, { path }))).toHaveLength(1);
});
