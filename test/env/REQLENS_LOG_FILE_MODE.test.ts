/** Permissions of new log files. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_FILE_MODE: '0440' })).toEqual([
    'reqlens: REQLENS_LOG_FILE_MODE="0440" is not usable: expected octal permissions from 0600 to 0777 that let the owner read and write, e.g. 0640; 0640 is used',
  ]);
});
