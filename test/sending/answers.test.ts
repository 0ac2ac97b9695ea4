/** Answers that are slow, endless, cut, too early or no HTTP at all. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { listening, payload, receiver, senderTo } from './receiver.ts';
import { untilTrue } from '../support/until-true.ts';

/** Answers every request with these bytes, and leaves the connection as it is. */
async function raw(text: string, end = false): Promise<string> {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(text);
      if (end) socket.end();
    });
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

const ok = 'HTTP/1.1 200 OK\r\n';

test('nobody answers: one deadline for everything', async () => {
  const url = await raw('');
  expect(await senderTo(url, { timeoutMs: 300 }).send(payload)).toMatchObject({
    status: 'retry',
    reason: 'no answer within 300 ms',
    isUnreachable: true,
  });
});

test('a head that drips does not move the deadline', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(`${ok}x: `);
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });
  });
  const url = `http://127.0.0.1:${await listening(server)}`;
  expect(await senderTo(url, { timeoutMs: 400 }).send(payload)).toMatchObject({ reason: 'no answer within 400 ms' });
});

test.each([
  ['never ends', `${ok}content-length: 100\r\n\r\n{`, false],
  ['breaks off', `${ok}content-length: 100\r\n\r\n{`, true],
  ['breaks off between chunks', `${ok}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`, true],
])('a 200 whose body %s is a success all the same: sending again would double the batch', async (_, text, end) => {
  expect(await senderTo(await raw(text, end)).send(payload)).toEqual({ status: 'sent' });
});

test('an endless body is cut by its size', async () => {
  let written = 0;
  const { url } = await receiver((response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(16_384, 120);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  expect(await senderTo(url).send(payload)).toEqual({ status: 'sent' });
  // What the two sides' sockets hold comes on top of the 64 KiB that are read.
  expect(written).toBeLessThan(16_000_000);
});

test.each([
  ['garbage', '\u0000\u00FF garbage\r\n\r\n', /^HPE_\w+ \(its answer is not HTTP\)$/],
  ['another protocol', '220 smtp.example.com ESMTP\r\n', /^HPE_\w+ \(its answer is not HTTP\)$/],
])('%s', async (_, text, reason) => {
  expect(await senderTo(await raw(text)).send(payload)).toMatchObject({
    status: 'retry',
    reason: expect.stringMatching(reason),
    isUnreachable: true,
  });
});

test('heads that come before the answer are passed over', async () => {
  const early =
    'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n';
  expect(await senderTo(await raw(`${early}${ok}content-length: 0\r\n\r\n`)).send(payload)).toEqual({ status: 'sent' });
});

test('an upgrade that nobody asked for', async () => {
  const url = await raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
  expect(await senderTo(url).send(payload)).toMatchObject({ status: 'retry' });
});

test.each([
  ['text/plain', 'no room', 'HTTP status 503: no room'],
  [
    'text/html',
    '<html><head><title>503 Service\n Unavailable</title></head><body>nginx</body></html>',
    'HTTP status 503: 503 Service Unavailable',
  ],
  ['application/json', '{"code":14,"message":"no room"}', 'HTTP status 503: no room'],
  ['application/json', '{"error":{"message":"no room"}}', 'HTTP status 503: no room'],
  ['application/json', '{"error":"no room"}', 'HTTP status 503: no room'],
  ['application/json', '{}', 'HTTP status 503'],
  ['application/x-protobuf', Buffer.from([0x08, 14, 0x12, 7, ...Buffer.from('no room')]), 'HTTP status 503: no room'],
  ['image/png', 'PNG', 'HTTP status 503'],
  ['text/plain', 'x'.repeat(5000), `HTTP status 503: ${'x'.repeat(199)}…`],
])('the words of a receiver: %s', async (type, body, reason) => {
  const { url } = await receiver((response) => response.writeHead(503, { 'content-type': type }).end(body));
  expect(await senderTo(url).send(payload)).toMatchObject({ status: 'retry', reason });
});

test('words that were compressed unasked, and a bomb', async () => {
  const bodies = [gzipSync('no room'), gzipSync(Buffer.alloc(100_000_000, 120))];
  const { url } = await receiver((response, _, index) => {
    response.writeHead(400, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(bodies[index]);
  });
  const sender = senderTo(url);
  expect(await sender.send(payload)).toMatchObject({ status: 'refused', reason: 'HTTP status 400: no room' });
  expect(await sender.send(payload)).toMatchObject({ status: 'refused', reason: 'HTTP status 400' });
});

test.each([
  [413, '', true],
  [400, 'http: request body too large', true],
  [400, 'request size exceeds the maximum of 4194304 bytes', true],
  [400, 'tenant exceeds rate limit of 1000 spans/s', false],
  [400, 'ingestion exceeds the limit of 1000 spans/s', false],
  [400, 'this exceeds your monthly limit', false],
  [400, 'label value length exceeds the limit of 2048', false],
  [400, 'stream exceeds maximum of 5 labels', false],
  [400, 'bad field', false],
  [403, 'too large', false],
  [500, '', false],
  [501, '', false],
  [404, '', false],
])('%d %j: refused for good', async (status, words, isTooLarge) => {
  const { url } = await receiver((response) => response.writeHead(status, { 'content-type': 'text/plain' }).end(words));
  const sender = senderTo(url);
  expect(await sender.send(payload)).toMatchObject({ status: 'refused', isTooLarge });
  expect(sender.mayAskInMs()).toBe(0);
});

test('an answer that came in time is none too late when the event loop was held up', async () => {
  const seen = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const server = require('node:http').createServer((request, response) => {
       request.resume().on('end', () => {
         Atomics.store(workerData, 0, 1);
         setTimeout(() => response.end(), 50);
       });
     });
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: seen },
  );
  onTestFinished(() => void worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  const sending = senderTo(`http://127.0.0.1:${port}`, { timeoutMs: 1000 }).send(payload);
  await untilTrue(() => Atomics.load(seen, 0) === 1);
  // Nothing is read for longer than the request may take; its answer comes meanwhile. After an immediate the timers are looked at first.
  await new Promise((resolve) => setImmediate(resolve));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  expect(await sending).toEqual({ status: 'sent' });
});
