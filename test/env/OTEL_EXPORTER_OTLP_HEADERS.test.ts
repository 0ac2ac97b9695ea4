/** Headers of each request: OTEL_EXPORTER_OTLP_HEADERS and its three variants. Their values are never shown. */
import { expect, test } from 'vitest';

import { untilReceived, visit, visitByDefault, visitWithBad, visitWithBadOnes } from '../support/env-visit.ts';

const all = 'OTEL_EXPORTER_OTLP_HEADERS';
const variants = ['TRACES', 'LOGS', 'METRICS'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}_HEADERS`);
const env = { OTEL_METRIC_EXPORT_INTERVAL: '600' };
const options = { env, path: '/all?stay', until: untilReceived('metrics') };

/** The two headers of the tests, by path. */
function sent({ requests }: Awaited<ReturnType<typeof visit>>): Record<string, unknown> {
  return Object.fromEntries(
    requests.map(({ path, headers }) => [path, [headers['authorization'], headers['x-tenant']]]),
  );
}

test('unset and blank add none', async () => {
  for (const sighting of await visitByDefault(all))
    expect(sent(sighting)).toEqual({ '/v1/traces': [undefined, undefined] });
});

test('pairs are decoded and go with every signal', async () => {
  const sighting = await visit({ ...env, [all]: 'Authorization=Bearer%20abc==, x-tenant=a%2Cb' }, options);
  expect(sighting.stderr).toBe('');
  const both = ['Bearer abc==', 'a,b'];
  expect(sent(sighting)).toEqual({ '/v1/traces': both, '/v1/logs': both, '/v1/metrics': both });
});

test("a signal's own are added to the general ones, and win", async () => {
  const own = Object.fromEntries(variants.map((variable, index) => [variable, `X-Tenant=${index + 2}`]));
  const sighting = await visit({ ...env, [all]: 'authorization=a,x-tenant=1', ...own }, options);
  expect(sighting.stderr).toBe('');
  expect(sent(sighting)).toEqual({ '/v1/traces': ['a', '2'], '/v1/logs': ['a', '3'], '/v1/metrics': ['a', '4'] });
});

test('a list with a mistake is reported without its value, and none of it used', async () => {
  const complaint = 'expected name=value pairs with commas between them, percent-encoded where needed; it is ignored';
  const bad = [all, ...variants].map((variable) => ({
    variable,
    value: 'x-tenant=1,hunter2',
    shown: '***',
    complaint,
  }));
  const sighting = await visitWithBadOnes(bad);
  expect(sent(sighting)).toEqual({ '/v1/traces': [undefined, undefined] });
});

test('a line break cannot be smuggled into a header', async () => {
  const complaint =
    'expected name=value pairs with commas between them, each value without control or non-Latin characters; it is ignored';
  const value = 'x-tenant=1%0d%0aauthorization: x';
  const sighting = await visitWithBad({ variable: all, value, shown: '***', complaint });
  expect(sent(sighting)).toEqual({ '/v1/traces': [undefined, undefined] });
});
