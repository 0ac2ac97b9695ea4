/** Where trusted proxies name the client. The visitor comes from 127.0.0.1, a trusted proxy. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'REQLENS_FORWARDED_HEADER';
const headers = {
  'x-request-id': 'order-4711',
  'x-forwarded-for': '203.0.113.9',
  forwarded: 'for=10.0.0.1',
  'cf-connecting-ip': '2001:db8::1',
};

function believed(sighting: Sighting): unknown {
  const isKept = sighting.response.headers['x-request-id'] === 'order-4711';
  return { client: serverSpan(sighting)?.attributes['client.address'], isKept };
}

test('unset and blank read both, which disagree here', async () => {
  const sightings = await visitByDefault(variable, { headers });
  for (const sighting of sightings) expect(believed(sighting)).toEqual({ client: '127.0.0.1', isKept: false });
});

test.each([
  ['auto', { client: '127.0.0.1', isKept: false }],
  ['forwarded', { client: '10.0.0.1', isKept: true }],
  ['X-Forwarded-For', { client: '203.0.113.9', isKept: false }],
  ['CF-Connecting-IP', { client: '2001:db8::1', isKept: false }],
  ['none', { client: '127.0.0.1', isKept: true }],
])('%s', async (value, expected) => {
  for (const server of ['reqlens', 'otel']) {
    const sighting = await visit({ [variable]: value, REQLENS_HTTP_SERVER: server }, { headers });
    expect(sighting.stderr).toBe('');
    expect({ server, ...Object(believed(sighting)) }).toEqual({ server, ...expected });
  }
});

test.each(['x forwarded for', 'constructor', '__proto__', 'a'.repeat(65)])(
  '%s is reported, and both are read',
  async (value) => {
    const complaint = 'expected auto, none, or the name of an HTTP header of at most 64 characters; auto is used';
    const sighting = await visitWithBad({ variable, value, complaint }, { headers });
    expect(believed(sighting)).toEqual({ client: '127.0.0.1', isKept: false });
  },
);
