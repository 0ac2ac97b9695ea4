/** The name of the service, in the resource of everything that is sent. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault } from '../support/env-visit.ts';

const variable = 'OTEL_SERVICE_NAME';

test('unset and blank mean unknown_service:node', async () => {
  for (const sighting of await visitByDefault(variable, { path: '/logs' })) {
    expect(serverSpan(sighting)?.resource['service.name']).toBe('unknown_service:node');
    expect(sighting.logs[0]?.resource['service.name']).toBe('unknown_service:node');
  }
});

test('any text is a name, trimmed; it wins over OTEL_RESOURCE_ATTRIBUTES', async () => {
  const env = { [variable]: ' Büro "shop" ', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' };
  const sighting = await visit(env, { path: '/logs' });
  expect(sighting.stderr).toBe('');
  expect(serverSpan(sighting)?.resource['service.name']).toBe('Büro "shop"');
  expect(sighting.logs[0]?.resource['service.name']).toBe('Büro "shop"');
});

test('blank leaves the name to OTEL_RESOURCE_ATTRIBUTES', async () => {
  const sighting = await visit({ [variable]: '', OTEL_RESOURCE_ATTRIBUTES: 'service.name=other' });
  expect(serverSpan(sighting)?.resource['service.name']).toBe('other');
});
