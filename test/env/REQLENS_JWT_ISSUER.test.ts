/** From whom tokens must come. The effect: test/access/keys.test.ts and test/cli/token.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('blank, and any text, is fine', async () => {
  expect(await saidAtStart({ REQLENS_JWT_ISSUER: '  ' })).toEqual([]);
  expect(await saidAtStart({ REQLENS_JWT_ISSUER: 'https://id.example' })).toEqual([]);
});
