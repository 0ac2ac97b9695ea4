/** A receiver whose every answer a test writes itself, and a sender as the pipelines make it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server } from 'node:net';

import { onTestFinished, vi } from 'vitest';

import type { OtlpSettings } from '../../src/config/config.ts';
import { OtlpSender } from '../../src/export/otlp-sender.ts';
import type { Payload } from '../../src/export/sent.ts';

// What a sender has to say has tests of its own; here it would be noise.
vi.mock('../../src/standard-streams/say.ts', () => ({ say: () => undefined, sayLast: () => undefined }));

interface Posted {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** By `performance.now()`. */
  readonly atMs: number;
}

interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Everything that came whole. */
  readonly posts: readonly Posted[];
}

type Answer = (response: ServerResponse, post: Posted, index: number) => void;

/** Listens until the test is over. */
export async function receiver(answer: Answer): Promise<Receiver> {
  const posts: Posted[] = [];
  const take: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      const post = { path, headers, body: Buffer.concat(chunks), atMs: performance.now() };
      posts.push(post);
      answer(response, post, posts.length - 1);
    });
  };
  const server = createServer(take);
  const port = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, port, posts };
}

/** Any server, on a free port, until the test is over. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
  // A client that goes away in the middle is none of the assertions.
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('a TCP server has a port');
  return bound.port;
}

export const payload: Payload = { body: Buffer.from('{"resourceSpans":[]}'), itemCount: 3 };

/** @param url - Of the receiver, without a path; gRPC by `protocol`. */
export function senderTo(url: string, settings: Partial<OtlpSettings> = {}): OtlpSender {
  return new OtlpSender(
    {
      endpoint: settings.protocol === 'grpc' ? url : `${url}/v1/traces`,
      protocol: 'http/json',
      headers: {},
      timeoutMs: 5000,
      compression: 'none',
      ...settings,
    },
    'trace',
  );
}
