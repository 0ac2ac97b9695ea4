/** Where tokens have the roles. The effect: test/access/keys.test.ts and test/cli/token.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_JWT_ROLES_CLAIM: 'https://shop.example/roles' })).toEqual([]);
  expect(await saidAtStart({ REQLENS_JWT_ROLES_CLAIM: 'realm_access..roles' })).toEqual([
    'reqlens: REQLENS_JWT_ROLES_CLAIM="realm_access..roles" is not usable: expected up to 8 names with dots between them, or a URL, of at most 256 characters; roles is used',
  ]);
});
