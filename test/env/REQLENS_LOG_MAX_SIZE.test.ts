/** How large a log file gets before the next one begins. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_MAX_SIZE: '10MB!' })).toEqual([
    'reqlens: REQLENS_LOG_MAX_SIZE="10MB!" is not usable: expected a size from 1KB in bytes, KB, MB or GB, or 0 for no limit; 10MB is used',
  ]);
});
