/** Where log files are. The effect: test/logs/settings.test.ts. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { loggersInForce, saidAtStart } from './said-at-start.ts';

test('the start-up line shows the directory, which is not made before the first line', async () => {
  const directory = join(tmpdir(), `reqlens-never-made-${process.pid}`);
  const lines = await saidAtStart({ REQLENS_LOG_DIR: directory, REQLENS_STARTUP_LINE: 'true' });
  expect(lines).toHaveLength(1);
  expect(loggersInForce(lines)).toBe(`log-dir=${directory} loggers=publish_sync:info,wordpress_api:info,webhooks:info`);
  expect(existsSync(directory)).toBe(false);
});
