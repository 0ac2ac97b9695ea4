/** What an exit cannot send is on disk when the process is gone, whatever ended it, and the next process sends it. */
import { existsSync } from 'node:fs';

import { expect, test } from 'vitest';

import { runApp, startApp } from '../support/run-app.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { untilTrue } from '../support/until-true.ts';
import {
  arrivedSpans,
  newSpool,
  receiverOn,
  spanNames,
  spooledCount,
  spooledFiles,
  spoolEnv,
  spoolingApp,
  spoolingScript,
} from './spooling.ts';

const program = 'test/exit/apps/endings.mjs';

test.each([['log'], ['exit'], ['throw'], ['reject']])(
  'a program that ends by `%s` while nobody answers',
  async (how) => {
    const spool = newSpool();
    await runApp(program, { args: [how], env: spoolEnv(await deadPort(), spool) });
    expect(spooledCount(spool, 'logs')).toBe(how === 'exit' ? 0 : 1);
  },
);

test.each([['SIGTERM'], ['SIGINT'], ['SIGHUP']] as const)('%s while nobody answers, metrics too', async (signal) => {
  const spool = newSpool();
  const env = {
    ...spoolEnv(await deadPort(), spool),
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_BLRP_SCHEDULE_DELAY: '60000',
  };
  const app = await startApp(program, { args: ['serve'], env });
  await app.get('/ok');
  app.signal(signal);
  expect((await app.exit).signal).toBe(signal);
  expect(spooledCount(spool, 'logs')).toBe(1);
  expect(spooledCount(spool, 'trace')).toBe(2);
  expect(spooledCount(spool, 'metrics')).toBeGreaterThan(0);
});

test('a receiver that never answers: after the time the rest is on disk, and that is said', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0, { answer: () => undefined });
  const env = { ...spoolEnv(receiver.port, spool), REQLENS_SHUTDOWN_TIMEOUT: '500' };
  const { stderr, code } = await spoolingScript(['hung', '30', '30'], env);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr:
      'reqlens: not everything could be sent at the exit within 500 ms (REQLENS_SHUTDOWN_TIMEOUT); what was not taken waits on disk for the next process\n',
  });
  expect([spooledCount(spool, 'trace'), spooledCount(spool, 'logs')]).toEqual([30, 30]);
});

test('a receiver that takes some and not others: only the others are on disk', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0, { answer: (_, path) => (path === '/v1/logs' ? 503 : 200) });
  await spoolingScript(['half', '30', '30'], spoolEnv(receiver.port, spool));
  expect([spooledCount(spool, 'trace'), spooledCount(spool, 'logs')]).toEqual([0, 30]);
});

test('a receiver that asked to be left alone is sent what is in memory, and nothing of what waits on disk', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0, { answer: () => 503, retryAfter: '300' });
  const app = await spoolingApp(spoolEnv(receiver.port, spool));
  await app.get('/make?name=a&spans=95&lines=95');
  await untilTrue(() => spooledCount(spool, 'trace') >= 90 && spooledCount(spool, 'logs') >= 90);
  const { length } = receiver.requests;
  await app.get('/exit').catch(() => undefined);
  await app.exit;
  const paths = receiver.requests.slice(length).map(({ path }) => path);
  expect(paths).toContain('/v1/traces');
  expect(paths).toEqual([...new Set(paths)]);
  // The two requests have a span each.
  expect([spooledCount(spool, 'trace'), spooledCount(spool, 'logs')]).toEqual([97, 95]);
});

test('a receiver that takes nothing at `process.exit` is sent everything once', async () => {
  const spool = newSpool();
  const port = await deadPort();
  await spoolingScript(['left', '30', '30'], spoolEnv(port, spool));
  const receiver = await receiverOn(port, { answer: () => 503 });
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/exit').catch(() => undefined);
  await app.exit;
  const bodies = receiver.requests.map(({ body }) => body.toString());
  expect(bodies).toHaveLength(7);
  expect(new Set(bodies).size).toBe(7);
  expect([spooledCount(spool, 'trace'), spooledCount(spool, 'logs')]).toEqual([31, 30]);
});

test('a receiver that takes everything: nothing is on disk, not even a directory', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0);
  expect(await spoolingScript(['well', '30', '30'], spoolEnv(receiver.port, spool))).toMatchObject({ stderr: '' });
  expect(existsSync(spool)).toBe(false);
});

test('REQLENS_SHUTDOWN_TIMEOUT=0 leaves the exit alone: nothing is written either', async () => {
  const spool = newSpool();
  await spoolingScript(['none', '30', '30'], {
    ...spoolEnv(await deadPort(), spool),
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '512',
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '512',
    OTEL_BSP_SCHEDULE_DELAY: '60000',
    OTEL_BLRP_SCHEDULE_DELAY: '60000',
    REQLENS_SHUTDOWN_TIMEOUT: '0',
  });
  expect(existsSync(spool)).toBe(false);
});

test.each([
  ['with a spool', undefined],
  ['without one', 'off'],
])('an end that the process survives, %s: all that comes later arrives', async (_, off) => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp({ ...spoolEnv(port, off ?? spool), OTEL_LOGS_EXPORTER: 'none' });
  await app.get('/make?name=before&spans=29');
  await untilTrue(() => app.stderr().includes('no collector answers'));
  await app.get('/seeming-end');
  await app.get('/make?name=after&spans=29');
  const receiver = await receiverOn(port);
  const arrived = (): string[] => [
    ...new Set([...arrivedSpans(receiver, 'before'), ...arrivedSpans(receiver, 'after')]),
  ];
  // Without a disk those of before were lost with the end.
  const expected = [...(off === undefined ? spanNames('before', 29) : []), ...spanNames('after', 29)];
  await receiver.until(() => arrived().length >= expected.length);
  expect(arrived()).toEqual(expected);
});

test('an exit during the outage keeps what waited before, and adds its own', async () => {
  const spool = newSpool();
  const app = await spoolingApp(spoolEnv(await deadPort(), spool));
  await app.get('/make?name=a&spans=95&lines=95');
  await app.get('/end');
  await app.exit;
  // The two requests have a span each.
  expect([spooledCount(spool, 'trace'), spooledCount(spool, 'logs')]).toEqual([97, 95]);
  expect(spooledFiles(spool).every((name) => name.endsWith('.otlp'))).toBe(true);
});
