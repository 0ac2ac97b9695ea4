/** When a backup is too old to stay. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_BACKUP_AGE: '14' })).toEqual([
    'reqlens: REQLENS_LOG_BACKUP_AGE="14" is not usable: expected a number with s, m, h, d or w (e.g. 12h, 14d), or unlimited; unlimited is used',
  ]);
});
