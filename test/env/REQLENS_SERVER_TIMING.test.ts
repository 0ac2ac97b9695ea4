/** Whether answers tell the trace to the browser. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_SERVER_TIMING';

test('unset and blank mean no', async () => {
  for (const { response } of await visitByDefault(variable)) {
    expect(response.headers).not.toHaveProperty('server-timing');
  }
});

test.each(['true', '1'])('%s means yes', async (value) => {
  const sighting = await visit({ [variable]: value });
  expect(sighting.stderr).toBe('');
  const { traceId, spanId } = serverSpan(sighting) ?? {};
  expect(sighting.response.headers['server-timing']).toBe(`traceparent;desc="00-${traceId}-${spanId}-01"`);
});

test.each(['false', '0'])('%s means no', async (value) => {
  const { response, stderr } = await visit({ [variable]: value });
  expect(stderr).toBe('');
  expect(response.headers).not.toHaveProperty('server-timing');
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected true, 1, yes, on, false, 0, no or off; false is used';
  const { response } = await visitWithBad({ variable, value: 'enabled', complaint });
  expect(response.headers).not.toHaveProperty('server-timing');
});
