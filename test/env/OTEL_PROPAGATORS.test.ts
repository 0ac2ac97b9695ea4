/** How the trace context travels. The application is called with a context and calls others. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_PROPAGATORS';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const w3c = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, baggage: 'tenant=42' };
const path = '/call?to={receiver}';
const all = ['traceparent', 'baggage', 'b3', 'x-b3-traceid'];

/** Which context headers the two calls carried. */
function carried({ called }: Pick<Awaited<ReturnType<typeof visit>>, 'called'>): string[][] {
  return called.map(({ headers }) => all.filter((name) => name in headers));
}

test('unset and blank mean tracecontext and baggage', async () => {
  for (const sighting of await visitByDefault(variable, { path, headers: w3c })) {
    expect(serverSpan(sighting)?.traceId).toBe(traceId);
    expect(carried(sighting)).toEqual([
      ['traceparent', 'baggage'],
      ['traceparent', 'baggage'],
    ]);
    expect(sighting.called[0]?.headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-01$`));
  }
});

test.each([
  ['tracecontext', ['traceparent']],
  ['B3', ['b3']],
  ['b3multi', ['x-b3-traceid']],
  ['b3, tracecontext,b3', ['traceparent', 'b3']],
])('%s sends %j', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path, headers: w3c });
  expect(sighting.stderr).toBe('');
  expect(carried(sighting)).toEqual([expected, expected]);
});

test('none sends nothing and continues no trace', async () => {
  const sighting = await visit({ [variable]: 'none' }, { path, headers: w3c });
  expect(sighting.stderr).toBe('');
  expect(carried(sighting)).toEqual([[], []]);
  expect(serverSpan(sighting)?.traceId).not.toBe(traceId);
});

test.each([
  ['b3', { b3: `${traceId}-b7ad6b7169203331-1` }],
  ['b3multi', { 'x-b3-traceid': traceId, 'x-b3-spanid': 'b7ad6b7169203331', 'x-b3-sampled': '1' }],
])('%s is read from requests too', async (value, headers) => {
  expect(serverSpan(await visit({ [variable]: value }, { headers }))).toMatchObject({
    traceId,
    parentSpanId: 'b7ad6b7169203331',
  });
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint =
    'expected a list of tracecontext, baggage, b3 or b3multi, or none alone (Jaeger reads tracecontext); tracecontext,baggage is used';
  const sighting = await visitWithBad({ variable, value: 'jaeger', complaint }, { path, headers: w3c });
  expect(carried(sighting)[0]).toEqual(['traceparent', 'baggage']);
});
