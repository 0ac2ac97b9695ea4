/** A configuration file is not read, and that is said. */
import { expect, test } from 'vitest';

import { serverSpan, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_CONFIG_FILE';
const env = { OTEL_SERVICE_NAME: 'from-variable' };

test('unset and blank say nothing', async () => {
  expect(await visitByDefault(variable, { env })).toHaveLength(2);
});

test('the file is reported as not read; the other variables are used', async () => {
  const complaint =
    'expected nothing here, because reqlens reads no configuration file; the other OTEL_* and REQLENS_* variables are used';
  const sighting = await visitWithBad({ variable, value: 'otel.yaml', complaint }, { env });
  expect(serverSpan(sighting)?.resource['service.name']).toBe('from-variable');
});
