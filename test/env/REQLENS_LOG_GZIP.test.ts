/** Whether backups are compressed. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_GZIP: 'gz' })).toEqual([
    'reqlens: REQLENS_LOG_GZIP="gz" is not usable: expected true, 1, yes, on, false, 0, no or off; false is used',
  ]);
});
