/** Worker threads and the spool: what they leave there is sent, whatever ended them, and by whoever is there. */
import { expect, test } from 'vitest';

import { deadPort } from '../support/scripted-receiver.ts';
import { untilTrue } from '../support/until-true.ts';
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

test('a thread that ends while nobody answers: its process sends all of it later', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/worker?name=ended&spans=35&lines=35&ends=1');
  await app.get('/ended');
  expect([spooledCount(spool, 'trace') >= 35, spooledCount(spool, 'logs')]).toEqual([true, 35]);
  const receiver = await receiverOn(port);
  await app.get('/make?name=main&spans=10&lines=10');
  await receiver.until(
    () => arrivedSpans(receiver, 'ended').length >= 35 && arrivedLines(receiver, 'ended').length >= 35,
  );
  expect(arrivedSpans(receiver, 'ended')).toEqual(spanNames('ended', 35));
  expect(arrivedLines(receiver, 'ended')).toEqual(lineNames('ended', 35));
});

test('a thread that is terminated while nobody answers: what it was building is lost, no more, and nothing comes twice', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/worker?name=terminated&spans=35');
  await untilTrue(() => spooledCount(spool, 'trace') >= 30);
  await app.get('/terminate');
  const receiver = await receiverOn(port);
  await app.get('/make?name=main&spans=10');
  await receiver.until(() => arrivedSpans(receiver, 'main').length >= 10);
  await untilTrue(() => spooledFiles(spool).length === 0);
  const arrived = arrivedSpans(receiver, 'terminated');
  expect(arrived.length).toBeGreaterThanOrEqual(30);
  expect(new Set(arrived).size).toBe(arrived.length);
});

test('a main thread that exits while its threads are at work: the next process sends what they had written', async () => {
  const spool = newSpool();
  const port = await deadPort();
  const app = await spoolingApp(spoolEnv(port, spool));
  await app.get('/worker?name=left&spans=35');
  await app.get('/worker?name=right&spans=35');
  await untilTrue(() => spooledCount(spool, 'trace') >= 60);
  await app.get('/exit').catch(() => undefined);
  await app.exit;
  const receiver = await receiverOn(port);
  for (let runs = 0; spooledFiles(spool).length > 0 && runs < 10; runs += 1) {
    await spoolingScript(['next', '1', '0'], spoolEnv(port, spool));
  }
  expect(spooledFiles(spool)).toEqual([]);
  for (const name of ['left', 'right']) {
    const arrived = arrivedSpans(receiver, name);
    expect(arrived.length).toBeGreaterThanOrEqual(30);
    expect(new Set(arrived).size).toBe(arrived.length);
  }
});

test('a thread that is terminated while its request has no answer: the next process sends that batch', async () => {
  const spool = newSpool();
  let isHung = true;
  const receiver = await receiverOn(0, { answer: () => (isHung ? undefined : 200) });
  const app = await spoolingApp({ ...spoolEnv(receiver.port, spool), OTEL_TRACES_SAMPLER: 'parentbased_always_on' });
  await app.get('/worker?name=hung&spans=30');
  await untilTrue(() => spooledCount(spool, 'trace') >= 30);
  await app.get('/terminate');
  app.signal('SIGKILL');
  await app.exit;
  isHung = false;
  for (let runs = 0; spooledFiles(spool).length > 0 && runs < 10; runs += 1) {
    await spoolingScript(['next', '1', '0'], spoolEnv(receiver.port, spool));
  }
  expect(arrivedSpans(receiver, 'hung')).toEqual(spanNames('hung', 30));
});
