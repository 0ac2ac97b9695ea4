/** Where log records go, beside the named loggers' own lines. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_LOGS_EXPORTER';
const path = '/logs';

/** How many log records the receiver got, and how many the console exporter printed. */
function seen({ logs, stdout }: Awaited<ReturnType<typeof visit>>): unknown {
  return { received: logs.length, printed: stdout.match(/^ +body: 'at \w+',$/gm)?.length ?? 0 };
}

test('unset and blank mean otlp', async () => {
  for (const sighting of await visitByDefault(variable, { path })) {
    expect(seen(sighting)).toEqual({ received: 4, printed: 0 });
  }
});

test.each([
  ['none', { received: 0, printed: 0 }],
  ['console', { received: 0, printed: 4 }],
  ['CONSOLE,otlp', { received: 4, printed: 4 }],
])('%s: %j', async (value, expected) => {
  const sighting = await visit({ [variable]: value }, { path });
  expect(sighting.stderr).toBe('');
  expect(seen(sighting)).toEqual(expected);
  expect(sighting.stdout.match(/"msg":"at /g)).toHaveLength(4);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected a list of otlp or console, or none alone (its name is console now); otlp is used';
  const sighting = await visitWithBad({ variable, value: 'logging', complaint }, { path });
  expect(seen(sighting)).toEqual({ received: 4, printed: 0 });
});
