/** Kept connections that died: one immediate try on a new one, and no more. */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

import { expect, test } from 'vitest';

import { listening, payload, receiver, senderTo } from './receiver.ts';
import { untilTrue } from '../support/until-true.ts';

test.each(['reset', 'end'] as const)('closed by a %s just when the next request comes', async (how) => {
  let requests = 0;
  const connections = new Set<Socket>();
  const server = createHttpServer((request, response) => {
    requests += 1;
    const { socket } = request;
    // The second request on a connection finds it dead; the sender cannot know before.
    if (connections.has(socket)) {
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
      return;
    }
    connections.add(socket);
    request.resume().on('end', () => response.end());
  });
  const sender = senderTo(`http://127.0.0.1:${await listening(server)}`);
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect({ requests, connections: connections.size }).toEqual({ requests: 3, connections: 2 });
  expect(sender.mayAskInMs()).toBe(0);
});

test('a receiver that closes every connection at once is asked twice at the most for one batch', async () => {
  let isBroken = false;
  let requests = 0;
  const server = createHttpServer((request, response) => {
    requests += 1;
    if (isBroken) request.socket.destroy();
    else request.resume().on('end', () => response.end());
  });
  const sender = senderTo(`http://127.0.0.1:${await listening(server)}`);
  await sender.send(payload);
  isBroken = true;
  const before = requests;
  expect(await sender.send(payload)).toMatchObject({
    status: 'retry',
    reason: 'ECONNRESET (the connection was closed before an answer)',
    isUnreachable: true,
  });
  expect(requests - before).toBe(2);
});

test('closed in the middle of a large body', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.destroy());
  });
  const sender = senderTo(`http://127.0.0.1:${await listening(server)}`);
  const sent = await sender.send({ body: Buffer.alloc(8_000_000, 32), itemCount: 1 });
  expect(sent).toMatchObject({ status: 'retry', isUnreachable: true });
  expect(sent.status === 'retry' && sent.reason).toMatch(/^(?:ECONNRESET|EPIPE) \(/);
});

test('many batches at once share four connections', async () => {
  let open = 0;
  let most = 0;
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.end(), 5));
  });
  server.on('connection', (socket) => {
    open += 1;
    most = Math.max(most, open);
    socket.on('close', () => {
      open -= 1;
    });
  });
  const sender = senderTo(`http://127.0.0.1:${await listening(server)}`);
  const sent = await Promise.all(Array.from({ length: 40 }, () => sender.send(payload)));
  expect(new Set(sent.map(({ status }) => status))).toEqual(new Set(['sent']));
  expect(most).toBeLessThanOrEqual(4);
  // They are not kept for longer than four seconds either.
  await untilTrue(() => open === 0);
});

test('an IPv6 address, and a name with both', async () => {
  const { port } = await receiver((response) => response.end());
  expect(await senderTo(`http://localhost:${port}`).send(payload)).toEqual({ status: 'sent' });
  expect(await senderTo(`http://[::1]:${port}`).send(payload)).toMatchObject({
    status: 'retry',
    reason: expect.stringMatching(/^ECONNREFUSED|^EADDRNOTAVAIL/),
  });
});

test('a name that nobody knows', async () => {
  expect(await senderTo('http://no-such-host.invalid:4399').send(payload)).toMatchObject({
    status: 'retry',
    isUnreachable: true,
    reason: expect.stringMatching(/^(?:ENOTFOUND|EAI_AGAIN) \(/),
  });
});
