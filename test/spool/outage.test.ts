/** The receiver goes away and comes back: everything arrives, once; and nothing is on disk when nothing has to be. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

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
} from './spooling.ts';
import { deadPort } from '../support/scripted-receiver.ts';
import { untilTrue } from '../support/until-true.ts';

test('nobody answers for far more than a queue holds, then somebody does: all of it arrives once', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp({
    ...spoolEnv(port, spool),
    OTEL_BSP_MAX_QUEUE_SIZE: '20',
    OTEL_BLRP_MAX_QUEUE_SIZE: '20',
  });
  for (const name of ['a', 'b', 'c']) await app.get(`/make?name=${name}&spans=100&lines=100`);
  await untilTrue(() => spooledCount(spool, 'trace') >= 280 && spooledCount(spool, 'logs') >= 280);
  const receiver = await receiverOn(port);
  await app.get('/make?name=fresh&spans=20&lines=20');
  await receiver.until(() => receiver.spans().length >= 320 && receiver.logs().length >= 320);
  await app.get('/end');
  const { stderr } = await app.exit;
  for (const name of ['a', 'b', 'c']) {
    expect(arrivedSpans(receiver, name)).toEqual(spanNames(name, 100));
    expect(arrivedLines(receiver, name)).toEqual(lineNames(name, 100));
  }
  expect(arrivedSpans(receiver, 'fresh')).toEqual(spanNames('fresh', 20));
  expect(spooledFiles(spool)).toEqual([]);
  expect(stderr).not.toMatch(/dropped|lost/);
});

test('what comes while a batch as large as the queue is on its way is kept', async () => {
  const receiver = await receiverOn(0, { answer: (index) => (index === 0 ? undefined : 200) });
  const app = await spoolingApp({
    ...spoolEnv(receiver.port, newSpool()),
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_BSP_MAX_QUEUE_SIZE: '10',
    OTEL_BSP_SCHEDULE_DELAY: '60000',
  });
  // The request has a span, too.
  await app.get('/make?name=a&spans=9');
  await receiver.until(() => receiver.requests.length === 1);
  await app.get('/make?name=b&spans=50');
  await app.get('/end');
  expect((await app.exit).stderr).toBe('');
  expect(new Set(arrivedSpans(receiver, 'a')).size).toBe(9);
  expect(new Set(arrivedSpans(receiver, 'b')).size).toBe(50);
});

test('a receiver that answers 503 for a while: the same', async () => {
  const spool = newSpool();
  let isBusy = true;
  const receiver = await receiverOn(0, { answer: () => (isBusy ? 503 : 200) });
  const app = await spoolingApp({ ...spoolEnv(receiver.port, spool), OTEL_EXPORTER_OTLP_TIMEOUT: '1000' });
  await app.get('/make?name=busy&spans=50&lines=50');
  await untilTrue(() => spooledCount(spool, 'trace') >= 40);
  isBusy = false;
  await receiver.until(
    () => arrivedSpans(receiver, 'busy').length >= 50 && arrivedLines(receiver, 'busy').length >= 50,
  );
  expect(arrivedSpans(receiver, 'busy')).toEqual(spanNames('busy', 50));
  expect(arrivedLines(receiver, 'busy')).toEqual(lineNames('busy', 50));
});

test('a receiver that takes the connection and says nothing: what it was sent is written down, and so is what follows', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0, { answer: () => undefined });
  const app = await spoolingApp({ ...spoolEnv(receiver.port, spool), OTEL_EXPORTER_OTLP_TIMEOUT: '600000' });
  await app.get('/make?name=hung&spans=30');
  await untilTrue(() => spooledCount(spool, 'trace') >= 30);
  // One is claimed by the process that sends it, the others wait.
  expect(spooledFiles(spool).filter((name) => /\.otlp\.[\w-]+$/.test(name))).toHaveLength(1);
  await untilTrue(() => spooledFiles(spool).filter((name) => name.endsWith('.otlp')).length >= 2);
});

test('metrics wait too, with the times of their own', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const env = { ...spoolEnv(port, spool), OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '200' };
  const app = await spoolingApp({
    ...env,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
  });
  await app.get('/make?name=one');
  await untilTrue(() => spooledFiles(spool).filter((name) => name.includes('.metrics.')).length >= 3);
  const receiver = await receiverOn(port);
  await receiver.until(() => receiver.requests.filter(({ path }) => path === '/v1/metrics').length >= 4);
  const texts = receiver.requests.filter(({ path }) => path === '/v1/metrics').map(({ body }) => body.toString());
  const counted = texts.filter((text) => text.includes('spooled.things'));
  expect(counted).toHaveLength(1);
});

test('nothing is made on disk while the receiver takes everything', async () => {
  const spool = newSpool();
  const receiver = await receiverOn(0);
  const app = await spoolingApp(spoolEnv(receiver.port, spool));
  await app.get('/make?name=well&spans=30&lines=30');
  await receiver.until(() => arrivedSpans(receiver, 'well').length === 30);
  await app.get('/end');
  expect(await app.exit).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(spool)).toBe(false);
});

test("a file says what it is in a line, and holds no secret; it is its owner's alone", async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp({
    ...spoolEnv(port, spool),
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20swordfish',
  });
  await app.get('/make?name=a&spans=10');
  await untilTrue(() => spooledFiles(spool).length > 0);
  const [name = ''] = spooledFiles(spool);
  const bytes = readFileSync(join(spool, name));
  expect(bytes.subarray(0, bytes.indexOf('\n')).toString()).toMatch(
    /^reqlens-spool 1 [\da-f]{8} \{"signal":"(?:trace|logs)","destination":"[\da-f]{12}","contentType":"application\/json","itemCount":\d+,"encoding":"gzip","length":\d+\}$/,
  );
  expect(bytes.includes('swordfish')).toBe(false);
  expect(statSync(join(spool, name)).mode & 0o777).toBe(0o600);
  expect(statSync(spool).mode & 0o777).toBe(0o700);
});
