/** How long the text of an attribute may be, unless the limits of spans and log records say. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT';
const path = '/all';

/** What is left of the text `abcdefghij` in a span's and a log record's attribute. */
function seen({ spans, logs }: Sighting): unknown {
  return [
    spans.find(({ name }) => name === 'child 0')?.attributes['first'],
    logs.find(({ body }) => body === 'at info')?.attributes['first'],
  ];
}

test('unset and blank mean no limit', async () => {
  for (const sighting of await visitByDefault(variable, { path }))
    expect(seen(sighting)).toEqual(['abcdefghij', 'abcdefghij']);
});

test.each([['4', ['abcd', 'abcd']]])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  expect(sighting.stderr).toBe('');
  expect(seen(sighting)).toEqual(expected);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; no limit is used';
  expect(seen(await visitWithBad({ variable, value: 'none', complaint }, { path }))).toEqual([
    'abcdefghij',
    'abcdefghij',
  ]);
});
