/** How many links a span may have. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_SPAN_LINK_COUNT_LIMIT';
const path = '/spans';

/** Of three links that the application made. */
function seen({ spans }: Sighting): number | undefined {
  return spans.find(({ name }) => name === 'child 0')?.links.length;
}

test('unset and blank mean 128', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(seen(sighting)).toEqual(3);
});

test.each([
  ['2', 2],
  ['0', 0],
])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  // The SDK's own warning, once.
  expect(sighting.stderr).toMatch(
    /^(?:reqlens: No events allowed\.\n)?reqlens: Dropped [13] links because linkCountLimit reached\n$/,
  );
  expect(seen(sighting)).toEqual(expected);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; 128 is used';
  expect(seen(await visitWithBad({ variable, value: 'all', complaint }, { path }))).toEqual(3);
});
