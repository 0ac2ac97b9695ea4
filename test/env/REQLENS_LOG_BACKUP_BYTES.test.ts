/** How large all backups of a log file may be together. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_BACKUP_BYTES: '0' })).toEqual([
    'reqlens: REQLENS_LOG_BACKUP_BYTES="0" is not usable: expected a size from 1KB in bytes, KB, MB or GB, or unlimited; unlimited is used',
  ]);
});
