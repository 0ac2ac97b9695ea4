/** How long the text of a span's attribute may be. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT';
const path = '/spans';

/** What is left of the text `abcdefghij` in a span's attribute. */
function seen({ spans }: Sighting): unknown {
  return spans.find(({ name }) => name === 'child 0')?.attributes['first'];
}

test('unset and blank mean no limit', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(seen(sighting)).toEqual('abcdefghij');
});

test.each([
  ['4', 'abcd'],
  ['10', 'abcdefghij'],
])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  expect(sighting.stderr).toBe('');
  expect(seen(sighting)).toEqual(expected);
});

test('it wins over the general limit', async () => {
  const env = { [variable]: '3', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2' };
  expect(seen(await visit(env, { path }))).toBe('abc');
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; no limit is used';
  expect(seen(await visitWithBad({ variable, value: '4.5', complaint }, { path }))).toEqual('abcdefghij');
});
