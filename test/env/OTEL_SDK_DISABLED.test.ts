/** Whether telemetry is off. By the specification only true, in any case, is true. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_SDK_DISABLED';
const path = '/logs';

test('unset and blank mean that telemetry is on', async () => {
  for (const { requests, response } of await visitByDefault(variable, { path })) {
    expect(requests.map((request) => request.path).toSorted()).toEqual(['/v1/logs', '/v1/traces']);
    expect(response.headers).toHaveProperty('x-request-id');
  }
});

test.each(['true', ' True '])('%j means that nothing is hooked or sent; named loggers still write', async (value) => {
  const { requests, response, stdout, stderr, code } = await visit({ [variable]: value }, { path });
  expect({ stderr, code, requests }).toEqual({ stderr: '', code: 0, requests: [] });
  expect(response.headers).not.toHaveProperty('x-request-id');
  expect(stdout.split('\n').filter((line) => line.includes('"msg":"at '))).toHaveLength(4);
});

test('false means on, and is no mistake', async () => {
  const { requests, stderr } = await visit({ [variable]: 'False' });
  expect({ stderr, sent: requests.length }).toEqual({ stderr: '', sent: 1 });
});

test.each(['0', '1'])('%s is reported and means on', async (value) => {
  const complaint = 'expected true or false; false is used';
  expect((await visitWithBad({ variable, value, complaint })).requests).toHaveLength(1);
});
