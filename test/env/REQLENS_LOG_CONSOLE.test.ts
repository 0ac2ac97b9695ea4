/** Whether named loggers write to the console. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_CONSOLE: 'stderr' })).toEqual([
    'reqlens: REQLENS_LOG_CONSOLE="stderr" is not usable: expected true, 1, yes, on, false, 0, no or off; true is used',
  ]);
});
