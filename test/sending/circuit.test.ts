/** One receiver is one receiver, however many signals go there: all know what one has found out. */
import { createServer } from 'node:net';

import { expect, test } from 'vitest';

import { listening, payload, receiver, senderTo } from './receiver.ts';
import { untilTrue } from '../support/until-true.ts';

test('while a receiver is away one batch at a time asks, and what it finds holds for all signals', async () => {
  let isBack = false;
  let open = 0;
  let most = 0;
  const away = await receiver((response) => {
    open += 1;
    most = Math.max(most, open);
    setTimeout(() => {
      open -= 1;
      response.writeHead(isBack ? 200 : 503).end();
    }, 30);
  });
  const senders = ['traces', 'logs', 'metrics'].map((path) =>
    senderTo(away.url, { endpoint: `${away.url}/v1/${path}` }),
  );
  const [first, second, third] = senders;
  await first?.send(payload);
  expect(away.posts).toHaveLength(1);
  for (const sender of senders) expect(sender.mayAskInMs()).toBeGreaterThan(0);
  // None of these goes out.
  const early = await Promise.all([second?.send(payload), third?.send(payload)]);
  for (const sent of early) expect(sent).toMatchObject({ status: 'retry', reason: 'HTTP status 503' });
  expect(away.posts).toHaveLength(1);

  await untilTrue(() => senders.every((sender) => sender.mayAskInMs() === 0));
  most = 0;
  await Promise.all(senders.map((sender) => sender.send(payload)));
  // One probe; it failed, and the two others did not ask.
  expect({ posts: away.posts.length, most }).toEqual({ posts: 2, most: 1 });

  isBack = true;
  await untilTrue(() => senders.every((sender) => sender.mayAskInMs() === 0));
  const sent = await Promise.all(senders.map((sender) => sender.send(payload)));
  expect(sent.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
  expect(senders.map((sender) => sender.mayAskInMs())).toEqual([0, 0, 0]);
});

test('a receiver that is busy for one signal alone slows the others down, and does not stop them', async () => {
  const half = await receiver((response, { path }) => response.writeHead(path === '/v1/logs' ? 429 : 200).end());
  const traces = senderTo(half.url);
  const logs = senderTo(half.url, { endpoint: `${half.url}/v1/logs` });
  await logs.send(payload);
  await untilTrue(() => traces.mayAskInMs() === 0);
  expect(await traces.send(payload)).toEqual({ status: 'sent' });
  await untilTrue(() => logs.mayAskInMs() === 0);
  await logs.send(payload);
  // Its second failure in a row, though the other signal was taken in between.
  expect(logs.mayAskInMs()).toBeGreaterThan(1500);
  expect(traces.mayAskInMs()).toBeLessThanOrEqual(1200);
});

test('two receivers know nothing of each other', async () => {
  const busy = await receiver((response) => response.writeHead(503).end());
  const fine = await receiver((response) => response.end());
  await senderTo(busy.url).send(payload);
  expect(await senderTo(fine.url).send(payload)).toEqual({ status: 'sent' });
});

test('a receiver that takes connections and resets them is asked as seldom', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.once('data', () => socket.resetAndDestroy());
  });
  const sender = senderTo(`http://127.0.0.1:${await listening(server)}`);
  for (let count = 0; count < 20; count += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as a queue does
    const sent = await sender.send(payload);
    expect(sent).toMatchObject({ status: 'retry', isUnreachable: true });
  }
  expect(connections).toBe(1);
});
