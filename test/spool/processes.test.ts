/** Several processes with one spool: together they send everything, and nothing twice. */
import { existsSync } from 'node:fs';

import { expect, test } from 'vitest';

import { deadPort } from '../support/scripted-receiver.ts';
import {
  arrivedLines,
  arrivedSpans,
  lineNames,
  newSpool,
  receiverOn,
  spanNames,
  spooledCount,
  spooledFiles,
  spoolEnv,
  spoolingApp,
  spoolingScript,
} from './spooling.ts';
import type { Env } from './spooling.ts';
import { untilTrue } from '../support/until-true.ts';

test('three servers and the files of one that is gone: each batch arrives once', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const env = spoolEnv(port, spool);
  const names = ['a', 'b', 'c', 'gone'];
  const apps = await Promise.all(names.map(async () => spoolingApp(env)));
  await Promise.all(apps.map(async (app, index) => app.get(`/make?name=${names[index]}&spans=150&lines=150`)));
  await untilTrue(() => spooledCount(spool, 'trace') >= 600 && spooledCount(spool, 'logs') >= 600);
  apps[3]?.signal('SIGKILL');
  await apps[3]?.exit;
  const receiver = await receiverOn(port);
  await receiver.until(() => receiver.spans().length >= 600 && receiver.logs().length >= 600);
  await untilTrue(() => spooledFiles(spool).length === 0);
  for (const name of names) {
    expect(arrivedSpans(receiver, name)).toEqual(spanNames(name, 150));
    expect(arrivedLines(receiver, name)).toEqual(lineNames(name, 150));
  }
});

test('a short program leaves its telemetry, and the next short ones send it at their exits', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const env = spoolEnv(port, spool);
  await spoolingScript(['first', '25', '25'], env);
  expect(spooledCount(spool, 'trace')).toBe(25);
  const receiver = await receiverOn(port);
  expect(await spoolingScript(['next', '5', '5'], env)).toMatchObject({ code: 0, stderr: '' });
  await sendRest(env);
  expect(arrivedSpans(receiver, 'first')).toEqual(spanNames('first', 25));
  expect(arrivedLines(receiver, 'first')).toEqual(lineNames('first', 25));
  expect(arrivedSpans(receiver, 'next')).toEqual(spanNames('next', 5));
  expect(spooledFiles(spool)).toEqual([]);
});

test('a burst that has no room in the queue of a short program arrives all the same', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0);
  const env = { ...spoolEnv(receiver.port, spool), OTEL_BSP_MAX_QUEUE_SIZE: '20', OTEL_BLRP_MAX_QUEUE_SIZE: '20' };
  expect(await spoolingScript(['burst', '200', '200'], env)).toMatchObject({ code: 0 });
  await sendRest(env);
  expect([...new Set(arrivedSpans(receiver, 'burst'))]).toEqual(spanNames('burst', 200));
  expect([...new Set(arrivedLines(receiver, 'burst'))]).toEqual(lineNames('burst', 200));
  expect(spooledFiles(spool)).toEqual([]);
});

test.each([
  ['another address', {}, true],
  ['another tenant', { OTEL_EXPORTER_OTLP_HEADERS: 'x-scope-orgid=other' }, false],
  ['another encoding', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_EXPORTER_OTLP_COMPRESSION: 'none' }, false],
])('what was made for one receiver does not go to %s', async (_, change, isElsewhere) => {
  const spool = newSpool();
  const port = await deadPort();
  await spoolingScript(['secret', '5', '0'], spoolEnv(port, spool));
  const before = spooledFiles(spool);
  const receiver = await receiverOn(isElsewhere ? 0 : port);
  const exit = await spoolingScript(['other', '5', '0'], { ...spoolEnv(receiver.port, spool), ...change });
  expect(exit.code).toBe(0);
  expect(receiver.requests.length).toBeGreaterThan(0);
  expect(receiver.requests.some(({ body }) => body.includes('secret span'))).toBe(false);
  expect(spooledFiles(spool)).toEqual(before);
});

test('worker threads have files of their own, and their process sends them', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/worker?name=thread&spans=50');
  await untilTrue(() => spooledCount(spool, 'trace') >= 50);
  const receiver = await receiverOn(port);
  await app.get('/make?name=main&spans=10');
  await receiver.until(() => arrivedSpans(receiver, 'thread').length >= 50);
  expect(arrivedSpans(receiver, 'thread')).toEqual(spanNames('thread', 50));
});

test('a process that has nothing to send looks for nothing', async () => {
  const spool = newSpool();
  const port = await deadPort();
  await spoolingScript(['left', '5', '0'], spoolEnv(port, spool));
  const before = spooledFiles(spool);
  const receiver = await receiverOn(port);
  const app = await spoolingApp({ ...spoolEnv(port, spool), OTEL_TRACES_SAMPLER: 'always_off' });
  await app.get('/');
  app.signal('SIGKILL');
  await app.exit;
  expect(receiver.requests).toEqual([]);
  expect(existsSync(spool) && spooledFiles(spool)).toEqual(before);
});

/** One exit takes along what it can read in a few milliseconds, which is all of it but on a busy machine. */
async function sendRest(env: Env): Promise<void> {
  for (let runs = 0; spooledFiles(env['REQLENS_SPOOL_DIR'] ?? '').length > 0 && runs < 10; runs += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await spoolingScript(['rest', '1', '1'], env);
  }
}
