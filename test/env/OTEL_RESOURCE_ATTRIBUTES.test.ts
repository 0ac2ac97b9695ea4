/** Attributes of everything that is sent. */
import { expect, test } from 'vitest';

import { serverSpan, visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_RESOURCE_ATTRIBUTES';

test('unset and blank add nothing', async () => {
  for (const sighting of await visitByDefault(variable)) {
    expect(serverSpan(sighting)?.resource).not.toHaveProperty('team');
  }
});

test('pairs are decoded and win over what was found out', async () => {
  const env = { [variable]: 'team=a%2Cb%20%C3%A9, host.name=elsewhere,' };
  const sighting = await visit(env, { path: '/logs' });
  expect(sighting.stderr).toBe('');
  const expected = { team: 'a,b é', 'host.name': 'elsewhere', 'service.name': 'unknown_service:node' };
  expect(serverSpan(sighting)?.resource).toMatchObject(expected);
  expect(sighting.logs[0]?.resource).toMatchObject(expected);
});

test.each(['team=a,b', 'team=%zz'])('%s is reported, and none of it used', async (value) => {
  const complaint = 'expected name=value pairs with commas between them, percent-encoded where needed; it is ignored';
  const sighting = await visitWithBad({ variable, value, complaint });
  expect(serverSpan(sighting)?.resource).not.toHaveProperty('team');
});
