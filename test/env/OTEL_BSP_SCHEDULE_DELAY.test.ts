/** How long spans wait for a batch to fill. */
import { expect, test } from 'vitest';

import { untilReceived, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_BSP_SCHEDULE_DELAY';
const path = '/spans?count=1&stay';

/** Exports of a visit that says goodbye at once. */
function exports({ requests }: Awaited<ReturnType<typeof visit>>): number {
  return requests.filter((request) => request.path === '/v1/traces').length;
}

test('unset and blank mean 5000: a short life ends with one export of everything', async () => {
  const options = { path, until: async () => undefined };
  expect((await visitByDefault(variable, options)).map(exports)).toEqual([1, 1]);
});

test('a short delay sends while the application runs', async () => {
  const sighting = await visit({ [variable]: '20' }, { path, until: untilReceived('traces') });
  expect(sighting.stderr).toBe('');
  expect(exports(sighting)).toBeGreaterThan(0);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 0 to 2147483647 (milliseconds); 5000 is used';
  const options = { path, until: async () => undefined };
  expect(exports(await visitWithBad({ variable, value: '-20', complaint }, options))).toBe(1);
});
