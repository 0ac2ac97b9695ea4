/** How often metrics are sent. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_METRIC_EXPORT_INTERVAL';

function exports({ requests }: Awaited<ReturnType<typeof visit>>): number {
  return requests.filter(({ path }) => path === '/v1/metrics').length;
}

test('unset and blank mean 60000: a short life has no second export', async () => {
  for (const sighting of await visitByDefault(variable, { path: '/metrics' })) {
    expect(exports(sighting)).toBeLessThan(2);
  }
});

test('a short interval sends again and again', async () => {
  const sighting = await visit(
    { [variable]: '50' },
    {
      path: '/metrics?stay',
      until: async (receiver) =>
        receiver.until(({ answered }) => answered.filter((path) => path.endsWith('metrics')).length > 2),
    },
  );
  expect(sighting.stderr).toBe('');
  expect(exports(sighting)).toBeGreaterThan(2);
});

test('0 is reported, and the default goes on', async () => {
  const complaint = 'expected a whole number from 1 to 2147483647 (milliseconds); 60000 is used';
  expect(exports(await visitWithBad({ variable, value: '0', complaint }, { path: '/metrics' }))).toBeLessThan(2);
});
