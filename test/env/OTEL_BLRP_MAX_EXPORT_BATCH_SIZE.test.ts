/** The most log records in one export. */
import { expect, test } from 'vitest';

import { logsOf } from '../support/otlp-json.ts';
import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_BLRP_MAX_EXPORT_BATCH_SIZE';
const path = '/logs?count=5';

/** Log records in each export. */
function sizes({ requests }: Awaited<ReturnType<typeof visit>>): number[] {
  return requests.filter((request) => request.path === '/v1/logs').map((request) => logsOf([request]).length);
}

test('unset and blank mean 512: all in one', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(sizes(sighting)).toHaveLength(1);
});

test('a small batch is never exceeded, and nothing is lost', async () => {
  const sighting = await visit({ [variable]: '2' }, { path });
  expect(sighting.stderr).toBe('');
  expect(Math.max(...sizes(sighting))).toBe(2);
  const { logs } = sighting;
  // A batch that is under way when the process exits is sent once more.
  expect(new Set(logs.map(({ body }) => String(body)).filter((body) => body.startsWith('line'))).size).toBe(5);
});

test('more than the queue holds is reported, and cut', async () => {
  const complaint = 'expected at most OTEL_BLRP_MAX_QUEUE_SIZE (100); 100 is used';
  const options = { path, env: { OTEL_BLRP_MAX_QUEUE_SIZE: '100' } };
  expect(sizes(await visitWithBad({ variable, value: '101', complaint }, options))).toHaveLength(1);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 1 to 2147483647; 512 is used';
  expect(sizes(await visitWithBad({ variable, value: '2.5', complaint }, { path }))).toHaveLength(1);
});
