/** SIGKILL in the middle: at most the batch that is being built is lost, and the next process sends the rest, once. */
import { expect, test } from 'vitest';

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
} from './spooling.ts';

test('while nobody answers: at most one batch of spans is missing afterwards, and none comes twice', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const env = { ...spoolEnv(port, spool), OTEL_LOGS_EXPORTER: 'none' };
  const app = await spoolingApp(env);
  // The server span of each request is one more in the batch.
  for (let index = 0; index < 30; index += 1) await app.get(`/make?name=r${index}.&spans=6`);
  await untilTrue(() => spooledCount(spool, 'trace') >= 200);
  app.signal('SIGKILL');
  await app.exit;
  const receiver = await receiverOn(port);
  const next = await spoolingApp(env);
  await next.get('/make?name=next&spans=10');
  await untilTrue(() => spooledFiles(spool).length === 0);
  await receiver.until(() => arrivedSpans(receiver, 'next').length === 10);
  const arrived = receiver
    .spans()
    .map(({ name }) => name)
    .filter((name) => /^r\d+\. span/.test(name));
  const expected = Array.from({ length: 30 }, (_, index) => spanNames(`r${index}.`, 6)).flat();
  expect(new Set(arrived).size).toBe(arrived.length);
  expect(expected.filter((name) => !arrived.includes(name)).length).toBeLessThanOrEqual(10);
});

test('while a receiver holds the answer: what it was sent is sent again by the next process', async () => {
  const spool = newSpool();
  const holding = await receiverOn(0, { answer: () => undefined });
  const env = { ...spoolEnv(holding.port, spool), OTEL_LOGS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_TIMEOUT: '600000' };
  const app = await spoolingApp(env);
  await app.get('/make?name=held&spans=30');
  await untilTrue(() => spooledCount(spool, 'trace') >= 30);
  app.signal('SIGKILL');
  await app.exit;
  await holding.close();
  const receiver = await receiverOn(holding.port);
  const next = await spoolingApp(env);
  await next.get('/make?name=next&spans=10');
  await receiver.until(() => arrivedSpans(receiver, 'held').length >= 30);
  await untilTrue(() => spooledFiles(spool).length === 0);
  expect(arrivedSpans(receiver, 'held')).toEqual(spanNames('held', 30));
});
