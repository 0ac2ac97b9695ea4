/** How long usage is kept, in milliseconds. The effect: test/access/store.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_USAGE_TTL: '15m' })).toEqual([
    'reqlens: REQLENS_USAGE_TTL="15m" is not usable: expected a whole number from 1000 to 604800000 (milliseconds); 3600000 is used',
  ]);
});
