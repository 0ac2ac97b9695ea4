/** Whose code rolls log files. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_FILE_DRIVER: 'winston' })).toEqual([
    'reqlens: REQLENS_LOG_FILE_DRIVER="winston" is not usable: expected reqlens or pino-roll; reqlens is used',
  ]);
});
