/** Which hops are believed about whom they forward for. The visitor comes from 127.0.0.1. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'REQLENS_TRUSTED_PROXIES';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const headers = {
  'x-forwarded-for': '10.0.0.1, 203.0.113.9',
  'x-request-id': 'order-4711',
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
};

function believed(sighting: Sighting): unknown {
  const span = serverSpan(sighting);
  return { client: span?.attributes['client.address'], isJoined: span?.traceId === traceId };
}

test('unset and blank: loopback is a proxy, so the visitor is the public client that it names', async () => {
  const sightings = await visitByDefault(variable, { headers });
  for (const sighting of sightings) expect(believed(sighting)).toEqual({ client: '203.0.113.9', isJoined: false });
  expect(sightings.map(({ response }) => response.headers['x-request-id'])).not.toContain('order-4711');
});

test.each([
  ['never', { client: '127.0.0.1', isJoined: true }],
  ['private', { client: '127.0.0.1', isJoined: true }],
  ['loopback', { client: '203.0.113.9', isJoined: false }],
  ['127.0.0.1, 203.0.113.0/24', { client: '10.0.0.1', isJoined: true }],
  ['always', { client: '10.0.0.1', isJoined: true }],
])('%s', async (value, expected) => {
  for (const server of ['reqlens', 'otel']) {
    const sighting = await visit({ [variable]: value, REQLENS_HTTP_SERVER: server }, { headers });
    expect(sighting.stderr).toBe('');
    expect({ server, ...Object(believed(sighting)) }).toEqual({ server, ...expected });
  }
});

test.each(['proxy', 'example.com'])('%s is reported, and the default goes on', async (value) => {
  const complaint =
    'expected always, never, or a list of addresses, CIDR blocks, loopback and private; loopback,private is used';
  const sighting = await visitWithBad({ variable, value, complaint }, { headers });
  expect(believed(sighting)).toEqual({ client: '203.0.113.9', isJoined: false });
});
