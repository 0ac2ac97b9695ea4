/** How many backups of a log file stay. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_BACKUPS: 'ten' })).toEqual([
    'reqlens: REQLENS_LOG_BACKUPS="ten" is not usable: expected a whole number from 0 to 100000, or unlimited; 10 is used',
  ]);
});
