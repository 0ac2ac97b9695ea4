/** A Redis and a key server that answer without end: the connection is cut before much has come, and the application answers all the while. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { debug, startAccessApp } from '../access/started-app.ts';
import { signingKey } from '../access/tokens.ts';

const mb = 1024 * 1024;
/** What the sockets of both sides hold on their own is some 6 MB; without a cut it is hundreds in the second that an answer may take. */
const mostTaken = 24 * mb;

/** As fast as it is taken, until the other side goes. */
function flood(out: Writable, chunk: Buffer): void {
  const more = (): void => {
    while (!out.destroyed && out.write(chunk)) continue;
  };
  out.on('drain', more);
  more();
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Flood {
  readonly url: string;
  /** Resolves when the other side has gone. @returns How much it had been sent by then. */
  readonly taken: Promise<number>;
}

/** Answers OK, until it is asked for what it holds. @param isOnce - From then on it holds nothing, and says so. */
async function startRedis(head: string, filler: string, isOnce = false): Promise<Flood> {
  const { promise: taken, resolve } = Promise.withResolvers<number>();
  const chunk = Buffer.alloc(mb, filler);
  let hasFlooded = false;
  const answer = (socket: Socket, name: string): void => {
    if (name.toUpperCase() !== 'GETRANGE') {
      socket.write('+OK\r\n');
      return;
    }
    if (isOnce && hasFlooded) {
      socket.write('$0\r\n\r\n');
      return;
    }
    hasFlooded = true;
    socket.on('close', () => resolve(socket.bytesWritten));
    socket.write(head);
    flood(socket, chunk);
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const [, name = ''] of text.matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n/g)) answer(socket, name);
    });
  });
  return { url: `redis://127.0.0.1:${await listening(server)}`, taken };
}

test.each([
  ['a text of two gigabytes', '$2000000000\r\n', 'x'],
  ['a line without an end', '+', 'x'],
  ['an error without an end', '-ERR ', 'x'],
  ['a list of a billion', '*1000000000\r\n', ':1\r\n'],
  ['lists within lists', '', '*1\r\n'],
  ['answers to what nobody asked', ':1\r\n', ':1\r\n'],
])('a Redis that answers with %s', async (_, head, filler) => {
  const redis = await startRedis(head, filler);
  const app = await startAccessApp({ REQLENS_USAGE_STORE: redis.url });
  const [asked, others] = await Promise.all([
    app.usageOf('unknown'),
    Promise.all(Array.from({ length: 5 }, async () => app.raw({ path: '/plain' }))),
  ]);
  expect([404, 503]).toContain(asked.status);
  expect(others.every((each) => each.startsWith('HTTP/1.1 200 '))).toBe(true);
  expect(await redis.taken).toBeLessThan(mostTaken);
  const { code, stderr } = await app.finish();
  expect(code).toBe(0);
  expect(stderr.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(1);
});

test('a Redis that did so once is used again', async () => {
  const redis = await startRedis('$2000000000\r\n', 'x', true);
  const app = await startAccessApp({ REQLENS_USAGE_STORE: redis.url });
  expect((await app.usageOf('unknown')).status).toBe(503);
  await redis.taken;
  await expect.poll(async () => (await app.usageOf('unknown')).status, { timeout: 10_000 }).toBe(404);
  const { stderr } = await app.finish();
  const said = stderr.split('\n').filter((line) => line.includes('REQLENS_USAGE_STORE'));
  expect(said).toEqual([expect.stringContaining('is away'), expect.stringContaining('is back')]);
});

/** Two hundred megabytes of blanks are two hundred kilobytes of gzip. */
async function startKeyServer(isCompressed: boolean): Promise<Flood> {
  const { promise: taken, resolve } = Promise.withResolvers<number>();
  const server = createHttpServer((_request, response) => {
    let made = 0;
    const packed = isCompressed ? createGzip() : undefined;
    if (packed !== undefined) response.setHeader('content-encoding', 'gzip');
    packed?.pipe(response);
    const out = packed ?? response;
    const write = out.write.bind(out);
    Object.assign(out, { write: (chunk: Buffer) => ((made += chunk.byteLength), write(chunk)) });
    response.on('close', () => {
      resolve(made);
      out.destroy();
    });
    flood(out, Buffer.alloc(65_536, ' '));
  });
  return { url: `http://127.0.0.1:${await listening(server)}/keys`, taken };
}

test.each([
  ['without an end', false],
  ['that unpack to no end', true],
])('keys %s', async (_, isCompressed) => {
  const keys = await startKeyServer(isCompressed);
  const app = await startAccessApp({ REQLENS_JWKS_URL: keys.url, REQLENS_JWT_SECRET: undefined });
  const asked = await app.raw({ path: '/plain', headers: { [debug]: signingKey('one').token() } });
  expect(asked).toMatch(/^HTTP\/1\.1 200 /);
  // What is compressed lies in buffers by the thousandfold: a chunk of 16 KiB of gzip is 16 MB.
  expect(await keys.taken).toBeLessThan(isCompressed ? 1024 * mb : mostTaken);
  const { code, stderr } = await app.finish();
  expect(code).toBe(0);
  expect(stderr).toMatch(/^reqlens: usage: tokens cannot be verified[^\n]*expected at most 1048576 bytes, got more\n$/);
});
