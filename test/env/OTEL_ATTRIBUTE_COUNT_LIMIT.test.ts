/** How many attributes spans and log records may have, unless their own limits say. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';
import type { Sighting } from '../support/env-visit.ts';

const variable = 'OTEL_ATTRIBUTE_COUNT_LIMIT';
const path = '/all';

/** How many of three attributes arrived with a span, and whether a log record has as few. */
function seen({ spans, logs }: Sighting): unknown {
  const { attributes = {} } = spans.find(({ name }) => name === 'child 0') ?? {};
  const log = logs.find(({ body }) => body === 'at info');
  return [
    Object.keys(attributes).filter((name) => ['first', 'second', 'third'].includes(name)).length,
    Object.keys(log?.attributes ?? {}).length < 3,
  ];
}

test('unset and blank mean 128', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(seen(sighting)).toEqual([3, false]);
});

test.each([['2', [2, true]]])('%s keeps no more than that', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  // The SDK's own warning, once.
  expect(sighting.stderr).toBe('reqlens: Dropping extra attributes.\n');
  expect(seen(sighting)).toEqual(expected);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647; 128 is used';
  expect(seen(await visitWithBad({ variable, value: '-1', complaint }, { path }))).toEqual([3, false]);
});
