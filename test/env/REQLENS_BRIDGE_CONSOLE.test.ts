/** Whether what the application prints by console goes to the collector. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_BRIDGE_CONSOLE: 'all' })).toEqual([
    'reqlens: REQLENS_BRIDGE_CONSOLE="all" is not usable: expected true, 1, yes, on, false, 0, no or off; false is used',
  ]);
});
