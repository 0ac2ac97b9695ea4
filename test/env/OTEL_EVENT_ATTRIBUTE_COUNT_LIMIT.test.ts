/** How many attributes one event of a span may have. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT';
const path = '/spans';

/** Attributes in each of three events, of three that the application gave. */
function seen({ spans }: Sighting): number[] | undefined {
  const child = spans.find(({ name }) => name === 'child 0');
  return child?.events.map(({ attributes }) => Object.keys(attributes).length);
}

test('unset and blank mean 128', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(seen(sighting)).toEqual([3, 3, 3]);
});

test.each([
  ['2', [2, 2, 2]],
  ['0', [0, 0, 0]],
])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  expect(sighting.stderr).toBe('');
  expect(seen(sighting)).toEqual(expected);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; 128 is used';
  expect(seen(await visitWithBad({ variable, value: 'false', complaint }, { path }))).toEqual([3, 3, 3]);
});
