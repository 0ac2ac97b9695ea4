/** Where usage is kept. The effect: test/access/store.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart, usageInForce } from './said-at-start.ts';

test('blank and memory mean the memory of each process', async () => {
  const both = ['  ', 'Memory'].map(async (value) =>
    usageInForce(await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_USAGE_STORE: value })),
  );
  for (const line of await Promise.all(both)) expect(line).toContain(' usage-store=memory ');
});

test('a Redis is shown without its password, and is not waited for at the end of a program', async () => {
  const value = 'redis://default:hunter2@127.0.0.1:1/3';
  const lines = await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_USAGE_STORE: value });
  expect(lines).toHaveLength(1);
  expect(usageInForce(lines)).toContain(' usage-store=redis://***@127.0.0.1:1/3 ');
});

test('a bad value is reported without its password, and the default goes on', async () => {
  const lines = await saidAtStart({ REQLENS_USAGE_STORE: 'memcached://u:hunter2@cache:11211' });
  expect(lines).toEqual([
    'reqlens: REQLENS_USAGE_STORE="memcached://***@cache:11211" is not usable: expected memory, or a URL such as redis://host:6379 or rediss://user:password@host:6379/1; memory is used',
  ]);
});
