/** How many spans may wait; ten come at once. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_BSP_MAX_QUEUE_SIZE';
const path = '/spans?count=10';

function kept({ spans }: Awaited<ReturnType<typeof visit>>): number {
  // A batch that is under way when the process exits is sent once more: ids tell.
  return new Set(spans.filter(({ name }) => name.startsWith('child')).map(({ spanId }) => spanId)).size;
}

test('unset and blank keep them all', async () => {
  expect((await visitByDefault(variable, { path })).map(kept)).toEqual([10, 10]);
});

test('a short queue without a spool keeps the first and drops the rest', async () => {
  expect(kept(await visit({ [variable]: '3', REQLENS_SPOOL_DIR: 'off' }, { path }))).toBe(3);
});

test('a short queue with a spool gives it what has no room', async () => {
  expect(kept(await visit({ [variable]: '3' }, { path }))).toBe(10);
});

test('0 is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 1 to 2147483647; 2048 is used';
  expect(kept(await visitWithBad({ variable, value: '0', complaint }, { path }))).toBe(10);
});
