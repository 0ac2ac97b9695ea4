/** Which hosts get the request id. The application calls 127.0.0.1, by fetch and by http.get. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_SEND_REQUEST_ID_TO';
const options = { path: '/call?to={receiver}', headers: { 'x-request-id': 'order-4711' } };

async function sent(value: string): Promise<unknown> {
  const { called, stderr } = await visit({ [variable]: value }, options);
  expect(stderr).toBe('');
  return called.map(({ path, headers }) => [path, headers['x-request-id']]);
}

const both = [
  ['/by-fetch', 'order-4711'],
  ['/by-http', 'order-4711'],
];

test('unset and blank send it to loopback', async () => {
  for (const { called } of await visitByDefault(variable, options)) {
    expect(called.map(({ path, headers }) => [path, headers['x-request-id']])).toEqual(both);
  }
});

test.each(['always', 'example.com,127.0.0.1'])('%s sends it there', async (value) => {
  expect(await sent(value)).toEqual(both);
});

test.each(['never', 'localhost'])('%s does not', async (value) => {
  expect(await sent(value)).toEqual([
    ['/by-fetch', undefined],
    ['/by-http', undefined],
  ]);
});

test('a name reaches a host that is called by its name', async () => {
  const path = '/call?to={receiver by name}';
  const { called } = await visit({ [variable]: 'localhost' }, { ...options, path });
  expect(called.map(({ headers }) => headers['x-request-id'])).toEqual(['order-4711', 'order-4711']);
});

test('a path that looks like a name decides nothing, and is no host in the spans', async () => {
  const path = '/call?to={receiver}//far.internal';
  const { called, spans } = await visit({ [variable]: 'far.internal' }, { ...options, path });
  expect(called.map((call) => [call.path, call.headers['x-request-id']])).toEqual([
    ['//far.internal/by-fetch', undefined],
    ['//far.internal/by-http', undefined],
  ]);
  const clients = spans.filter(({ kind }) => kind === 3).map(({ attributes }) => attributes);
  expect(clients.map((each) => each['server.address'])).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(clients.map((each) => new URL(String(each['url.full'])).pathname)).toEqual(called.map((call) => call.path));
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint =
    'expected always, never, or a list of addresses, CIDR blocks, loopback and private, host names and *.suffix; loopback,private is used';
  const { called } = await visitWithBad({ variable, value: 'http://example.com', complaint }, options);
  expect(called.map(({ path, headers }) => [path, headers['x-request-id']])).toEqual(both);
});
