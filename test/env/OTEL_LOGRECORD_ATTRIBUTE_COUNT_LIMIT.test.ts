/** How many attributes a log record may have. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT';
const path = '/logs';

/** Whether all three attributes of the application arrived, and how many attributes there are in all. */
function seen({ logs }: Sighting): unknown {
  const { attributes = {} } = logs.find(({ body }) => body === 'at info') ?? {};
  const names = Object.keys(attributes);
  return { isComplete: ['first', 'second', 'third'].every((name) => names.includes(name)), isFew: names.length < 3 };
}

test('unset and blank mean 128', async () => {
  for (const sighting of await visitByDefault(variable, { path }))
    expect(seen(sighting)).toEqual({ isComplete: true, isFew: false });
});

test.each([['2', { isComplete: false, isFew: true }]])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  // The SDK's own warning, once.
  expect(sighting.stderr).toBe('reqlens: Dropping extra attributes.\n');
  expect(seen(sighting)).toEqual(expected);
});

test('it wins over the general limit', async () => {
  const env = { [variable]: '100', OTEL_ATTRIBUTE_COUNT_LIMIT: '2' };
  expect(seen(await visit(env, { path }))).toEqual({ isComplete: true, isFew: false });
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; 128 is used';
  expect(seen(await visitWithBad({ variable, value: 'two', complaint }, { path }))).toEqual({
    isComplete: true,
    isFew: false,
  });
});
