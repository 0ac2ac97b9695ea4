/** A Redis that answers with too much. The application goes on, and what it says of it is short and has no address in it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { missingRedis, startTcpRedis } from '../access/redis.ts';
import { startAccessApp } from '../access/started-app.ts';

const debug = { 'X-Debug-Resource-Tracking': '1' };
const mb = 1024 * 1024;

/** Answers every command with the same error. */
async function startRefusing(error: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(`-${error}\r\n`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  ['that looks like the beginning of an address', 'a.'.repeat(mb / 2)],
  ['of blanks', ' '.repeat(mb)],
  ['with an address', `redis://user:hunter2@${'h'.repeat(mb)}`],
])('an error of a megabyte %s', async (_, text) => {
  const url = await startRefusing(`ERR cannot ${text}`);
  const app = await startAccessApp({ REQLENS_USAGE_STORE: url });
  const response = await app.raw({ path: '/late?roles=admin', headers: debug });
  expect(response).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(() => app.stderr()).toContain('usage is kept in the memory of each process');
  const { stderr } = await app.finish();
  const said = stderr.split('\n').filter((line) => line.includes('REQLENS_USAGE_STORE'));
  expect(said).toHaveLength(1);
  expect(said[0]?.length).toBeLessThan(600);
  expect(said[0]).not.toContain('hunter2');
});

test.skipIf(missingRedis() !== undefined)('a value that is too long to be ours is none', async () => {
  const redis = await startTcpRedis();
  onTestFinished(async () => redis.remove());
  const app = await startAccessApp({ REQLENS_USAGE_STORE: redis.url });
  const { createClient } = await import('redis');
  const client = createClient({ url: redis.url });
  await client.connect();
  await app.raw({ path: '/late?roles=admin', headers: { ...debug, 'X-Request-ID': 'first' } });
  let [key] = await client.keys('reqlens:usage:*');
  while (key === undefined) [key] = await client.keys('reqlens:usage:*');
  const other = await startAccessApp({ REQLENS_USAGE_STORE: redis.url });
  expect((await other.usageOf('first')).status).toBe(200);
  await client.set(key, 'x'.repeat(mb));
  expect((await other.usageOf('first')).status).toBe(404);
  await client.close();
  await Promise.all([app.finish(), other.finish()]);
});
