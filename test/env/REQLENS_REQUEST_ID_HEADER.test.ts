/** Which header carries the request id. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_REQUEST_ID_HEADER';
const headers = { 'x-request-id': 'order-1', 'x-correlation-id': 'order-2' };

test('unset and blank mean x-request-id', async () => {
  for (const { response } of await visitByDefault(variable, { headers })) {
    expect(response.headers).toMatchObject({ 'x-request-id': 'order-1' });
    expect(response.headers).not.toHaveProperty('x-correlation-id');
  }
});

test('another name is used for request and response, whatever its case', async () => {
  const { response, stderr } = await visit({ [variable]: 'X-Correlation-ID' }, { headers });
  expect(stderr).toBe('');
  expect(response.headers).toMatchObject({ 'x-correlation-id': 'order-2' });
  expect(response.headers).not.toHaveProperty('x-request-id');
});

test.each(['content-length', 'x request id'])('%s is reported, and the default goes on', async (value) => {
  const complaint =
    'expected the name of an HTTP header of at most 64 characters that has no other use; x-request-id is used';
  const { response } = await visitWithBad({ variable, value, complaint }, { headers });
  expect(response.headers).toMatchObject({ 'x-request-id': 'order-1' });
});
