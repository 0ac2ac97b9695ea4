/** Whose instrumentation makes the spans of outgoing requests. The application calls 127.0.0.1, by fetch and by http.get. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'REQLENS_HTTP_CLIENT';
const options = { path: '/call?to={receiver}', headers: { 'x-request-id': 'order-4711' } };
const ours = ['reqlens/http', 'reqlens/http'];

function scopes({ spans }: Sighting): string[] {
  return spans.filter(({ kind }) => kind === 3).map(({ scope }) => scope);
}

test('unset and blank mean ours', async () => {
  for (const sighting of await visitByDefault(variable, options)) expect(scopes(sighting)).toEqual(ours);
});

test('reqlens is the default by its name, in any case', async () => {
  const sighting = await visit({ [variable]: 'REQLENS' }, options);
  expect(sighting.stderr).toBe('');
  expect(scopes(sighting)).toEqual(ours);
});

test.each(['reqlens', 'otel'])('otel is the stock ones, and the same goes along, with %s as server', async (server) => {
  const sighting = await visit({ [variable]: 'otel', REQLENS_HTTP_SERVER: server }, options);
  expect(sighting.stderr).toBe('');
  expect(scopes(sighting).toSorted()).toEqual([
    '@opentelemetry/instrumentation-http',
    '@opentelemetry/instrumentation-undici',
  ]);
  expect(sighting.called.map(({ headers }) => headers['x-request-id'])).toEqual(['order-4711', 'order-4711']);
  const calls = sighting.spans.filter(({ kind }) => kind === 3);
  const parents = calls.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
  expect(new Set(sighting.called.map(({ headers }) => headers['traceparent']))).toEqual(new Set(parents));
});

test('the stock server instrumentation leaves outgoing requests to ours', async () => {
  expect(scopes(await visit({ REQLENS_HTTP_SERVER: 'otel' }, options))).toEqual(ours);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected reqlens or otel; reqlens is used';
  expect(scopes(await visitWithBad({ variable, value: 'false', complaint }, options))).toEqual(ours);
});
