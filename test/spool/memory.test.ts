/** Large lines while nobody answers do not take the memory, with a spool and without. */
import { expect, test } from 'vitest';

import { deadPort } from '../support/scripted-receiver.ts';
import { newSpool, spoolEnv, spoolingApp } from './spooling.ts';

const megabyte = 1024 * 1024;

test.each([
  ['with a spool', undefined],
  ['without a spool', 'off'],
])('500 lines of 500 kB %s, in a heap of 150 MB', { timeout: 90_000 }, async (_, directory) => {
  const env = {
    ...spoolEnv(await deadPort(), directory ?? newSpool()),
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '512',
    // By count alone there would be room for all of them.
    OTEL_BLRP_MAX_QUEUE_SIZE: '2048',
    REQLENS_LOGGERS: 'webhooks:file=none',
    REQLENS_LOG_CONSOLE: 'false',
  };
  const app = await spoolingApp(env, ['--max-old-space-size=150', '--import', './register.js']);
  // oxlint-disable-next-line no-await-in-loop -- as fast as it answers
  for (let index = 0; index < 100; index += 1) await app.get(`/make?name=r${index}&lines=5&size=500000`);
  const { body } = await app.get('/memory');
  expect(Number(body)).toBeLessThan(600 * megabyte);
  await app.get('/end');
  expect((await app.exit).code).toBe(0);
});
