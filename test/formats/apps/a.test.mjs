import assert from 'node:assert';
import { createServer, get } from 'node:http';
import { test } from 'node:test';

void test('a server answers', async () => {
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = await new Promise((resolve) => get({ port: server.address().port, agent: false }, resolve));
  assert.ok(answer.headers['x-request-id']);
  answer.resume();
  server.close();
});
