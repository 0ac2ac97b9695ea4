/** Whose request id is kept. The visitor comes from 127.0.0.1. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_TRUST_REQUEST_ID';
const headers = { 'x-request-id': 'order-4711' };

async function answered(value: string): Promise<unknown> {
  const { response, stderr } = await visit({ [variable]: value }, { headers });
  expect(stderr).toBe('');
  return response.headers['x-request-id'];
}

test('unset and blank trust loopback: the request id of the visitor is kept', async () => {
  const sightings = await visitByDefault(variable, { headers });
  expect(sightings.map(({ response }) => response.headers['x-request-id'])).toEqual(['order-4711', 'order-4711']);
});

test.each(['always', '203.0.113.0/24, 127.0.0.0/8'])('%s keeps it', async (value) => {
  expect(await answered(value)).toBe('order-4711');
});

test('proxy keeps it, whoever the client is: the visitor is a trusted proxy', async () => {
  const forged = { ...headers, 'x-forwarded-for': '203.0.113.9' };
  for (const [proxies, expected] of [
    ['loopback', 'order-4711'],
    ['private', expect.not.stringMatching('order-4711')],
  ]) {
    const { response, stderr } = await visit(
      { [variable]: 'proxy', REQLENS_TRUSTED_PROXIES: proxies },
      { headers: forged },
    );
    expect(stderr).toBe('');
    expect(response.headers['x-request-id']).toEqual(expected);
  }
});

test.each(['never', 'private'])('%s gives a new one', async (value) => {
  expect(await answered(value)).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint =
    'expected always, never, proxy, or a list of addresses, CIDR blocks, loopback and private; loopback,private is used';
  const { response } = await visitWithBad({ variable, value: 'false', complaint }, { headers });
  expect(response.headers['x-request-id']).toBe('order-4711');
});

test('a bad item is left out of its list, which trusts no more than the others say', async () => {
  const complaint =
    'expected always, never, proxy, or a list of addresses, CIDR blocks, loopback and private; the list is used without 127.0.0.0/33';
  const { response } = await visitWithBad({ variable, value: '127.0.0.0/33,203.0.113.1', complaint }, { headers });
  expect(response.headers['x-request-id']).not.toBe('order-4711');
});
