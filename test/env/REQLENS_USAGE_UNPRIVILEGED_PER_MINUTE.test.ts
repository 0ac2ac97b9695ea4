/** How many requests a minute are measured for callers who may not see it. The effect: test/access/allowance.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('0 is none, blank is the default; a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE: '0' })).toEqual([]);
  expect(await saidAtStart({ REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE: ' ' })).toEqual([]);
  expect(await saidAtStart({ REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE: '1000001' })).toEqual([
    'reqlens: REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE="1000001" is not usable: expected a whole number from 0 to 1000000; 120 is used',
  ]);
});
