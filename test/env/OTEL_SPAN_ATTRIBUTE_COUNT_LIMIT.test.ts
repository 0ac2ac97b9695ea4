/** How many attributes a span may have. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT';
const path = '/spans';

/** Attributes that the application gave to a span of its own. */
function seen({ spans }: Sighting): string[] {
  const { attributes = {} } = spans.find(({ name }) => name === 'child 0') ?? {};
  return Object.keys(attributes).filter((name) => ['first', 'second', 'third'].includes(name));
}

test('unset and blank mean 128', async () => {
  for (const sighting of await visitByDefault(variable, { path }))
    expect(seen(sighting)).toEqual(['first', 'second', 'third']);
});

test.each([
  ['2', ['first', 'second']],
  ['0', []],
])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  expect(sighting.stderr).toBe('');
  expect(seen(sighting)).toEqual(expected);
});

test('it wins over the general limit', async () => {
  const env = { [variable]: '1', OTEL_ATTRIBUTE_COUNT_LIMIT: '2' };
  expect(seen(await visit(env, { path }))).toEqual(['first']);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; 128 is used';
  expect(seen(await visitWithBad({ variable, value: '-1', complaint }, { path }))).toEqual([
    'first',
    'second',
    'third',
  ]);
});
