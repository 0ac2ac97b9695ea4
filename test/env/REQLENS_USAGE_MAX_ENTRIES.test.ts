/** Of how many requests a process keeps the usage. The effect: test/access/store.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_USAGE_MAX_ENTRIES: '0' })).toEqual([
    'reqlens: REQLENS_USAGE_MAX_ENTRIES="0" is not usable: expected a whole number from 1 to 1000000; 1000 is used',
  ]);
});
