/** How named loggers write a line. The effect: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart } from './said-at-start.ts';

test('a bad value is reported, and the default goes on', async () => {
  expect(await saidAtStart({ REQLENS_LOG_FORMAT: 'xml' })).toEqual([
    'reqlens: REQLENS_LOG_FORMAT="xml" is not usable: expected json or text; json is used',
  ]);
});
