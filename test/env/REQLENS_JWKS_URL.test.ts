/** Where the keys are that verify tokens. The effect: test/access/keys.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart, usageInForce } from './said-at-start.ts';

const complaint =
  'expected a URL that begins with https:// (http:// on this machine only) and has no user and password in it; no token is believed by it';

test('https, and http on this machine; a query is not shown', async () => {
  const url = 'https://id.example/keys?code=hunter2';
  const lines = await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_JWKS_URL: url });
  expect(lines).toHaveLength(1);
  expect(usageInForce(lines)).toContain(' tokens=https://id.example/keys?*** ');
  expect(await saidAtStart({ REQLENS_JWKS_URL: 'http://[::1]:8080/keys' })).toEqual([]);
});

test.each([
  ['http://id.example/keys', 'http://id.example/keys'],
  ['https://hunter2@id.example/keys', 'https://***@id.example/keys'],
])('%s is reported, and no token is believed by it', async (value, shown) => {
  const lines = await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_JWKS_URL: value });
  expect(lines[0]).toBe(`reqlens: REQLENS_JWKS_URL="${shown}" is not usable: ${complaint}`);
  expect(usageInForce(lines)).toContain(' tokens=none ');
});
