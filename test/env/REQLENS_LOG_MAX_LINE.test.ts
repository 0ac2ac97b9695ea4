/** How long a line may be. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_MAX_LINE: '1000' })).toEqual([
    'reqlens: REQLENS_LOG_MAX_LINE="1000" is not usable: expected a whole number from 1024 to 104857600 (characters); 1048576 is used',
  ]);
});
