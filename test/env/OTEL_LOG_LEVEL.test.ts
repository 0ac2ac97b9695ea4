/** How much OpenTelemetry's diagnostics, and ours about our functions and hooks, say on stderr. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'OTEL_LOG_LEVEL';

test('unset and blank mean info: nothing to say of a run without trouble', async () => {
  expect(await visitByDefault(variable)).toHaveLength(2);
});

test.each(['VERBOSE', 'all'])('%s tells more, each line under our name', async (value) => {
  const { stderr, code } = await visit({ [variable]: value });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^(?:reqlens: .+\n)+$/);
});

/** A span with more attributes than its limit of 128 is a warning of the SDK. */
const path = '/too-many-attributes';

test('a warning shows at warn and info, not at error and none', async () => {
  const levels = ['none', 'error', 'warn', 'info'];
  const sightings = await Promise.all(levels.map(async (value) => visit({ [variable]: value }, { path })));
  expect(sightings.map(({ stderr }) => stderr.includes('Dropping extra attributes'))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected none, error, warn, info, debug, verbose or all; info is used';
  expect((await visitWithBad({ variable, value: 'trace', complaint })).code).toBe(0);
});
