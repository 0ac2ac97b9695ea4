/** Whether a new log file begins with each hour or day. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_ROLL: 'weekly' })).toEqual([
    'reqlens: REQLENS_LOG_ROLL="weekly" is not usable: expected none, hourly or daily; none is used',
  ]);
});
