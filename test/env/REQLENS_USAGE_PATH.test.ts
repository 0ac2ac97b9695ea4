/** From where usage is read. The effect: test/access/responses.test.ts. */
import { expect, test } from 'vitest';

import { saidAtStart, usageInForce } from './said-at-start.ts';

const inForce = async (value: string): Promise<string | undefined> =>
  usageInForce(await saidAtStart({ REQLENS_STARTUP_LINE: '1', REQLENS_USAGE_PATH: value }));

test('blank answers nothing; a slash at the end is no other path', async () => {
  expect(await inForce('  ')).toContain(' usage-path=none');
  expect(await inForce('/internal/usage/')).toContain(' usage-path=/internal/usage');
});

test.each(['usage', '/', '//host/usage', '/a/../b', '/a b', '/u%73age', '/usage?x'])(
  '%s is reported, and nothing is answered',
  async (value) => {
    expect(await saidAtStart({ REQLENS_USAGE_PATH: value })).toEqual([
      `reqlens: REQLENS_USAGE_PATH="${value}" is not usable: expected a path such as /internal/usage: letters, digits, -, ., _ and ~ between slashes; no usage can be read over HTTP`,
    ]);
  },
);
