/** Whose trace is continued. The visitor comes from 127.0.0.1. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_TRUST_TRACEPARENT';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };

test('unset and blank trust loopback: the trace of the visitor is continued', async () => {
  for (const sighting of await visitByDefault(variable, { headers })) {
    expect(serverSpan(sighting)).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', links: [] });
  }
});

test.each(['127.0.0.1/32'])('%s continues it', async (value) => {
  const sighting = await visit({ [variable]: value }, { headers });
  expect(sighting.stderr).toBe('');
  expect(serverSpan(sighting)).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', links: [] });
});

test.each(['never', '203.0.113.0/24'])('%s starts a new trace with a link to it', async (value) => {
  const sighting = await visit({ [variable]: value }, { headers });
  expect(sighting.stderr).toBe('');
  const span = serverSpan(sighting);
  expect(span).toMatchObject({ parentSpanId: undefined, links: [{ traceId }] });
  expect(span?.traceId).toMatch(/^(?!0af7651916cd43dd8448eb211c80319c)[\da-f]{32}$/);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint =
    'expected always, never, proxy, or a list of addresses, CIDR blocks, loopback and private; loopback,private is used';
  const sighting = await visitWithBad({ variable, value: 'example.com', complaint }, { headers });
  expect(serverSpan(sighting)?.traceId).toBe(traceId);
});
