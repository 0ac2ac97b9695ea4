/** Where spans go. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_TRACES_EXPORTER';

/** How many spans the receiver got, and how many were printed. */
function seen({ spans, stdout }: Awaited<ReturnType<typeof visit>>): unknown {
  return { received: spans.length, printed: stdout.match(/^ +name: 'GET',$/gm)?.length ?? 0 };
}

test('unset and blank mean otlp', async () => {
  for (const sighting of await visitByDefault(variable)) expect(seen(sighting)).toEqual({ received: 1, printed: 0 });
});

test.each([
  ['none', { received: 0, printed: 0 }],
  ['console', { received: 0, printed: 1 }],
  ['otlp, Console', { received: 1, printed: 1 }],
])('%s: %j', async (value, expected) => {
  const sighting = await visit({ [variable]: value });
  expect(sighting.stderr).toBe('');
  expect(seen(sighting)).toEqual(expected);
  expect(sighting.response.headers).toHaveProperty('x-request-id');
});

test('zipkin is reported with what to use, and the default goes on', async () => {
  const complaint =
    'expected a list of otlp or console, or none alone (for Zipkin send otlp to an OpenTelemetry Collector with its zipkin exporter); otlp is used';
  expect(seen(await visitWithBad({ variable, value: 'zipkin', complaint }))).toEqual({ received: 1, printed: 0 });
});
