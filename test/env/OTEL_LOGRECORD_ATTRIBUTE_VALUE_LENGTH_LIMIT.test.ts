/** How long the text of a log record's attribute may be. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT';
const path = '/logs';

/** What is left of the text `abcdefghij` in a log record's attribute. */
function seen({ logs }: Sighting): unknown {
  return logs.find(({ body }) => body === 'at info')?.attributes['first'];
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
  expect(seen(await visitWithBad({ variable, value: '-4', complaint }, { path }))).toEqual('abcdefghij');
});
