/** What verifies and signs tokens; never shown. The effect: test/access/matrix.test.ts and test/cli/token.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart, usageInForce } from './said-at-start.ts';

const inForce = async (value: string): Promise<string | undefined> =>
  usageInForce(await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_JWT_SECRET: value }));

test('unset and blank believe no token by it, a long one does', async () => {
  expect(await inForce('  ')).toContain(' tokens=none ');
  expect(await inForce('hunter2'.repeat(5))).toContain(' tokens=secret ');
});

test('a short one is reported without being shown, and no token is believed by it', async () => {
  const lines = await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_JWT_SECRET: 'x'.repeat(31) });
  expect(lines[0]).toBe(
    'reqlens: REQLENS_JWT_SECRET="***" is not usable: expected a text of 32 bytes or more; no token is believed by it',
  );
  expect(usageInForce(lines)).toContain(' tokens=none ');
});
