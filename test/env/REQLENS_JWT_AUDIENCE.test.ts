/** For whom tokens must be meant. The effect: test/access/keys.test.ts and test/cli/token.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and then no token is believed for want of an audience', async () => {
  expect(await saidAtStart({ REQLENS_JWT_AUDIENCE: '  ' })).toEqual([]);
  expect(await saidAtStart({ REQLENS_JWT_AUDIENCE: 'none' })).toEqual([
    'reqlens: REQLENS_JWT_AUDIENCE="none" is not usable: expected a list of audiences, each of at most 256 characters and none of them a control character; nobody is privileged by it',
  ]);
});
