/** Whose instrumentation makes the server span. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_HTTP_SERVER';
const ours = { scope: 'reqlens/http', kind: 2 };

test('unset and blank mean ours', async () => {
  for (const sighting of await visitByDefault(variable)) expect(serverSpan(sighting)).toMatchObject(ours);
});

test('reqlens is the default by its name, in any case', async () => {
  const sighting = await visit({ [variable]: 'REQLENS' });
  expect(sighting.stderr).toBe('');
  expect(serverSpan(sighting)).toMatchObject(ours);
});

test('otel is the stock one, with the request id still in span and response', async () => {
  const sighting = await visit({ [variable]: 'otel' }, { headers: { 'x-request-id': 'order-4711' } });
  expect(sighting.stderr).toBe('');
  expect(serverSpan(sighting)).toMatchObject({
    scope: '@opentelemetry/instrumentation-http',
    attributes: { 'reqlens.request.id': 'order-4711' },
  });
  expect(sighting.response.headers['x-request-id']).toBe('order-4711');
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected reqlens or otel; reqlens is used';
  expect(serverSpan(await visitWithBad({ variable, value: 'false', complaint }))).toMatchObject(ours);
});
