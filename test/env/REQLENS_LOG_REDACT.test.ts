/** Which fields are never written. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad item is reported, and the others hold', async () => {
  expect(await saidAtStart({ REQLENS_LOG_REDACT: 'user.email,req.headers[0]' })).toEqual([
    'reqlens: REQLENS_LOG_REDACT="user.email,req.headers[0]" is not usable: expected keys and paths such as password, user.email or items.*.card, default among them, or none alone; the list is used without req.headers[0]',
  ]);
});
