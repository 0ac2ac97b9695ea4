/** The least severe level that named loggers write, to the console and to the receiver alike. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_LOG_LEVEL';
const path = '/logs';
const all = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function written({ stdout, logs }: Pick<Awaited<ReturnType<typeof visit>>, 'stdout' | 'logs'>): unknown {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return [lines.map((line): unknown => JSON.parse(line).msg), logs.map(({ body }) => body)];
}

function from(level: string): unknown {
  const messages = all.slice(all.indexOf(level)).map((name) => `at ${name}`);
  return [messages, messages];
}

test('unset and blank mean info', async () => {
  for (const sighting of await visitByDefault(variable, { path })) expect(written(sighting)).toEqual(from('info'));
});

test.each(['trace', 'Error'])('%s writes that and what is worse', async (value) => {
  const sighting = await visit({ [variable]: value }, { path });
  expect(sighting.stderr).toBe('');
  expect(written(sighting)).toEqual(from(value.toLowerCase()));
});

test('silent writes nothing', async () => {
  expect(written(await visit({ [variable]: 'silent' }, { path }))).toEqual([[], []]);
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected trace, debug, info, warn, error, fatal or silent; info is used';
  const sighting = await visitWithBad({ variable, value: 'warning', complaint }, { path });
  expect(written(sighting)).toEqual(from('info'));
});
